package instance

import "testing"

func TestURLs(t *testing.T) {
	t.Parallel()
	u, err := NewURLs("https://OPL.Tiriad.example/")
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Of(KindTerritory, "brest"); got != "https://opl.tiriad.example/territoires/brest" {
		t.Errorf("territory IRI %s", got)
	}
	for kind := range kindPaths {
		gotKind, slug, ok := u.Parse(u.Of(kind, "a-b"))
		if !ok || gotKind != kind || slug != "a-b" {
			t.Errorf("Parse(Of(%s)) = %s %s %t", kind, gotKind, slug, ok)
		}
	}
	if kind, _, ok := u.Parse(u.Of(KindNode, "")); !ok || kind != KindNode {
		t.Error("the node's own IRI does not parse")
	}
	for _, foreign := range []string{
		"https://opl.tiriad.example.evil.example/actor", "http://opl.tiriad.example/actor",
		"https://evil.example/actor", "https://opl.tiriad.example/evenements/../actor", "",
	} {
		if _, _, ok := u.Parse(foreign); ok {
			t.Errorf("%s passes for ours", foreign)
		}
	}
	for _, bad := range []string{"", "opl.example", "https://opl.example/chemin", "ftp://opl.example", "https://u:p@opl.example"} {
		if _, err := NewURLs(bad); err == nil {
			t.Errorf("NewURLs(%q) is accepted", bad)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"https://a.example/1", "https://A.example/2", true},
		{"https://a.example/1", "http://a.example/1", false},
		{"https://a.example/1", "https://a.example:8443/1", false},
		{"https://a.example/1", "https://a.example.evil.example/1", false},
		{"", "", false},
	} {
		if got := SameOrigin(tc.a, tc.b); got != tc.want {
			t.Errorf("SameOrigin(%s, %s) = %t", tc.a, tc.b, got)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	brest, nantes := Point{48.3904, -4.4861}, Point{47.2184, -1.5536}
	if d := brest.DistanceKm(nantes); d < 253 || d > 258 {
		t.Errorf("Brest – Nantes: %.1f km", d)
	}
	if box := (BBox{West: 170, South: -30, East: -140, North: -10}); !box.Contains(Point{-17.7, -149.4}) || box.Contains(nantes) {
		t.Error("a box across the 180th meridian")
	}
}
