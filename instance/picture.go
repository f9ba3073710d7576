package instance

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// The limits of a picture. What a file claims is checked before it is decoded: a few
// kilobytes can stand for gigabytes of pixels.
const (
	MaxPicture  = 12 << 20    // bytes of a file
	maxDecoded  = 160_000_000 // bytes of a decoded one
	pictureSide = 1600        // pixels of what is kept
	jpegQuality = 82
)

// picture is one made fit to be kept.
type picture struct {
	data          []byte
	mediaType     string
	extension     string
	width, height int
}

// One picture is worked on at a time, which takes a lot of memory, and few wait for
// their turn, as each holds its file meanwhile.
var (
	decoding = make(chan struct{}, 1)
	queued   = make(chan struct{}, 5)
)

// turn waits until a picture may be worked on; done lets the next one in.
func turn(ctx context.Context) (done func(), err error) {
	select {
	case queued <- struct{}{}:
	default:
		return nil, &ValidationError{[]FieldError{{"image", "beaucoup d’images arrivent en même temps : renvoyez la vôtre dans une minute"}}}
	}
	if err := ctx.Err(); err != nil {
		<-queued
		return nil, err
	}
	select {
	case decoding <- struct{}{}:
		return func() { <-decoding; <-queued }, nil
	case <-ctx.Done():
		<-queued
		return nil, ctx.Err()
	}
}

// newPicture decodes a file and encodes its pixels anew: nothing else of it is left.
func newPicture(ctx context.Context, data []byte) (*picture, error) {
	refused := &ValidationError{[]FieldError{{"image", "envoyez une image JPEG, PNG, WebP ou GIF"}}}
	if len(data) > MaxPicture {
		return nil, &ValidationError{[]FieldError{{"image", "envoyez une image d’au plus 12 Mo"}}}
	}
	config, format, err := decodeConfig(bytes.NewReader(data))
	switch {
	case err != nil:
		return nil, refused
	case config.Width < 1 || config.Height < 1:
		return nil, refused
	}
	if err := light(config, format, data); err != nil {
		return nil, err
	}
	done, err := turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	pixels, err := decoders[format].decode(bytes.NewReader(data))
	if err != nil {
		return nil, refused
	}
	return encode(upright(shrink(pixels), orientation(data, format)), format)
}

// light refuses a picture that takes too much memory to decode, and says how many
// pixels one like it may have.
func light(config image.Config, format string, data []byte) error {
	most := maxDecoded / bytesPerPixel(config, format, data)
	var c checks
	c.require(config.Width <= most/config.Height, "image", "envoyez une image plus petite : au plus %d millions de pixels sous cette forme", most/1_000_000)
	return c.err()
}

// bytesPerPixel is what decoding takes at its peak for each pixel. The decoders' results
// have up to four bytes, eight with colours of 16 bits; that of PNG holds an interlaced
// picture nearly twice, and that of progressive JPEG 32 bits of every coefficient until
// the end, beside the result.
func bytesPerPixel(config image.Config, format string, data []byte) int {
	each := 4
	if slices.Contains([]color.Model{color.RGBA64Model, color.NRGBA64Model, color.Gray16Model}, config.ColorModel) {
		each = 8
	}
	switch {
	case format == "png" && data[28] != 0: // IHDR's last byte: decodeConfig has read it
		each *= 2
	case format == "jpeg":
		each = max(each, 5*progressiveSamples(config, data))
	}
	return each
}

// progressiveSamples is how many samples a progressive JPEG file has for each pixel, of
// all its components, rounded up: 0 when it is not progressive. Its frame is found by
// the size that the decoder read there, wherever in the file it is; the worst counts, as
// the others may be decoys.
func progressiveSamples(config image.Config, data []byte) int {
	size := []byte{byte(config.Height >> 8), byte(config.Height), byte(config.Width >> 8), byte(config.Width)}
	worst := 0
	for rest := data; ; {
		at := bytes.Index(rest, []byte{0xff, 0xc2})
		if at < 0 {
			return worst
		}
		rest = rest[at+2:]
		if len(rest) < 8 || !bytes.Equal(rest[3:7], size) {
			continue
		}
		if components := int(rest[7]); len(rest) >= 8+3*components {
			worst = max(worst, 1, samples(rest[8:8+3*components]))
		}
	}
}

// samples adds up the sampling factors of a frame's components, by the largest of them.
func samples(components []byte) int {
	sum, widest, highest := 0, 1, 1
	for i := 0; i+2 < len(components); i += 3 {
		h, v := int(components[i+1]>>4), int(components[i+1]&15)
		sum, widest, highest = sum+h*v, max(widest, h), max(highest, v)
	}
	return (sum + widest*highest - 1) / (widest * highest)
}

// encode writes photographs as JPEG, and as PNG what has holes to see through and
// the drawings that came as such, if that does not weigh more.
func encode(pixels *image.RGBA, format string) (*picture, error) {
	p := &picture{width: pixels.Rect.Dx(), height: pixels.Rect.Dy()}
	var asPNG, asJPEG bytes.Buffer
	if format != "jpeg" {
		if err := png.Encode(&asPNG, pixels); err != nil {
			return nil, err
		}
	}
	if pixels.Opaque() {
		if err := jpeg.Encode(&asJPEG, pixels, &jpeg.Options{Quality: jpegQuality}); err != nil {
			return nil, err
		}
	}
	if asJPEG.Len() == 0 || asPNG.Len() > 0 && asPNG.Len() <= asJPEG.Len() {
		p.data, p.mediaType, p.extension = asPNG.Bytes(), "image/png", ".png"
	} else {
		p.data, p.mediaType, p.extension = asJPEG.Bytes(), "image/jpeg", ".jpg"
	}
	return p, nil
}

// shrink brings a picture within pictureSide, and its pixels into a form that can be
// turned around.
func shrink(pixels image.Image) *image.RGBA {
	from := pixels.Bounds()
	w, h := from.Dx(), from.Dy()
	if longest := max(w, h); longest > pictureSide {
		w, h = max(1, w*pictureSide/longest), max(1, h*pictureSide/longest)
	}
	// Halved first, as often as it takes: the good filter holds 32 bytes for each pixel
	// of the old height and the new width.
	for from.Dx() > 2*w || from.Dy() > 2*h {
		half := image.NewRGBA(image.Rect(0, 0, max(w, from.Dx()/2), max(h, from.Dy()/2)))
		draw.ApproxBiLinear.Scale(half, half.Rect, pixels, from, draw.Src, nil)
		pixels, from = half, half.Rect
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	if w == from.Dx() && h == from.Dy() {
		draw.Copy(to, image.Point{}, pixels, from, draw.Src, nil)
	} else {
		draw.CatmullRom.Scale(to, to.Rect, pixels, from, draw.Src, nil)
	}
	return to
}

// upright turns a picture as its EXIF orientation (1 to 8) says.
func upright(p *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return p
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	width, height := w, h
	if orientation >= 5 {
		width, height = h, w
	}
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			u, v := x, y
			switch orientation {
			case 2: // mirrored
				u = w - 1 - x
			case 3: // upside down
				u, v = w-1-x, h-1-y
			case 4:
				v = h - 1 - y
			case 5:
				u, v = y, x
			case 6: // to be turned right
				u, v = y, h-1-x
			case 7:
				u, v = w-1-y, h-1-x
			case 8: // to be turned left
				u, v = w-1-y, x
			}
			to.SetRGBA(x, y, p.RGBAAt(u, v))
		}
	}
	return to
}

// orientation reads tag 0x0112 of the EXIF of a JPEG file (or of a WebP one, in its
// EXIF chunk); 1 when it says nothing sensible.
func orientation(data []byte, format string) int {
	marker := []byte("Exif\x00\x00")
	if format == "webp" {
		marker = []byte("EXIF")
	}
	at := bytes.Index(data[:min(len(data), exifWithin(format, data))], marker)
	if at < 0 {
		return 1
	}
	tiff := data[at+len(marker):]
	if format == "webp" { // the length of the chunk, and perhaps the marker of JPEG files
		if len(tiff) < 4 {
			return 1
		}
		tiff = bytes.TrimPrefix(tiff[4:], []byte("Exif\x00\x00"))
	}
	return tiffOrientation(tiff)
}

// exifWithin is how far into a file the EXIF begins: at the head of a JPEG file, in
// one of its first segments of 64 kB; anywhere in a WebP one.
func exifWithin(format string, data []byte) int {
	if format == "jpeg" {
		return 256 << 10
	}
	if format == "webp" {
		return len(data)
	}
	return 0
}

func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at > len(tiff)-2 {
		return 1
	}
	count := int(order.Uint16(tiff[at:]))
	for entry := range count {
		start := at + 2 + 12*entry
		if start+12 > len(tiff) {
			break
		}
		if order.Uint16(tiff[start:]) == 0x0112 {
			return int(order.Uint16(tiff[start+8:]))
		}
	}
	return 1
}

// decoder reads one format. image.Decode is not used: it would read whatever format
// some other package registered.
type decoder struct {
	magic  string // "?" stands for any byte
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var decoders = map[string]decoder{
	"jpeg": {"\xff\xd8", jpeg.DecodeConfig, jpeg.Decode},
	"png":  {"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	"gif":  {"GIF8", gif.DecodeConfig, gif.Decode}, // the first picture alone
	"webp": {"RIFF????WEBP", webp.DecodeConfig, webp.Decode},
}

// decodeConfig says what format a file has and how large its picture is, from its
// first bytes.
func decodeConfig(file *bytes.Reader) (image.Config, string, error) {
	head := make([]byte, 12)
	n, err := io.ReadFull(file, head)
	if err != nil && n < 4 {
		return image.Config{}, "", image.ErrFormat
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return image.Config{}, "", err
	}
	for format, d := range decoders {
		if begins(head[:n], d.magic) {
			config, err := d.config(file)
			return config, format, err
		}
	}
	return image.Config{}, "", image.ErrFormat
}

func begins(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && head[i] != magic[i] {
			return false
		}
	}
	return true
}
