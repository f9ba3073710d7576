package source

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// expand lists when a repeated event begins within [from, to), in order: what its
// rules and RDATEs give, without its EXDATEs. cut says that there were more.
func (z *zones) expand(c *component, start moment, from, to time.Time) (times []time.Time, cut bool, err error) {
	excluded := map[int64]bool{}
	for _, t := range z.dates(c, "EXDATE", start) {
		excluded[t.Unix()] = true
	}
	seen := map[int64]bool{}
	add := func(t time.Time) {
		if !t.Before(from) && t.Before(to) && !excluded[t.Unix()] && !seen[t.Unix()] {
			seen[t.Unix()] = true
			times = append(times, t)
		}
	}
	add(start.Time)
	for _, t := range z.dates(c, "RDATE", start) {
		add(t)
	}
	rules := c.all("RRULE")
	for _, p := range rules[:min(len(rules), maxRules)] {
		rule, err := newRule(p.value, start.Time, to)
		if err != nil {
			return nil, false, err
		}
		next := rule.Iterator()
		for range maxRuleWork {
			t, ok := next()
			if !ok || !t.Before(to) {
				break
			}
			add(t)
			if len(times) > maxOccurrences {
				break
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	if len(times) > maxOccurrences {
		return times[:maxOccurrences], true, nil
	}
	return times, false, nil
}

// newRule reads an RRULE that begins at start and is not followed beyond to.
func newRule(value string, start, to time.Time) (*rrule.RRule, error) {
	option, err := rrule.StrToROptionInLocation(strings.TrimSuffix(strings.TrimSpace(value), ";"), start.Location())
	if err != nil {
		return nil, fmt.Errorf("règle de répétition illisible (%s)", shorten(value))
	}
	if option.Freq > rrule.DAILY { // hourly and below: no agenda means that
		return nil, fmt.Errorf("une répétition plus fréquente que chaque jour n’est pas suivie (%s)", shorten(value))
	}
	if len(option.Byhour)+len(option.Byminute)+len(option.Bysecond) > 50 || option.Interval > 1000 || impossible(option) {
		return nil, fmt.Errorf("règle de répétition hors du commun (%s)", shorten(value))
	}
	option.Dtstart = start
	if option.Until.IsZero() || option.Until.After(to) {
		option.Until = to
	}
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, fmt.Errorf("règle de répétition illisible (%s)", shorten(value))
	}
	return rule, nil
}

// impossible says that no day of any year meets a rule, such as 30 February: looking
// for one would go on until the year 9999.
func impossible(o *rrule.ROption) bool {
	if len(o.Bymonth) == 0 || len(o.Bymonthday) == 0 {
		return len(o.Byeaster) > 0 && len(o.Bymonth)+len(o.Bymonthday)+len(o.Byyearday)+len(o.Byweekno) > 0
	}
	for _, month := range o.Bymonth {
		days := time.Date(2028, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day() // 2028: 29 February exists
		for _, day := range o.Bymonthday {
			if day >= -days && day <= days {
				return false
			}
		}
	}
	return true
}

// dates reads the instants of EXDATE or RDATE. A date stands for the occurrence of
// that day; of a PERIOD, its beginning counts.
func (z *zones) dates(c *component, name string, start moment) []time.Time {
	var out []time.Time
	for _, p := range c.all(name) {
		for value := range strings.SplitSeq(p.value, ",") {
			value, _, _ = strings.Cut(value, "/")
			m, ok := z.moment(value, p.params["TZID"], false)
			if !ok || len(out) >= maxExceptions {
				continue
			}
			if m.allDay != start.allDay {
				y, month, d := m.Date()
				hour, minute, second := start.Clock()
				m.Time = time.Date(y, month, d, hour, minute, second, 0, start.Location())
			}
			out = append(out, m.Time)
		}
	}
	return out
}

// duration reads an RFC 5545 DURATION: "PT1H30M", "P1D", "P2W". Days are calendar
// days, kept apart from hours.
func duration(s string) (days int, rest time.Duration, ok bool) {
	s = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "+")
	s, found := strings.CutPrefix(s, "P")
	if !found || s == "" {
		return 0, 0, false
	}
	clock := false
	for s != "" {
		if s[0] == 'T' {
			clock, s = true, s[1:]
			continue
		}
		i := strings.IndexAny(s, "WDHMS")
		if i <= 0 || i > 6 {
			return 0, 0, false
		}
		n, err := strconv.Atoi(s[:i])
		if err != nil || n < 0 {
			return 0, 0, false
		}
		switch unit := s[i]; {
		case unit == 'W':
			days += 7 * n
		case unit == 'D':
			days += n
		case unit == 'H' && clock:
			rest += time.Duration(n) * time.Hour
		case unit == 'M' && clock:
			rest += time.Duration(n) * time.Minute
		case unit == 'S' && clock:
			rest += time.Duration(n) * time.Second
		default:
			return 0, 0, false
		}
		s = s[i+1:]
	}
	return days, rest, days < 4000 && rest < 90_000*time.Hour
}

func shorten(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
