package meilitest

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// condition says whether a document passes.
type condition func(document) bool

// parseFilter reads the filter language: a string, or lists (AND of ORs).
func (x *index) parseFilter(raw any) (condition, error) {
	switch f := raw.(type) {
	case nil:
		return func(document) bool { return true }, nil
	case string:
		p := &parser{index: x, text: f}
		c, err := p.or()
		if err == nil && p.peek() != "" {
			err = fmt.Errorf("found unexpected characters at %q", p.text[p.start:])
		}
		if err != nil {
			return nil, fail(http.StatusBadRequest, "invalid_search_filter", "%v in %q", err, f)
		}
		return c, nil
	case []any:
		return x.parseList(f, true)
	}
	return nil, fail(http.StatusBadRequest, "invalid_search_filter", "a filter is a string or a list, not %T", raw)
}

func (x *index) parseList(list []any, and bool) (condition, error) {
	var all []condition
	for _, item := range list {
		c, err := condition(nil), error(nil)
		if inner, ok := item.([]any); ok && and {
			c, err = x.parseList(inner, false)
		} else {
			c, err = x.parseFilter(item)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return func(d document) bool {
		for _, c := range all {
			if c(d) != and {
				return !and
			}
		}
		return and
	}, nil
}

// parser is a recursive descent over: or = and (OR and)*, and = not (AND not)*,
// not = NOT* primary, primary = ( or ) | _geo…(…) | field operator value.
type parser struct {
	index      *index
	text       string
	start, end int // of the token last peeked
	quoted     bool
	pos        int
}

// peek reads the next token without taking it; "" at the end.
func (p *parser) peek() string {
	i := p.pos
	for i < len(p.text) && unicode.IsSpace(rune(p.text[i])) {
		i++
	}
	p.start, p.quoted = i, false
	if i == len(p.text) {
		p.end = i
		return ""
	}
	switch c := p.text[i]; {
	case c == '"' || c == '\'':
		return p.peekQuoted(i, c)
	case strings.ContainsRune("()[],", rune(c)):
		p.end = i + 1
	case strings.ContainsRune("=!<>", rune(c)):
		p.end = i + 1
		if p.end < len(p.text) && p.text[p.end] == '=' {
			p.end++
		}
	default:
		for i < len(p.text) && (unicode.IsLetter(rune(p.text[i])) || unicode.IsDigit(rune(p.text[i])) || strings.ContainsRune("_-./", rune(p.text[i]))) {
			i++
		}
		p.end = max(i, p.start+1)
	}
	return p.text[p.start:p.end]
}

func (p *parser) peekQuoted(i int, quote byte) string {
	var out strings.Builder
	for i++; i < len(p.text) && p.text[i] != quote; i++ {
		if p.text[i] == '\\' && i+1 < len(p.text) {
			i++
		}
		out.WriteByte(p.text[i])
	}
	p.end, p.quoted = min(i+1, len(p.text)), true
	return out.String()
}

func (p *parser) take() (token string, quoted bool) {
	token = p.peek()
	p.pos = p.end
	return token, p.quoted
}

func (p *parser) is(token string) bool {
	if p.peek() == token && !p.quoted {
		p.pos = p.end
		return true
	}
	return false
}

func (p *parser) or() (condition, error) {
	left, err := p.and()
	for err == nil && p.is("OR") {
		var right condition
		a := left
		right, err = p.and()
		left = func(d document) bool { return a(d) || right(d) }
	}
	return left, err
}

func (p *parser) and() (condition, error) {
	left, err := p.not()
	for err == nil && p.is("AND") {
		var right condition
		a := left
		right, err = p.not()
		left = func(d document) bool { return a(d) && right(d) }
	}
	return left, err
}

func (p *parser) not() (condition, error) {
	if p.is("NOT") {
		c, err := p.not()
		return func(d document) bool { return !c(d) }, err
	}
	if p.is("(") {
		c, err := p.or()
		if err == nil && !p.is(")") {
			err = errors.New("expression not closed by )")
		}
		return c, err
	}
	return p.primary()
}

func (p *parser) primary() (condition, error) {
	field, quoted := p.take()
	if !quoted {
		switch field {
		case "_geoRadius":
			return p.radius()
		case "_geoBoundingBox":
			return p.box()
		case "", "AND", "OR", ")", "]", ",":
			return nil, fmt.Errorf("was expecting an operation, found %q", field)
		}
	}
	if !slices.Contains(p.index.settings.FilterableAttributes, field) {
		return nil, fmt.Errorf("attribute `%s` is not filterable", field)
	}
	operator, _ := p.take()
	switch operator {
	case "=", "!=", ">", ">=", "<", "<=":
		value, ok := p.take()
		if value == "" && !ok {
			return nil, fmt.Errorf("%s lacks a value", operator)
		}
		return compare(field, operator, value)
	case "IN":
		return p.in(field)
	case "EXISTS":
		return func(d document) bool { return len(d.values(field)) > 0 }, nil
	case "NOT":
		if p.is("EXISTS") {
			return func(d document) bool { return len(d.values(field)) == 0 }, nil
		}
		if p.is("IN") {
			c, err := p.in(field)
			return func(d document) bool { return !c(d) }, err
		}
	}
	return nil, fmt.Errorf("%q is no operator", operator)
}

func (p *parser) in(field string) (condition, error) {
	if !p.is("[") {
		return nil, errors.New("IN lacks its list")
	}
	var wanted []string
	for !p.is("]") {
		value, quoted := p.take()
		if value == "" && !quoted {
			return nil, errors.New("list not closed by ]")
		}
		wanted = append(wanted, strings.ToLower(value))
		if !p.is(",") && p.peek() != "]" {
			return nil, errors.New("expected , or ]")
		}
	}
	return func(d document) bool {
		return slices.ContainsFunc(d.values(field), func(v any) bool {
			return slices.Contains(wanted, strings.ToLower(fmt.Sprint(v)))
		})
	}, nil
}

// compare as the server does: equality ignores case, order is for numbers.
func compare(field, operator, value string) (condition, error) {
	equal := func(d document) bool {
		return slices.ContainsFunc(d.values(field), func(v any) bool { return strings.EqualFold(fmt.Sprint(v), value) })
	}
	switch operator {
	case "=":
		return equal, nil
	case "!=":
		return func(d document) bool { return !equal(d) }, nil
	}
	bound, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no number", value)
	}
	return func(d document) bool {
		return slices.ContainsFunc(d.values(field), func(v any) bool {
			n, ok := v.(float64)
			return ok && (operator == ">" && n > bound || operator == ">=" && n >= bound || operator == "<" && n < bound || operator == "<=" && n <= bound)
		})
	}, nil
}

// numbers reads n numbers between brackets.
func (p *parser) numbers(opening, closing string, n int) ([]float64, error) {
	if !p.is(opening) {
		return nil, fmt.Errorf("expected %s", opening)
	}
	var all []float64
	for range n {
		token, _ := p.take()
		f, err := strconv.ParseFloat(token, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", token)
		}
		all = append(all, f)
		p.is(",")
	}
	if !p.is(closing) {
		return nil, fmt.Errorf("expected %s", closing)
	}
	return all, nil
}

func (p *parser) geoReady() error {
	if !slices.Contains(p.index.settings.FilterableAttributes, "_geo") {
		return errors.New("attribute `_geo` is not filterable")
	}
	return nil
}

func checkPosition(lat, lng float64) error {
	if lat < -90 || lat > 90 || lng < -180 || lng > 180 {
		return fmt.Errorf("bad position %f, %f", lat, lng)
	}
	return nil
}

func (p *parser) radius() (condition, error) {
	n, err := p.numbers("(", ")", 3)
	if err == nil {
		err = p.geoReady()
	}
	if err == nil {
		err = checkPosition(n[0], n[1])
	}
	return func(d document) bool {
		lat, lng, ok := d.geo()
		return ok && metres(n[0], n[1], lat, lng) <= n[2]
	}, err
}

// box takes its north-east corner first.
func (p *parser) box() (condition, error) {
	if !p.is("(") {
		return nil, errors.New("expected (")
	}
	ne, err := p.numbers("[", "]", 2)
	if err != nil {
		return nil, err
	}
	p.is(",")
	sw, err := p.numbers("[", "]", 2)
	if err != nil {
		return nil, err
	}
	if !p.is(")") {
		return nil, errors.New("expected )")
	}
	for _, err := range []error{p.geoReady(), checkPosition(ne[0], ne[1]), checkPosition(sw[0], sw[1])} {
		if err != nil {
			return nil, err
		}
	}
	if ne[0] < sw[0] {
		return nil, fmt.Errorf("the top latitude %f is below the bottom latitude %f", ne[0], sw[0])
	}
	return func(d document) bool {
		lat, lng, ok := d.geo()
		if !ok || lat > ne[0] || lat < sw[0] {
			return false
		}
		if sw[1] <= ne[1] {
			return lng >= sw[1] && lng <= ne[1]
		}
		return lng >= sw[1] || lng <= ne[1]
	}, nil
}

func (d document) geo() (lat, lng float64, ok bool) {
	g, ok := d["_geo"].(map[string]any)
	if !ok {
		return 0, 0, false
	}
	return g["lat"].(float64), g["lng"].(float64), true // checked when it was added
}

// metres is the great-circle distance.
func metres(lat1, lng1, lat2, lng2 float64) float64 {
	rad := math.Pi / 180
	a := math.Sin((lat2 - lat1) * rad / 2)
	b := math.Sin((lng2 - lng1) * rad / 2)
	h := a*a + math.Cos(lat1*rad)*math.Cos(lat2*rad)*b*b
	return 2 * 6372797.5608 * math.Asin(math.Sqrt(h))
}
