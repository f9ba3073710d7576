package source

import (
	"strings"
)

// component is a piece of an iCalendar file: VCALENDAR, VEVENT, VTIMEZONE...
type component struct {
	name  string
	line  int // of its BEGIN, from 1
	props []property
	parts []*component
}

// property is one content line.
type property struct {
	name   string // upper case
	params map[string]string
	value  string // as written: escapes are read by text
	line   int
}

// first returns a property by name.
func (c *component) first(name string) (property, bool) {
	for _, p := range c.props {
		if p.name == name {
			return p, true
		}
	}
	return property{}, false
}

// text is the value of a property as plain text, "" when there is none.
func (c *component) text(name string) string {
	p, _ := c.first(name)
	return p.text()
}

func (c *component) all(name string) []property {
	var out []property
	for _, p := range c.props {
		if p.name == name {
			out = append(out, p)
		}
	}
	return out
}

var unescapeText = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`, `\:`, ":", `\"`, `"`)

// text is the value without the escapes of RFC 5545 §3.3.11. Old Outlook writes
// QUOTED-PRINTABLE as vCalendar 1.0 did.
func (p property) text() string {
	value := p.value
	if strings.EqualFold(p.params["ENCODING"], "QUOTED-PRINTABLE") {
		value = quotedPrintable(value)
	}
	return strings.TrimSpace(unescapeText.Replace(value))
}

// list splits a value at its commas that are not escaped.
func (p property) list() []string {
	var out []string
	var item strings.Builder
	for i := 0; i < len(p.value); i++ {
		switch c := p.value[i]; {
		case c == '\\' && i+1 < len(p.value):
			item.WriteString(p.value[i : i+2])
			i++
		case c == ',':
			out = append(out, unescapeText.Replace(item.String()))
			item.Reset()
		default:
			item.WriteByte(c)
		}
	}
	out = append(out, unescapeText.Replace(item.String()))
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

// parseCalendar reads the components of a file. It forgives what real files do
// wrong: bare line feeds, lines without a colon, components that are not closed or
// closed twice. skipped counts the lines it could not read.
func parseCalendar(text string) (calendars []*component, skipped int) {
	var stack []*component
	for line, n := range unfolded(text) {
		p, ok := parseLine(line)
		if !ok {
			skipped++
			continue
		}
		p.line = n
		switch p.name {
		case "BEGIN":
			c := &component{name: strings.ToUpper(strings.TrimSpace(p.value)), line: n}
			switch {
			case len(stack) >= maxDepth:
				skipped++
				continue
			case len(stack) == 0:
				calendars = append(calendars, c)
			default:
				top := stack[len(stack)-1]
				top.parts = append(top.parts, c)
			}
			stack = append(stack, c)
		case "END":
			stack = closed(stack, strings.ToUpper(strings.TrimSpace(p.value)))
		default:
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				top.props = append(top.props, p)
			}
		}
	}
	return calendars, skipped
}

// closed is the stack after an END: everything down to the component of that name.
func closed(stack []*component, name string) []*component {
	for i := len(stack) - 1; i >= 0; i-- {
		if stack[i].name == name {
			return stack[:i]
		}
	}
	return stack
}

// unfolded yields the content lines with the number of the line each begins at. A
// line that begins with a space continues the one before (RFC 5545 §3.1).
func unfolded(text string) func(yield func(string, int) bool) {
	return func(yield func(string, int) bool) {
		var line strings.Builder
		begin, n := 0, 0
		for raw := range strings.Lines(text) {
			n++
			raw = strings.TrimRight(raw, "\r\n")
			if raw != "" && (raw[0] == ' ' || raw[0] == '\t') && begin > 0 {
				if line.Len() < maxField {
					line.WriteString(raw[1:])
				}
				continue
			}
			if begin > 0 && line.Len() > 0 && !yield(line.String(), begin) {
				return
			}
			line.Reset()
			line.WriteString(raw)
			begin = n
		}
		if line.Len() > 0 {
			yield(line.String(), begin)
		}
	}
}

// parseLine reads NAME;PARAM=value;PARAM="value":VALUE.
func parseLine(line string) (property, bool) {
	colon := unquoted(line, ':')
	if colon <= 0 {
		return property{}, false
	}
	head, value := line[:colon], line[colon+1:]
	p := property{value: value, params: map[string]string{}}
	for i := 0; ; i++ {
		end := unquoted(head, ';')
		part := head
		if end >= 0 {
			part = head[:end]
		}
		if i == 0 {
			p.name = strings.ToUpper(strings.TrimSpace(part))
			if dot := strings.LastIndexByte(p.name, '.'); dot >= 0 {
				p.name = p.name[dot+1:] // a group, as vCard has: "item1.URL"
			}
		} else if key, v, ok := strings.Cut(part, "="); ok {
			p.params[strings.ToUpper(strings.TrimSpace(key))] = strings.Trim(v, `"`)
		}
		if end < 0 || i > 30 {
			return p, p.name != ""
		}
		head = head[end+1:]
	}
}

// unquoted finds a character outside double quotes; -1 when there is none.
func unquoted(s string, c byte) int {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == c && !quoted:
			return i
		}
	}
	return -1
}

func quotedPrintable(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '=' && i+2 < len(s) {
			if hi, lo := hex(s[i+1]), hex(s[i+2]); hi >= 0 && lo >= 0 {
				out.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return strings.ToValidUTF8(out.String(), "\uFFFD")
}

func hex(c byte) int {
	return strings.IndexByte("0123456789ABCDEF", strings.ToUpper(string(rune(c)))[0])
}
