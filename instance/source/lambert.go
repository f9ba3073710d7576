package source

import (
	"math"

	"github.com/maillage/maillage/instance"
)

// isLambert93 says that two numbers are metres in the projection of metropolitan France
// (RGF93, EPSG:2154): they cannot be degrees.
func isLambert93(x, y float64) bool {
	return x >= 50_000 && x <= 1_300_000 && y >= 6_000_000 && y <= 7_200_000
}

// The constants of Lambert-93 (IGN, NTG 71): the exponent and the constant of the
// projection, its origin in metres, its meridian in degrees, the eccentricity of GRS 80.
const (
	lambertN   = 0.7256077650
	lambertC   = 11754255.426
	lambertX   = 700_000
	lambertY   = 12655612.050
	lambertLon = 3
	grs80E     = 0.0818191910428
)

// lambert93 is a position of Lambert-93 in degrees, rounded to a metre or so.
func lambert93(x, y float64) (lat, lon float64) {
	dx, dy := x-lambertX, lambertY-y
	isometric := -math.Log(math.Hypot(dx, dy)/lambertC) / lambertN
	phi := 2*math.Atan(math.Exp(isometric)) - math.Pi/2
	for range 10 { // it converges to a millimetre in five
		sin := grs80E * math.Sin(phi)
		phi = 2*math.Atan(math.Pow((1+sin)/(1-sin), grs80E/2)*math.Exp(isometric)) - math.Pi/2
	}
	round := func(degrees float64) float64 { return math.Round(degrees*1e5) / 1e5 }
	return round(phi * 180 / math.Pi), round(lambertLon + math.Atan2(dx, dy)/lambertN*180/math.Pi)
}

// france are the boxes around France, its overseas territories too: south, west, north, east.
var france = [][4]float64{
	{41.2, -5.3, 51.2, 9.7},      // metropolitan France
	{14.3, -61.9, 18.2, -60.7},   // Guadeloupe, Martinique
	{2, -54.7, 5.9, -51.5},       // Guyane
	{-21.5, 55.1, -20.8, 56},     // La Réunion
	{-13.1, 44.9, -12.5, 45.4},   // Mayotte
	{46.6, -56.6, 47.2, -56},     // Saint-Pierre-et-Miquelon
	{17.8, -63.2, 18.2, -62.7},   // Saint-Martin, Saint-Barthélemy
	{-28, -155, -7, -134},        // Polynésie
	{-23, 158, -18, 172},         // Nouvelle-Calédonie
	{-14.5, -178.3, -13.1, -176}, // Wallis-et-Futuna
}

// abroad says that a position is in none of them.
func abroad(p instance.Point) bool {
	for _, box := range france {
		if p.Lat >= box[0] && p.Lat <= box[2] && p.Lon >= box[1] && p.Lon <= box[3] {
			return false
		}
	}
	return true
}
