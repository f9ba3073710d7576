package web

import (
	"strings"
	"testing"
)

func TestQRCodeIsTheOneOthersMake(t *testing.T) {
	t.Parallel()
	q, ok := encodeQR("https://a.example/carte")
	if !ok {
		t.Fatal("it fits")
	}
	t.Log("\n" + q.String())
	if _, ok := encodeQR(strings.Repeat("a", 214)); ok {
		t.Error("214 bytes do not fit in version 10-M")
	}
	if q, ok := encodeQR(strings.Repeat("a", 213)); !ok || q.size != 57 {
		t.Error("213 bytes do")
	}
}

// String draws the code, two characters a module.
func (q *qrCode) String() string {
	var out strings.Builder
	for _, row := range q.dark {
		for _, dark := range row {
			out.WriteByte(bitOf(dark))
		}
		out.WriteByte('\n')
	}
	return out.String()
}
