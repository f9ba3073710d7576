package federation

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/net/idna"
)

// notPublic lists where a stranger's URL may not lead us: IANA's special-purpose
// IPv4 registry and multicast. Of IPv6 only the global unicast block is left,
// minus its special-purpose parts.
var (
	notPublic = prefixes(
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
		"192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
	)
	globalIPv6 = netip.MustParsePrefix("2000::/3")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// publicAddress says whether an address is on the public internet.
func publicAddress(addr netip.Addr) bool {
	addr = addr.Unmap()
	if addr.Is6() && !globalIPv6.Contains(addr) {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(addr) {
			return false
		}
	}
	return addr.IsValid()
}

// controlPublic is a net.Dialer.Control: it sees the address that was resolved, at
// the moment of connecting, so that a name that changes its mind gains nothing.
func controlPublic(_, address string, _ syscall.RawConn) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", errUnsafeURL, address)
	}
	if !publicAddress(addr.Addr()) {
		return fmt.Errorf("%w: %s is not a public address", errUnsafeURL, addr.Addr())
	}
	return nil
}

// localSuffixes are names that never mean a public server.
var localSuffixes = []string{".localhost", ".local", ".internal", ".onion", ".home.arpa", ".lan"}

// checkURL refuses the URLs a peer must not make us open. allowPrivate lifts all
// but the form: plain http and any host, for a demo or a test on one machine.
func checkURL(u *url.URL, allowPrivate bool) error {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !allowPrivate):
		return fmt.Errorf("%w: %q is not https", errUnsafeURL, u.Scheme)
	case host == "", len(host) > 253, u.User != nil, u.Opaque != "":
		return fmt.Errorf("%w: %s", errUnsafeURL, u.Redacted())
	case allowPrivate:
		return nil
	}
	if _, err := netip.ParseAddr(host); err == nil || endsInNumber(host) {
		return fmt.Errorf("%w: %s is an address, not a name", errUnsafeURL, host)
	}
	if _, err := idna.Lookup.ToASCII(host); err != nil || !strings.Contains(host, ".") {
		return fmt.Errorf("%w: %s is not a public name", errUnsafeURL, host)
	}
	for _, suffix := range localSuffixes {
		if strings.HasSuffix(host, suffix) {
			return fmt.Errorf("%w: %s is not a public name", errUnsafeURL, host)
		}
	}
	if port, _ := strconv.Atoi(u.Port()); u.Port() != "" && port != 443 && port < 1024 {
		return fmt.Errorf("%w: port %s", errUnsafeURL, u.Port()) // another service than a web server
	}
	return nil
}

// endsInNumber says that a host is an IPv4 address in one of its older spellings, which
// resolvers may still read: 2130706433, 0x7f.1, 127.1.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil || last != "" && strings.Trim(last, "0123456789") == ""
}
