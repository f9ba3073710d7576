package instance

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPersonIsSnappedBeforeStorage(t *testing.T) {
	t.Parallel()
	n := &Node{gazetteer: noGazetteer{}}
	home := Point{47.651387, -2.084512}
	for _, precision := range []Precision{Precision1Km, Precision5Km} {
		a := &Actor{Place: &Place{Street: "1 rue X", PostalCode: "35600", Locality: "Redon", Point: &home, Precision: precision}}
		n.discreet(a)
		km := home.DistanceKm(*a.Place.Point)
		if a.Place.Street != "" || a.Place.PostalCode != "" || a.Place.Locality != "" || a.Place.Precision != precision || km > precision.blurKm() {
			t.Errorf("%s: kept %+v at %.3f km", precision, a.Place, km)
		}
	}
	a := &Actor{Place: &Place{Street: "1 rue X", Locality: "Redon", Point: &home, Precision: PrecisionPlace}}
	if n.discreet(a); a.Place.Precision != PrecisionCommune || *a.Place.Point == home || a.Place.Street != "" {
		t.Errorf("whatever is asked, no more than the commune: %+v", a.Place)
	}
	if a = (&Actor{}); a.Place != nil {
		t.Error("no place stays no place")
	}
	n.discreet(a)
}

func TestSnappedIsAGrid(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		p := Point{random.Float64()*178 - 89, random.Float64()*360 - 180}
		for _, km := range []float64{1, 5, 10} {
			once := p.snapped(km)
			if twice := once.snapped(km); twice != once {
				t.Fatalf("%v to %v km: %v, then %v", p, km, once, twice)
			}
			if d := p.DistanceKm(once); d > km*math.Sqrt2 || !once.Valid() {
				t.Fatalf("%v to %v km: %v, which is %v km away", p, km, once, d)
			}
		}
	}
	// Neighbours in one square cannot be told apart.
	if a, b := (Point{48.3953, -4.4557}).snapped(5), (Point{48.3960, -4.4550}).snapped(5); a != b {
		t.Errorf("%v and %v", a, b)
	}
}

func TestCountPeopleTellsOfNoSmallGroup(t *testing.T) {
	t.Parallel()
	n := &Node{gazetteer: noGazetteer{}}
	var people []Person
	add := func(count int, place Place) {
		for range count {
			people = append(people, Person{Actor: &Actor{Place: &place}})
		}
	}
	add(4, Place{Locality: "Brest", Departement: "29", Region: "Bretagne", Precision: PrecisionCommune})
	add(2, Place{Locality: "Redon", Departement: "35", Region: "Bretagne", Precision: PrecisionCommune})
	add(1, Place{Locality: "Rennes", Departement: "35", Region: "Bretagne", Precision: Precision5Km})
	add(2, Place{Locality: "Nantes", Departement: "44", Region: "Pays de la Loire", Precision: PrecisionCommune})
	people = append(people, Person{Actor: &Actor{}}) // says no place
	got := n.CountPeople(people)
	want := []AreaCount{{AreaCommune, "Brest (29)", 4}, {AreaDepartement, "35", 3}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("told %v; the two of Nantes are too few for any area", got)
	}
	add(1, Place{Locality: "Paris", Departement: "75", Region: "Île-de-France", Precision: PrecisionCommune})
	if got := n.CountPeople(people); got[len(got)-1] != (AreaCount{AreaCountry, "France", 3}) {
		t.Errorf("told %v", got)
	}
}
