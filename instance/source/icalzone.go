package source

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// windowsZones are the names Outlook and Exchange write, for the zones our readers
// meet (Unicode CLDR, windowsZones.xml).
var windowsZones = map[string]string{
	"romance standard time": "Europe/Paris", "w. europe standard time": "Europe/Berlin", "central europe standard time": "Europe/Budapest",
	"central european standard time": "Europe/Warsaw", "gmt standard time": "Europe/London", "greenwich standard time": "Atlantic/Reykjavik",
	"e. europe standard time": "Europe/Chisinau", "gtb standard time": "Europe/Bucharest", "fle standard time": "Europe/Kiev",
	"russian standard time": "Europe/Moscow", "utc": "UTC", "mauritius standard time": "Indian/Mauritius",
	"sa western standard time": "America/La_Paz", "sa eastern standard time": "America/Cayenne", "saint pierre standard time": "America/Miquelon",
	"central pacific standard time": "Pacific/Guadalcanal", "hawaiian standard time": "Pacific/Honolulu", "e. africa standard time": "Africa/Nairobi",
	"morocco standard time": "Africa/Casablanca", "w. central africa standard time": "Africa/Lagos", "eastern standard time": "America/New_York",
	"central standard time": "America/Chicago", "mountain standard time": "America/Denver", "pacific standard time": "America/Los_Angeles",
	"se asia standard time": "Asia/Bangkok", "china standard time": "Asia/Shanghai", "tokyo standard time": "Asia/Tokyo", "india standard time": "Asia/Kolkata",
	"singapore standard time": "Asia/Singapore", "israel standard time": "Asia/Jerusalem", "arabian standard time": "Asia/Dubai", "turkey standard time": "Europe/Istanbul",
	"egypt standard time": "Africa/Cairo", "south africa standard time": "Africa/Johannesburg", "e. south america standard time": "America/Sao_Paulo",
	"argentina standard time": "America/Argentina/Buenos_Aires", "aus eastern standard time": "Australia/Sydney", "new zealand standard time": "Pacific/Auckland",
	"atlantic standard time": "America/Halifax", "marquesas standard time": "Pacific/Marquesas", "samoa standard time": "Pacific/Apia",
	"paris, madrid": "Europe/Paris", "(utc+01:00) brussels, copenhagen, madrid, paris": "Europe/Paris", "brussels, copenhagen, madrid, paris": "Europe/Paris",
}

// fixedZones are the zones without summer time that French territories keep, by
// their offset from UTC, and those that are no whole number of hours from it.
var fixedZones = map[string]string{
	"+0400": "Indian/Reunion", "+0300": "Indian/Mayotte", "-0400": "America/Martinique", "-0300": "America/Cayenne",
	"+1100": "Pacific/Noumea", "-1000": "Pacific/Tahiti", "+1200": "Pacific/Wallis", "+0000": "UTC", "-0930": "Pacific/Marquesas",
	"+0330": "Asia/Tehran", "+0430": "Asia/Kabul", "+0530": "Asia/Kolkata", "+0545": "Asia/Kathmandu", "+0630": "Asia/Yangon", "+0930": "Australia/Darwin",
}

// summerZones are the zones with summer time, by both offsets.
var summerZones = map[string]string{
	"+0100+0200": "Europe/Paris", "+0000+0100": "Europe/London", "+0200+0300": "Europe/Bucharest", "-0300-0200": "America/Miquelon",
	"-0500-0400": "America/New_York", "-0400-0300": "America/Halifax", "-0600-0500": "America/Chicago", "-0700-0600": "America/Denver", "-0800-0700": "America/Los_Angeles",
	"-0900-0800": "America/Anchorage", "-0330-0230": "America/St_Johns", "+0930+1030": "Australia/Adelaide", "+1000+1100": "Australia/Sydney", "+1200+1300": "Pacific/Auckland",
}

// zones are the time zones of one calendar.
type zones struct {
	local  *time.Location // of floating times
	custom map[string]*time.Location
	lost   map[string]bool // TZIDs that nothing explains
}

func newZones(calendar *component, local *time.Location) *zones {
	z := &zones{local: local, custom: map[string]*time.Location{}, lost: map[string]bool{}}
	if loc := namedZone(calendar.text("X-WR-TIMEZONE")); loc != nil && loc != time.UTC {
		z.local = loc
	}
	for _, part := range calendar.parts {
		if part.name != "VTIMEZONE" {
			continue
		}
		id := part.text("TZID")
		loc := namedZone(id)
		if loc == nil {
			loc = namedZone(part.text("X-LIC-LOCATION"))
		}
		if loc == nil {
			loc = describedZone(part)
		}
		if loc != nil {
			z.custom[id] = loc
		}
	}
	return z
}

// find is the zone of a TZID; the local one, noted, when nothing says what it is.
func (z *zones) find(id string) *time.Location {
	if id == "" {
		return z.local
	}
	if loc := z.custom[id]; loc != nil {
		return loc
	}
	loc := namedZone(id)
	if loc == nil {
		if len(z.lost) < 20 {
			z.lost[id] = true
		}
		loc = z.local
	}
	z.custom[id] = loc
	return loc
}

// namedZone reads an IANA name, also behind the prefixes that Evolution and Mozilla
// put before it ("/freeassociation.sourceforge.net/Tzfile/Europe/Paris"), or a Windows
// name; nil for any other.
func namedZone(id string) *time.Location {
	id = strings.Trim(strings.TrimSpace(id), `"`)
	if id == "" || id == "Local" || len(id) > 100 {
		return nil
	}
	if iana := windowsZones[strings.ToLower(id)]; iana != "" {
		id = iana
	}
	if loc, err := time.LoadLocation(id); err == nil {
		return loc
	}
	if parts := strings.Split(id, "/"); len(parts) > 2 {
		if loc, err := time.LoadLocation(strings.Join(parts[len(parts)-2:], "/")); err == nil {
			return loc
		}
	}
	return nil
}

// describedZone recognises a zone by the offsets that its VTIMEZONE describes; nil
// when none that we know has them.
func describedZone(c *component) *time.Location {
	var standard, daylight string
	for _, part := range c.parts {
		switch part.name {
		case "STANDARD":
			standard = part.text("TZOFFSETTO") // the last one: files list them in order of time
		case "DAYLIGHT":
			daylight = part.text("TZOFFSETTO")
		}
	}
	name := firstOf(fixedZones[standard], wholeHours(standard))
	if daylight != "" && daylight != standard {
		name = summerZones[standard+daylight]
	}
	if name == "" {
		return nil
	}
	return namedZone(name)
}

// wholeHours is the zone of an offset from UTC, when that is a number of hours: "+0700" is
// Etc/GMT-7, whose sign is the other way round.
func wholeHours(offset string) string {
	hours, ok := strings.CutSuffix(offset, "00")
	if n, err := strconv.Atoi(hours); ok && err == nil && len(offset) == len("+0700") && n >= -12 && n <= 14 {
		return fmt.Sprintf("Etc/GMT%+d", -n)
	}
	return ""
}

// moment is a DATE or DATE-TIME.
type moment struct {
	time.Time
	allDay bool
}

// moment reads a date or time; ok is false for what is neither.
func (z *zones) moment(value, tzid string, date bool) (m moment, ok bool) {
	value = strings.TrimSpace(value)
	switch { // not RFC 5545, but met
	case len(value) == len("2027-03-14") && value[4] == '-':
		value = strings.ReplaceAll(value, "-", "")
	case len(value) == len("20270314Z"):
		value = strings.TrimSuffix(value, "Z")
	}
	var t time.Time
	var err error
	switch {
	case len(value) == len("20060102"):
		m.allDay = true
		t, err = time.ParseInLocation("20060102", value, z.find(tzid))
	case strings.HasSuffix(value, "Z"):
		t, err = time.Parse("20060102T150405Z", value)
		t = t.In(z.local)
	default:
		t, err = time.ParseInLocation("20060102T150405", value, z.find(tzid))
	}
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return moment{}, false
	}
	if date && !m.allDay { // VALUE=DATE with a time: the day counts
		m.allDay = true
		y, month, d := t.Date()
		t = time.Date(y, month, d, 0, 0, 0, 0, t.Location())
	}
	m.Time = t
	return m, true
}

func (z *zones) of(p property) (moment, bool) {
	return z.moment(p.value, p.params["TZID"], strings.EqualFold(p.params["VALUE"], "DATE"))
}
