package web

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"sync"

	"github.com/maillage/maillage/instance"
)

const vectorTile = "application/vnd.mapbox-vector-tile"

// pmtiles reads a PMTiles archive, version 3: a map in one file
// (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md). It is safe for
// concurrent use.
type pmtiles struct {
	file             io.ReaderAt
	size             int64
	mediaType        string
	gzipped          bool // the tiles are
	squeezed         bool // the directories are
	minZoom, maxZoom int
	leaves, data     span
	root             []pmEntry

	lock sync.Mutex
	kept map[uint64][]pmEntry // leaf directories, by where they are
}

type span struct{ offset, length uint64 }

// pmEntry is a run of tiles with the same content, or a leaf directory (run 0).
type pmEntry struct{ tile, run, offset, length uint64 }

// The limits of what a file may make us read.
const (
	maxPMDirectory = 16 << 20
	maxPMTile      = 8 << 20
	maxPMLeaves    = 256 // kept
	maxPMDepth     = 4
	maxPMZoom      = 26
)

var errPMTiles = errors.New("ce n’est pas un fichier PMTiles de version 3")

// openPMTiles opens the file; it stays open as long as the node runs.
func openPMTiles(name string) (*pmtiles, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	p, err := newPMTiles(f, info.Size())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s : %w", name, err), f.Close())
	}
	return p, nil
}

// The numbers of the header.
const (
	pmHeader  = 127
	pmNone    = 1
	pmGzip    = 2
	pmVersion = 3
)

var pmTypes = map[byte]string{1: vectorTile, 2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif"}

func newPMTiles(file io.ReaderAt, size int64) (*pmtiles, error) {
	var h [pmHeader]byte
	if _, err := file.ReadAt(h[:], 0); err != nil || string(h[:7]) != "PMTiles" || h[7] != pmVersion {
		return nil, errPMTiles
	}
	at := func(offset int) span {
		return span{binary.LittleEndian.Uint64(h[offset:]), binary.LittleEndian.Uint64(h[offset+8:])}
	}
	p := &pmtiles{
		file: file, size: size, leaves: at(40), data: at(56), squeezed: h[97] == pmGzip, gzipped: h[98] == pmGzip,
		mediaType: pmTypes[h[99]], minZoom: int(h[100]), maxZoom: int(h[101]), kept: map[uint64][]pmEntry{},
	}
	if p.mediaType == "" || h[97] != pmNone && h[97] != pmGzip || h[98] > pmGzip {
		return nil, errors.New("ses tuiles ou leur compression ne sont pas lues ici : il faut des tuiles MVT, PNG, JPEG, WebP ou AVIF, sans compression ou en gzip")
	}
	root := at(8)
	var err error
	p.root, err = p.directory(root.offset, root.length)
	return p, err
}

// read reads a part of the file, which must be in it.
func (p *pmtiles) read(offset, length uint64, most int) ([]byte, error) {
	if length > uint64(most) || offset > uint64(p.size) || offset+length > uint64(p.size) {
		return nil, errPMTiles
	}
	data := make([]byte, length)
	_, err := p.file.ReadAt(data, int64(offset))
	return data, err
}

// directory reads the list of entries that is at a place of the file.
func (p *pmtiles) directory(offset, length uint64) ([]pmEntry, error) {
	data, err := p.read(offset, length, maxPMDirectory)
	if err != nil {
		return nil, err
	}
	if p.squeezed {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, errPMTiles
		}
		if data, err = io.ReadAll(io.LimitReader(z, maxPMDirectory)); err != nil {
			return nil, errPMTiles
		}
	}
	return parsePMDirectory(data)
}

// parsePMDirectory reads columns of varints: how many entries, then their tiles (each
// from the one before), runs, lengths, and offsets (0 = right after the one before).
func parsePMDirectory(data []byte) ([]pmEntry, error) {
	bad := false
	next := func() uint64 {
		n, size := binary.Uvarint(data)
		if size <= 0 {
			bad = true
			return 0
		}
		data = data[size:]
		return n
	}
	count := next()
	if bad || count > uint64(len(data)) { // an entry takes four bytes at least
		return nil, errPMTiles
	}
	entries := make([]pmEntry, count)
	tile := uint64(0)
	for i := range entries {
		tile += next()
		entries[i].tile = tile
	}
	for i := range entries {
		entries[i].run = next()
	}
	for i := range entries {
		entries[i].length = next()
	}
	for i := range entries {
		switch offset := next(); {
		case offset > 0:
			entries[i].offset = offset - 1
		case i > 0:
			entries[i].offset = entries[i-1].offset + entries[i-1].length
		default:
			bad = true
		}
	}
	if bad {
		return nil, errPMTiles
	}
	return entries, nil
}

// tile returns a tile's bytes; instance.ErrNotFound when the archive has none there.
func (p *pmtiles) tile(z, x, y int) ([]byte, error) {
	if z < p.minZoom || z > min(p.maxZoom, maxPMZoom) || x < 0 || y < 0 || x >= 1<<z || y >= 1<<z {
		return nil, instance.ErrNotFound
	}
	id, entries := pmTileID(z, x, y), p.root
	for range maxPMDepth {
		i := sort.Search(len(entries), func(i int) bool { return entries[i].tile > id }) - 1
		if i < 0 {
			return nil, instance.ErrNotFound
		}
		e := entries[i]
		if e.run > 0 {
			if id-e.tile >= e.run {
				return nil, instance.ErrNotFound
			}
			return p.read(p.data.offset+e.offset, e.length, maxPMTile)
		}
		var err error
		if entries, err = p.leaf(e); err != nil {
			return nil, err
		}
	}
	return nil, errPMTiles
}

// leaf reads a leaf directory, and keeps the last ones read.
func (p *pmtiles) leaf(e pmEntry) ([]pmEntry, error) {
	p.lock.Lock()
	entries, ok := p.kept[e.offset]
	p.lock.Unlock()
	if ok {
		return entries, nil
	}
	entries, err := p.directory(p.leaves.offset+e.offset, e.length)
	if err != nil {
		return nil, err
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if len(p.kept) >= maxPMLeaves {
		clear(p.kept)
	}
	p.kept[e.offset] = entries
	return entries, nil
}

// pmTileID numbers tiles along a Hilbert curve, zoom level after zoom level.
func pmTileID(z, x, y int) uint64 {
	id := (uint64(1)<<(2*z) - 1) / 3
	for s := 1 << z >> 1; s > 0; s >>= 1 {
		rx, ry := 0, 0
		if x&s > 0 {
			rx = 1
		}
		if y&s > 0 {
			ry = 1
		}
		id += uint64(s) * uint64(s) * uint64(3*rx^ry)
		if ry == 0 {
			if rx == 1 {
				x, y = s-1-x&(s-1), s-1-y&(s-1)
			}
			x, y = y, x
		}
	}
	return id
}
