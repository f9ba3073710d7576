package instance_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store/storetest"
)

// gallery is a node that keeps pictures.
func gallery(t *testing.T) (*instance.Node, instance.MediaFolder) {
	t.Helper()
	folder := instance.MediaFolder(filepath.Join(t.TempDir(), "media"))
	node, err := instance.New(t.Context(), instance.Options{
		BaseURL: "https://a.example", Store: storetest.Open(t), Media: folder, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return node, folder
}

func square(side int, c color.Color) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			p.Set(x, y, c)
		}
	}
	return p
}

func encoded(t *testing.T, format string, pixels image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&out, pixels)
	case "gif":
		err = gif.Encode(&out, pixels, nil)
	default:
		err = jpeg.Encode(&out, pixels, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A lossless WebP picture of one pixel.
var webp = []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\r\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")

func TestPicturesAreMadeFitToKeep(t *testing.T) {
	t.Parallel()
	node, folder := gallery(t)
	half := color.NRGBA{200, 0, 0, 128}
	for name, tc := range map[string]struct {
		file          []byte
		mediaType     string
		width, height int
	}{
		"a large photograph": {encoded(t, "jpeg", image.NewRGBA(image.Rect(0, 0, 3200, 800))), "image/jpeg", 1600, 400},
		"a drawing":          {encoded(t, "png", square(64, color.White)), "image/png", 64, 64},
		"one with holes":     {encoded(t, "png", square(64, half)), "image/png", 64, 64},
		"a GIF picture":      {encoded(t, "gif", square(64, color.White)), "image/png", 64, 64},
		"a WebP picture":     {webp, "image/png", 1, 1},
		"a very thin one":    {encoded(t, "png", image.NewRGBA(image.Rect(0, 0, 4000, 1))), "image/png", 1600, 1},
	} {
		image, err := node.AddPicture(t.Context(), tc.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if image.MediaType != tc.mediaType || image.Width != tc.width || image.Height != tc.height {
			t.Errorf("%s became %+v", name, image)
		}
		again, err := node.Picture(t.Context(), node.PictureName(image))
		if err != nil || *again != *image {
			t.Errorf("%s is read back as %+v, %v", name, again, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(string(folder), "*", "part-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestWhatPretendsToBeAPictureIsRefused(t *testing.T) {
	t.Parallel()
	node, _ := gallery(t)
	whole := encoded(t, "jpeg", square(64, color.White))
	for name, file := range map[string][]byte{
		"nothing":       nil,
		"a drawing":     []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"a page":        []byte("<!doctype html><script>alert(1)</script>"),
		"cut short":     whole[:len(whole)/2],
		"a mere header": []byte("RIFF\x00\x00\x00\x00WEBP"),
		"no pixel":      []byte("GIF89a\x00\x00\x00\x00\x00\x00\x00;"),
		"a bomb":        []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00;"),
	} {
		if _, err := node.AddPicture(t.Context(), file); !errors.Is(err, instance.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a picture takes while it is worked on is bounded, whatever its shape and depth:
// a few kilobytes of one colour can stand for a lot of pixels.
func TestPicturesTakeBoundedMemory(t *testing.T) {
	node, _ := gallery(t)
	deep := encoded(t, "png", image.NewNRGBA64(image.Rect(0, 0, 5000, 4500)))
	if _, err := node.AddPicture(t.Context(), deep); !errors.Is(err, instance.ErrInvalid) {
		t.Errorf("22 million pixels of 16 bits: %v", err)
	}
	tall := encoded(t, "png", image.NewGray(image.Rect(0, 0, 1, 10_000_000)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := node.AddPicture(t.Context(), tall); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 160<<20 {
		t.Errorf("a picture of 10 million pixels took %d MB", taken>>20)
	}
}

// A progressive JPEG file keeps every coefficient until its end: how many depends on its
// components, and the frame may hide behind what looks like one.
func TestProgressivePicturesTakeBoundedMemory(t *testing.T) {
	node, _ := gallery(t)
	frame := func(width, height int, sampling ...byte) []byte {
		out := []byte{0xff, 0xc2, 0, byte(8 + 3*len(sampling)), 8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(sampling))}
		for i, s := range sampling {
			out = append(out, byte(i+1), s, 0)
		}
		return out
	}
	scan := []byte{0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0}
	tables := []byte{0xff, 0xc4, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // a DC table of one code
	thumbnail := append([]byte{0xff, 0xe1, 0, 21}, frame(160, 120, 0x22, 0x11, 0x11)...)
	for name, tc := range map[string]struct {
		file    []byte
		refused string // in its message
	}{
		"15 Mpx without subsampling": {slices.Concat(thumbnail[:4], thumbnail[4:], frame(5000, 3000, 0x11, 0x11, 0x11)), "10 millions de pixels"},
		"behind a decoy":             {slices.Concat([]byte{0xff, 0xe1, 0, 15}, frame(5000, 3000, 0x11), frame(5000, 3000, 0x11, 0x11, 0x11)), "10 millions de pixels"},
		"four components":            {frame(4000, 3000, 0x11, 0x11, 0x11, 0x11), "8 millions de pixels"},
		"9 Mpx without subsampling":  {frame(3000, 3000, 0x11, 0x11, 0x11), "JPEG, PNG"}, // light enough, and cut short
		"15 Mpx of a telephone":      {frame(5000, 3000, 0x22, 0x11, 0x11), "JPEG, PNG"},
	} {
		file := slices.Concat([]byte{0xff, 0xd8}, tables, tc.file, scan)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := node.AddPicture(t.Context(), file)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), tc.refused) {
			t.Errorf("%s: %v", name, err)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 170e6 {
			t.Errorf("%s took %d MB", name, taken/1e6)
		}
	}
}

// Who has gone away is not waited for.
func TestPicturesWaitNoLongerThanTheirSender(t *testing.T) {
	t.Parallel()
	node, _ := gallery(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := node.AddPicture(gone, encoded(t, "png", square(64, color.White))); !errors.Is(err, context.Canceled) {
		t.Errorf("worked on for nobody: %v", err)
	}
}

// Flood: of many large pictures at once, a few wait for their turn and the others are
// asked to come back.
func TestAttackManyPicturesAtOnce(t *testing.T) {
	node, _ := gallery(t)
	large := encoded(t, "png", image.NewGray(image.Rect(0, 0, 3000, 3000)))
	answers := make(chan error)
	for range 20 {
		go func() { _, err := node.AddPicture(context.WithoutCancel(t.Context()), large); answers <- err }()
	}
	kept := 0
	for range 20 {
		switch err := <-answers; {
		case err == nil:
			kept++
		case !errors.Is(err, instance.ErrInvalid):
			t.Error(err)
		}
	}
	if kept == 0 || kept == 20 {
		t.Errorf("%d of 20 were worked on", kept)
	}
}

func TestMediaNamesLeadNowhereElse(t *testing.T) {
	t.Parallel()
	_, folder := gallery(t)
	secret := filepath.Join(filepath.Dir(string(folder)), "secret.jpg")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../secret.jpg", "/etc/passwd", "", "aa/../../secret.jpg", "00000000000000000000000000000000.svg"} {
		if _, err := folder.Load(t.Context(), name); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("%q: %v", name, err)
		}
		if err := folder.Save(t.Context(), name, []byte("x")); err == nil {
			t.Errorf("%q is written", name)
		}
	}
}

// Whatever the bytes, a picture is kept or refused, and nothing breaks.
func FuzzPicture(f *testing.F) {
	f.Add(webp)
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x20Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff"))
	node, err := instance.New(f.Context(), instance.Options{
		BaseURL: "https://a.example", Store: storetest.Open(f), Media: instance.MediaFolder(f.TempDir()), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := node.AddPicture(t.Context(), data); err != nil && !errors.Is(err, instance.ErrInvalid) {
			t.Error(err)
		}
	})
}
