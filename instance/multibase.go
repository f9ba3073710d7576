package instance

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
)

// base58 is Bitcoin's alphabet, which multibase calls z: no 0, O, I nor l.
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// maxMultibase bounds what is decoded, in characters: keys and signatures of Ed25519
// take less than a hundred, and the time is the square of the length.
const maxMultibase = 128

// ed25519Multicodec marks, in a Multikey, an Ed25519 public key.
var ed25519Multicodec = []byte{0xed, 0x01}

// EncodeMultibase writes bytes in base58btc, as Multikeys and integrity proofs do:
// "z" and the digits.
func EncodeMultibase(data []byte) string {
	var digits []byte // little end first
	for _, b := range data {
		carry := int(b)
		for i, d := range digits {
			carry += int(d) << 8
			digits[i] = byte(carry % 58)
			carry /= 58
		}
		for ; carry > 0; carry /= 58 {
			digits = append(digits, byte(carry%58))
		}
	}
	for i := 0; i < len(data) && data[i] == 0; i++ {
		digits = append(digits, 0)
	}
	slices.Reverse(digits)
	for i, d := range digits {
		digits[i] = base58[d]
	}
	return "z" + string(digits)
}

// DecodeMultibase reads what EncodeMultibase writes. ErrInvalid: another base, or
// more than a key or a signature of Ed25519 takes.
func DecodeMultibase(text string) ([]byte, error) {
	digits, ok := strings.CutPrefix(text, "z")
	if !ok || len(text) > maxMultibase {
		return nil, fmt.Errorf("multibase: %w: not base58btc, or too long", ErrInvalid)
	}
	var data []byte // little end first
	for i := range len(digits) {
		carry := strings.IndexByte(base58, digits[i])
		if carry < 0 {
			return nil, fmt.Errorf("multibase: %w: %q", ErrInvalid, digits[i])
		}
		for j, b := range data {
			carry += int(b) * 58
			data[j] = byte(carry)
			carry >>= 8
		}
		for ; carry > 0; carry >>= 8 {
			data = append(data, byte(carry))
		}
	}
	for i := 0; i < len(digits) && digits[i] == base58[0]; i++ {
		data = append(data, 0)
	}
	slices.Reverse(data)
	return data, nil
}

// EncodeMultikey writes a public key as publicKeyMultibase (FEP-521a).
func EncodeMultikey(key ed25519.PublicKey) string {
	return EncodeMultibase(append(ed25519Multicodec[:2:2], key...))
}

// ParseMultikey reads a publicKeyMultibase. ErrInvalid: no Ed25519 key.
func ParseMultikey(text string) (ed25519.PublicKey, error) {
	data, err := DecodeMultibase(text)
	if err != nil {
		return nil, err
	}
	if len(data) != len(ed25519Multicodec)+ed25519.PublicKeySize || !slices.Equal(data[:2], ed25519Multicodec) {
		return nil, fmt.Errorf("multikey: %w: not an Ed25519 key", ErrInvalid)
	}
	return data[2:], nil
}
