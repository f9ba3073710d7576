package web

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// qrView is a QR code as one SVG path, in modules.
type qrView struct {
	Size int // with its margin
	Path string
}

// maxQRSize is the largest code, in modules (version 10), that a phone reads from a sheet of paper.
const maxQRSize = 57

// newQR draws the code of an address; nil when it is too long for one.
func newQR(address string) *qrView {
	const margin = 4
	code, err := qr.Encode(address, qr.M, qr.Unicode)
	if err != nil || code.Bounds().Dx() > maxQRSize {
		return nil
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if code.At(x, y) == color.Black {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+margin, y+margin)
			}
		}
	}
	return &qrView{size + 2*margin, path.String()}
}
