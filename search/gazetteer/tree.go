package gazetteer

import (
	"math"

	"github.com/maillage/maillage/instance"
)

// vector is a point of the unit sphere: distances between them have neither poles
// nor a 180th meridian.
type vector [3]float64

func toVector(p instance.Point) vector {
	lat, lon := p.Lat*math.Pi/180, p.Lon*math.Pi/180
	return vector{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
}

func (v vector) distance2(w vector) float64 {
	x, y, z := v[0]-w[0], v[1]-w[1], v[2]-w[2]
	return x*x + y*y + z*z
}

// tree is a balanced k-d tree: the middle of a range is its root, what lies before
// and after are its branches, and the axis changes at each level.
type tree []leaf

type leaf struct {
	vector
	ref int32
}

func newTree(points []instance.Point) tree {
	t := make(tree, len(points))
	for i, p := range points {
		t[i] = leaf{toVector(p), int32(i)}
	}
	t.build(0)
	return t
}

func (t tree) build(axis int) {
	if len(t) < 2 {
		return
	}
	middle := len(t) / 2
	t.selectNth(middle, axis)
	t[:middle].build((axis + 1) % 3)
	t[middle+1:].build((axis + 1) % 3)
}

// selectNth moves the nth smallest along the axis to its place, with nothing
// larger before it and nothing smaller after it.
func (t tree) selectNth(n, axis int) {
	for lo, hi := 0, len(t)-1; lo < hi; {
		pivot := t[(lo+hi)/2].vector[axis]
		i, j := lo, hi
		for i <= j {
			for t[i].vector[axis] < pivot {
				i++
			}
			for t[j].vector[axis] > pivot {
				j--
			}
			if i <= j {
				t[i], t[j] = t[j], t[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j
		case n >= i:
			lo = i
		default:
			return
		}
	}
}

// nearest returns the place in its list of the point nearest to p, and how far it
// is in kilometres; ok is false in an empty tree.
func (t tree) nearest(p instance.Point) (ref int32, km float64, ok bool) {
	if len(t) == 0 {
		return 0, math.Inf(1), false
	}
	s := search{target: toVector(p), distance2: math.Inf(1)}
	s.visit(t, 0)
	return s.ref, chordKm(math.Sqrt(s.distance2)), true
}

// chordKm is the length along the Earth of a chord of the unit sphere.
func chordKm(chord float64) float64 {
	const earthRadius = 6371.0088 // km, as instance.Point.DistanceKm has it
	return 2 * earthRadius * math.Asin(min(chord/2, 1))
}

type search struct {
	target    vector
	ref       int32
	distance2 float64
}

func (s *search) visit(t tree, axis int) {
	if len(t) == 0 {
		return
	}
	root := &t[len(t)/2]
	if d := root.distance2(s.target); d < s.distance2 {
		s.ref, s.distance2 = root.ref, d
	}
	near, far := t[:len(t)/2], t[len(t)/2+1:]
	beyond := s.target[axis] - root.vector[axis]
	if beyond > 0 {
		near, far = far, near
	}
	s.visit(near, (axis+1)%3)
	if beyond*beyond < s.distance2 {
		s.visit(far, (axis+1)%3)
	}
}
