package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

// The fields of the page « Ma fiche » about what somebody does, and where.

// profileChoices are what the form offers.
type profileChoices struct {
	Precisions []option
	Languages  []option
	Mails      bool
}

func (r *request) profileChoices(f form) profileChoices {
	v := profileChoices{Mails: r.s.node.Mails()}
	chosen := f.Value("precision")
	for _, p := range []instance.Precision{instance.PrecisionCommune, instance.Precision5Km, instance.Precision1Km} {
		selected := chosen == string(p) || chosen == "" && p == instance.PrecisionCommune
		v.Precisions = append(v.Precisions, option{string(p), r.T("profile.precision." + string(p)), selected})
	}
	for _, l := range instance.Languages() {
		v.Languages = append(v.Languages, option{l.Code, l.Name, f.Has("languages", l.Code)})
	}
	return v
}

// profileValues fill the form with what somebody says already.
func profileValues(a *instance.Actor, into url.Values) {
	if a.Place != nil {
		into.Set("precision", string(a.Place.Precision))
	}
	if p := a.Profile; p != nil {
		into["languages"] = p.Languages
		into.Set("helps", strings.Join(p.Helps, "\n"))
		into.Set("teaches", strings.Join(p.Teaches, "\n"))
		into.Set("likes", strings.Join(p.Likes, "\n"))
		if p.Relay {
			into.Set("relay", "true")
		}
	}
}

// readProfile reads what the form says into a draft whose other fields are read.
// The position that the browser gave, if somebody asked it to, is made as coarse as
// they chose before it is kept; it comes in the body of the form, not in an address
// that a log would keep.
func readProfile(posted url.Values, draft *instance.Actor) {
	draft.Profile = &instance.Profile{
		Helps: lines(posted.Get("helps")), Teaches: lines(posted.Get("teaches")), Likes: lines(posted.Get("likes")),
		Languages: posted["languages"], Relay: posted.Get("relay") != "",
	}
	if draft.Profile.Empty() {
		draft.Profile = nil
	}
	precision := instance.Precision(posted.Get("precision"))
	if precision != instance.Precision1Km && precision != instance.Precision5Km {
		if draft.Place != nil && draft.Place.Precision != instance.PrecisionCommune {
			draft.Place = &instance.Place{Locality: draft.Place.Locality}
		}
		return
	}
	lat, errLat := strconv.ParseFloat(posted.Get("lat"), 64)
	lon, errLon := strconv.ParseFloat(posted.Get("lon"), 64)
	p := instance.Point{Lat: lat, Lon: lon}
	switch {
	case errLat == nil && errLon == nil && p.Valid():
		draft.Place = &instance.Place{Point: &p, Precision: precision}
	case draft.Place != nil && draft.Place.Point != nil && draft.Place.Precision != instance.PrecisionCommune:
		draft.Place = &instance.Place{Point: draft.Place.Point, Precision: precision}
	}
}

// lines are what was typed, one thing a line.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = instance.CleanName(line, 500); line != "" {
			out = append(out, line)
		}
	}
	return out
}
