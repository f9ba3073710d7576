package main

import (
	"errors"

	"github.com/maillage/maillage/instance/passkey"
	"github.com/maillage/maillage/web"
)

// openPasskeys returns nil where browsers offer no passkeys: at an address that is
// neither https nor this machine.
func openPasskeys(c config, name string) (web.Passkeys, error) {
	ceremonies, err := passkey.New(c.BaseURL, name)
	if errors.Is(err, passkey.ErrInsecure) {
		return nil, nil
	}
	if err != nil {
		return nil, err // not ceremonies, whose nil would be passkeys
	}
	return ceremonies, nil
}
