package instance

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// MediaStore keeps the pictures that authors send, by name. It is safe for
// concurrent use. MediaFolder implements it with files.
type MediaStore interface {
	// Save keeps a picture; one that is there already is no error: a name stands for
	// the bytes.
	Save(ctx context.Context, name string, data []byte) error
	// Load returns a picture's bytes. ErrNotFound.
	Load(ctx context.Context, name string) ([]byte, error)
}

// mediaPattern is what names look like: a hash of the bytes, and what they are.
var mediaPattern = regexp.MustCompile(`^[0-9a-f]{32}\.(jpg|png)$`)

// MediaFolder keeps pictures in a folder of this machine, made when it is needed.
type MediaFolder string

var _ MediaStore = MediaFolder("")

// Save implements MediaStore. The file appears whole or not at all.
func (m MediaFolder) Save(_ context.Context, name string, data []byte) error {
	path, err := m.path(name)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("media folder: %w", err)
	}
	part, err := os.CreateTemp(filepath.Dir(path), "part-*")
	if err != nil {
		return fmt.Errorf("save media %s: %w", name, err)
	}
	_, err = part.Write(data)
	err = errors.Join(err, part.Sync(), part.Close())
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("save media %s: %w", name, errors.Join(err, os.Remove(part.Name())))
	}
	return nil
}

// Load implements MediaStore.
func (m MediaFolder) Load(_ context.Context, name string) ([]byte, error) {
	path, err := m.path(name)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path) // path takes nothing but a hash
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("media %s: %w", name, ErrNotFound)
	}
	return data, err
}

// path spreads the files over 256 folders.
func (m MediaFolder) path(name string) (string, error) {
	if !mediaPattern.MatchString(name) {
		return "", fmt.Errorf("media %q: %w", name, ErrNotFound)
	}
	return filepath.Join(string(m), name[:2], name), nil
}

// mediaPath is where pictures of ours are served, below the node's address.
const mediaPath = "/media/"

// Media is where the node keeps pictures; nil when it keeps none.
func (n *Node) Media() MediaStore { return n.media }

// AddPicture keeps a picture that an author sends, made fit to be shown: turned the
// right way up, at most 1600 pixels wide or high, without anything else that the file
// told (where it was taken, with which camera). Its Alt is left to say.
//
// ErrInvalid (a *ValidationError on "image"): it is no picture, or too large a one, or
// too many came at once, or this node keeps none. What waits for its turn ends with ctx.
func (n *Node) AddPicture(ctx context.Context, data []byte) (*Image, error) {
	if n.media == nil {
		return nil, &ValidationError{[]FieldError{{"image", "ce nœud ne garde pas d’images"}}}
	}
	p, err := newPicture(ctx, data)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(p.data)
	name := hex.EncodeToString(sum[:16]) + p.extension
	if err := n.media.Save(ctx, name, p.data); err != nil {
		return nil, err
	}
	return n.image(name, p), nil
}

// Picture is the image that the node keeps under a name. ErrNotFound.
func (n *Node) Picture(ctx context.Context, name string) (*Image, error) {
	if n.media == nil || !mediaPattern.MatchString(name) {
		return nil, fmt.Errorf("media %q: %w", name, ErrNotFound)
	}
	data, err := n.media.Load(ctx, name)
	if err != nil {
		return nil, err
	}
	p, err := describePicture(data)
	if err != nil {
		return nil, fmt.Errorf("media %s: %w", name, err)
	}
	return n.image(name, p), nil
}

func (n *Node) image(name string, p *picture) *Image {
	return &Image{URL: n.urls.IRI(mediaPath + name), MediaType: p.mediaType, Width: p.width, Height: p.height}
}

// PictureName is the name under which the node keeps an image; "" when it is not one
// of its own.
func (n *Node) PictureName(i *Image) string {
	if i == nil {
		return ""
	}
	name, ours := strings.CutPrefix(i.URL, n.urls.IRI(mediaPath))
	if !ours || !mediaPattern.MatchString(name) {
		return ""
	}
	return name
}

// describePicture reads what a picture that was kept is, from its first bytes.
func describePicture(data []byte) (*picture, error) {
	config, format, err := decodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return &picture{data: data, mediaType: "image/" + format, width: config.Width, height: config.Height}, nil
}
