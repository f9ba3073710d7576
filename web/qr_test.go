package web

import (
	"strings"
	"testing"
)

func TestQRCodeFitsAPrintedSheet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ bytes, size int }{{23, 25}, {213, 57}} {
		q := newQR("https://" + strings.Repeat("a", c.bytes-len("https://")))
		if q == nil || q.Size != c.size+8 || !strings.HasPrefix(q.Path, "M4 4h1v1h-1zM5 4h1v1h-1z") {
			t.Errorf("an address of %d bytes: %+v", c.bytes, q)
		}
	}
	if q := newQR(strings.Repeat("a", 214)); q != nil {
		t.Error("214 bytes do not fit in version 10-M")
	}
}
