package web

import (
	"strconv"
	"strings"
)

// qrCode is a QR code (ISO/IEC 18004): true is dark. Byte mode, error correction M,
// versions 1 to 10, which hold an address of 213 bytes.
type qrCode struct {
	size    int
	version int
	dark    [][]bool
	fixed   [][]bool // of the patterns, which hold no data
}

// qrVersion is how the bytes of a version are cut, at level M: blocks of data bytes,
// each followed by as many bytes of correction.
type qrVersion struct {
	correction int
	blocks     []int // data bytes of each block
	align      []int // where the alignment patterns are
}

var qrVersions = []qrVersion{
	1:  {10, []int{16}, nil},
	2:  {16, []int{28}, []int{6, 18}},
	3:  {26, []int{44}, []int{6, 22}},
	4:  {18, []int{32, 32}, []int{6, 26}},
	5:  {24, []int{43, 43}, []int{6, 30}},
	6:  {16, []int{27, 27, 27, 27}, []int{6, 34}},
	7:  {18, []int{31, 31, 31, 31}, []int{6, 22, 38}},
	8:  {22, []int{38, 38, 39, 39}, []int{6, 24, 42}},
	9:  {22, []int{36, 36, 36, 37, 37}, []int{6, 26, 46}},
	10: {26, []int{43, 43, 43, 43, 44}, []int{6, 28, 50}},
}

// encodeQR makes the code of a text; ok is false when it is too long.
func encodeQR(text string) (q *qrCode, ok bool) {
	for version := 1; version < len(qrVersions); version++ {
		if data, fits := qrData(text, version); fits {
			q := newQRCode(version)
			q.place(qrInterleave(data, qrVersions[version]))
			q.mask()
			return q, true
		}
	}
	return nil, false
}

// qrData is the text as the data bytes of a version.
func qrData(text string, version int) (data []byte, fits bool) {
	capacity := 0
	for _, n := range qrVersions[version].blocks {
		capacity += n
	}
	var bits qrBits
	bits.add(0b0100, 4) // byte mode
	if version < 10 {
		bits.add(len(text), 8)
	} else {
		bits.add(len(text), 16)
	}
	if len(text)+3 > capacity && len(bits)+8*len(text) > 8*capacity {
		return nil, false
	}
	for _, b := range []byte(text) {
		bits.add(int(b), 8)
	}
	bits.add(0, min(4, 8*capacity-len(bits)))
	bits.add(0, (8-len(bits)%8)%8)
	for pad := 0xEC; len(bits) < 8*capacity; pad ^= 0xEC ^ 0x11 {
		bits.add(pad, 8)
	}
	return bits.bytes(), true
}

type qrBits []bool

func (b *qrBits) add(value, count int) {
	for i := count - 1; i >= 0; i-- {
		*b = append(*b, value>>i&1 == 1)
	}
}

func (b qrBits) bytes() []byte {
	out := make([]byte, len(b)/8)
	for i, bit := range b {
		if bit {
			out[i/8] |= 0x80 >> (i % 8)
		}
	}
	return out
}

// qrInterleave adds the correction of each block, and mixes the blocks so that a
// stain spoils a little of each.
func qrInterleave(data []byte, v qrVersion) []byte {
	var blocks, corrections [][]byte
	for _, n := range v.blocks {
		blocks, data = append(blocks, data[:n]), data[n:]
		corrections = append(corrections, qrCorrection(blocks[len(blocks)-1], v.correction))
	}
	var out []byte
	for i := range v.blocks[len(v.blocks)-1] {
		for _, b := range blocks {
			if i < len(b) {
				out = append(out, b[i])
			}
		}
	}
	for i := range v.correction {
		for _, c := range corrections {
			out = append(out, c[i])
		}
	}
	return out
}

// qrMultiply multiplies in GF(256), modulo x^8 + x^4 + x^3 + x^2 + 1.
func qrMultiply(a, b byte) (product byte) {
	for i := 7; i >= 0; i-- {
		carry := product >> 7
		product = product<<1 ^ carry*0x1D
		product ^= b >> i & 1 * a
	}
	return product
}

// qrCorrection is the Reed-Solomon remainder of a block.
func qrCorrection(data []byte, count int) []byte {
	divisor := make([]byte, count) // without its leading 1
	divisor[count-1] = 1
	root := byte(1)
	for range count {
		for j := range divisor {
			divisor[j] = qrMultiply(divisor[j], root)
			if j+1 < count {
				divisor[j] ^= divisor[j+1]
			}
		}
		root = qrMultiply(root, 2)
	}
	remainder := make([]byte, count)
	for _, b := range data {
		factor := b ^ remainder[0]
		copy(remainder, remainder[1:])
		remainder[count-1] = 0
		for j := range remainder {
			remainder[j] ^= qrMultiply(divisor[j], factor)
		}
	}
	return remainder
}

// newQRCode draws the patterns by which a reader finds its way.
func newQRCode(version int) *qrCode {
	q := &qrCode{size: 17 + 4*version, version: version}
	for range q.size {
		q.dark = append(q.dark, make([]bool, q.size))
		q.fixed = append(q.fixed, make([]bool, q.size))
	}
	for i := range q.size { // timing
		q.fix(6, i, i%2 == 0)
		q.fix(i, 6, i%2 == 0)
	}
	for _, corner := range [][2]int{{3, 3}, {q.size - 4, 3}, {3, q.size - 4}} {
		q.square(corner[0], corner[1], 4, func(ring int) bool { return ring != 2 && ring != 4 })
	}
	align := qrVersions[version].align
	for i, x := range align {
		for j, y := range align {
			last := len(align) - 1
			if i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0 {
				continue // a finder is there
			}
			q.square(x, y, 2, func(ring int) bool { return ring != 1 })
		}
	}
	q.format(0) // reserved; the mask decides
	q.versionBits()
	return q
}

func (q *qrCode) fix(x, y int, dark bool) { q.dark[y][x], q.fixed[y][x] = dark, true }

// square draws rings around a centre; those out of the code are left out.
func (q *qrCode) square(cx, cy, radius int, dark func(ring int) bool) {
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			if x, y := cx+dx, cy+dy; x >= 0 && y >= 0 && x < q.size && y < q.size {
				q.fix(x, y, dark(max(dx, -dx, dy, -dy)))
			}
		}
	}
}

// format writes the level and the mask, twice.
func (q *qrCode) format(mask int) {
	const levelM = 0
	data := levelM<<3 | mask
	rest := data
	for range 10 {
		rest = rest<<1 ^ rest>>9*0x537
	}
	bits := (data<<10 | rest) ^ 0x5412
	bit := func(i int) bool { return bits>>i&1 == 1 }
	for i := range 6 {
		q.fix(8, i, bit(i))
	}
	q.fix(8, 7, bit(6))
	q.fix(8, 8, bit(7))
	q.fix(7, 8, bit(8))
	for i := 9; i < 15; i++ {
		q.fix(14-i, 8, bit(i))
	}
	for i := range 8 {
		q.fix(q.size-1-i, 8, bit(i))
	}
	for i := 8; i < 15; i++ {
		q.fix(8, q.size-15+i, bit(i))
	}
	q.fix(8, q.size-8, true)
}

// versionBits writes the version, twice, from version 7.
func (q *qrCode) versionBits() {
	if q.version < 7 {
		return
	}
	rest := q.version
	for range 12 {
		rest = rest<<1 ^ rest>>11*0x1F25
	}
	bits := q.version<<12 | rest
	for i := range 18 {
		dark := bits>>i&1 == 1
		q.fix(q.size-11+i%3, i/3, dark)
		q.fix(i/3, q.size-11+i%3, dark)
	}
}

// place writes the bytes in columns of two, up and down, from the right.
func (q *qrCode) place(data []byte) {
	i := 0
	for right := q.size - 1; right >= 1; right -= 2 {
		if right == 6 {
			right = 5 // the timing column
		}
		for step := range q.size {
			y := step
			if (right+1)&2 == 0 {
				y = q.size - 1 - step
			}
			for _, x := range []int{right, right - 1} {
				if !q.fixed[y][x] && i < 8*len(data) {
					q.dark[y][x] = data[i/8]>>(7-i%8)&1 == 1
					i++
				}
			}
		}
	}
}

var qrMasks = []func(x, y int) bool{
	func(x, y int) bool { return (x+y)%2 == 0 },
	func(_, y int) bool { return y%2 == 0 },
	func(x, _ int) bool { return x%3 == 0 },
	func(x, y int) bool { return (x+y)%3 == 0 },
	func(x, y int) bool { return (x/3+y/2)%2 == 0 },
	func(x, y int) bool { return x*y%2+x*y%3 == 0 },
	func(x, y int) bool { return (x*y%2+x*y%3)%2 == 0 },
	func(x, y int) bool { return ((x+y)%2+x*y%3)%2 == 0 },
}

// mask inverts the data by the pattern after which they look least like the others.
func (q *qrCode) mask() {
	best, least := 0, -1
	for i := range qrMasks {
		q.invert(i)
		q.format(i)
		if penalty := q.penalty(); least < 0 || penalty < least {
			best, least = i, penalty
		}
		q.invert(i)
	}
	q.invert(best)
	q.format(best)
}

func (q *qrCode) invert(mask int) {
	for y := range q.size {
		for x := range q.size {
			if !q.fixed[y][x] && qrMasks[mask](x, y) {
				q.dark[y][x] = !q.dark[y][x]
			}
		}
	}
}

// penalty is how hard the code is to read: long runs, blocks, false finders, too much
// of one colour.
func (q *qrCode) penalty() int {
	total, darks := 0, 0
	for i := range q.size {
		var row, column strings.Builder
		for j := range q.size {
			row.WriteByte(bitOf(q.dark[i][j]))
			column.WriteByte(bitOf(q.dark[j][i]))
			if q.dark[i][j] {
				darks++
			}
			if i > 0 && j > 0 && q.dark[i][j] == q.dark[i-1][j] && q.dark[i][j] == q.dark[i][j-1] && q.dark[i][j] == q.dark[i-1][j-1] {
				total += 3
			}
		}
		total += linePenalty(row.String()) + linePenalty(column.String())
	}
	percent := darks * 100 / (q.size * q.size)
	return total + max(percent-50, 50-percent)/5*10
}

func bitOf(dark bool) byte {
	if dark {
		return '1'
	}
	return '0'
}

func linePenalty(line string) (total int) {
	run := 1
	for i := 1; i <= len(line); i++ {
		if i < len(line) && line[i] == line[i-1] {
			run++
			continue
		}
		if run >= 5 {
			total += run - 2
		}
		run = 1
	}
	return total + 40*(strings.Count(line, "10111010000")+strings.Count(line, "00001011101"))
}

// qrView is a code as one SVG path, in modules.
type qrView struct {
	Size int // with its margin
	Path string
}

// newQR draws the code of an address; nil when it is too long for one.
func newQR(address string) *qrView {
	const margin = 4
	q, ok := encodeQR(address)
	if !ok {
		return nil
	}
	var path strings.Builder
	for y := range q.size {
		for x := range q.size {
			if q.dark[y][x] {
				path.WriteString("M" + strconv.Itoa(x+margin) + " " + strconv.Itoa(y+margin) + "h1v1h-1z")
			}
		}
	}
	return &qrView{q.size + 2*margin, path.String()}
}
