package instance

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Argon2id with little memory and more passes, which OWASP's Password Storage Cheat Sheet
// holds equal to its other settings: anybody can ask for a password to be checked, and
// each that is takes this much. Hashes made with other settings stay good, and are made
// anew when their account signs in.
const (
	argonMemory  = 9 << 10 // KiB
	argonPasses  = 4
	argonThreads = 1
	argonKey     = 32 // bytes
	argonSalt    = 16 // bytes
)

// hashing bounds the passwords checked at once.
var hashing = make(chan struct{}, 2)

// argonSettings is what hashes begin with that are made as they are now.
var argonSettings = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonPasses, argonThreads)

// hashPassword returns an argon2id hash in the PHC string format.
func hashPassword(password string) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails (Go 1.24)
	key := argon(password, salt, argonMemory, argonPasses, argonThreads, argonKey)
	return argonSettings + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key)
}

// checkPassword compares in constant time. A hash that cannot be read matches nothing,
// and takes as long.
func checkPassword(hash, password string) bool {
	memory, passes, threads := uint32(argonMemory), uint32(argonPasses), uint8(argonThreads)
	salt, want := make([]byte, argonSalt), make([]byte, argonKey)
	readable := false
	if parts := strings.Split(hash, "$"); len(parts) == 6 && parts[1] == "argon2id" {
		var m, t uint32
		var p uint8
		_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p)
		s, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
		k, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
		if err == nil && saltErr == nil && keyErr == nil && t > 0 && p > 0 && len(k) > 0 {
			memory, passes, threads, salt, want, readable = m, t, p, s, k, true
		}
	}
	got := argon(password, salt, memory, passes, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && readable
}

func argon(password string, salt []byte, memory, passes uint32, threads uint8, size uint32) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, size)
}

// minPassword is the least length, in characters: NIST SP 800-63B asks for length
// and against rules of composition.
const (
	minPassword = 10
	maxPassword = 200
)

func validatePassword(c *checks, password, email, name string) {
	n := len([]rune(password))
	c.require(n >= minPassword, "password", "choisissez un mot de passe d’au moins %d caractères : une phrase courte convient", minPassword)
	c.require(n <= maxPassword, "password", "choisissez un mot de passe de moins de %d caractères", maxPassword)
	folded := strings.ToLower(password)
	easy := folded == strings.ToLower(email) || folded == strings.ToLower(name) || strings.Count(folded, folded[:min(1, len(folded))]) == len(folded)
	c.require(n < minPassword || !easy, "password", "choisissez un mot de passe plus difficile à deviner")
}
