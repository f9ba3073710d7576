package instance

import (
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// RegisteredDomain is what was registered to have a server, which costs something where
// one server more costs nothing: "a.example" of "x.a.example:8443". An address, and a
// name that is nobody's, stands for itself.
func RegisteredDomain(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return host
	}
	return domain
}
