package instance

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSlugify(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Opération Libre à Brest":      "operation-libre-a-brest",
		"Cœur d’Île-de-France !":       "coeur-d-ile-de-france",
		"  — ":                         "",
		"日本":                           "",
		"Étape n° 2 : l'après-midi":    "etape-n-2-l-apres-midi",
		"a" + strings.Repeat("b", 200): "a" + strings.Repeat("b", 59),
	} {
		if got := Slugify(in); got != want {
			t.Errorf("Slugify(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzSlugify(f *testing.F) {
	f.Add("Opération Libre")
	f.Fuzz(func(t *testing.T, s string) {
		if slug := Slugify(s); slug != "" && !slugPattern.MatchString(slug) {
			t.Errorf("Slugify(%q) = %q is no slug", s, slug)
		}
	})
}

// TestSanitiseHTML names what each attack is: the list grows with every one seen.
func TestSanitiseHTML(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"script":            {`<p>a<script>alert(1)</script></p>`, `<p>a</p>`},
		"handler":           {`<p onclick="x()">a</p>`, `<p>a</p>`},
		"javascript link":   {`<a href="javascript:alert(1)">a</a>`, `a`},
		"data link":         {`<a href="data:text/html,x">a</a>`, `a`},
		"image":             {`<p><img src=x onerror=alert(1)>a</p>`, `<p>a</p>`},
		"style":             {`<p style="position:fixed">a</p>`, `<p>a</p>`},
		"svg":               {`<svg><script>alert(1)</script></svg>a`, `a`},
		"iframe":            {`<iframe src="https://evil.example"></iframe>a`, `a`},
		"foreign class":     {`<span class="fixed inset-0">a</span>`, `<span>a</span>`},
		"mention kept":      {`<span class="mention">a</span>`, `<span class="mention">a</span>`},
		"list kept":         {`<ul><li>a</li></ul>`, `<ul><li>a</li></ul>`},
		"link made safe":    {`<a href="https://a.example">a</a>`, `<a href="https://a.example" rel="nofollow noreferrer">a</a>`},
		"unclosed comment":  {`a<!-- <p>b`, `a`},
		"template breakout": {`</template><script>x</script>`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := SanitiseHTML(tc.in); got != tc.want {
				t.Errorf("SanitiseHTML(%s)\n got %s\nwant %s", tc.in, got, tc.want)
			}
		})
	}
}

func FuzzSanitiseHTML(f *testing.F) {
	f.Add(`<p onclick=x>a<script>b</script>`)
	f.Fuzz(func(t *testing.T, s string) {
		once := SanitiseHTML(s)
		if lower := strings.ToLower(once); strings.Contains(lower, "<script") || strings.Contains(lower, "<img") || strings.Contains(lower, "<svg") {
			t.Errorf("SanitiseHTML(%q) = %q", s, once)
		}
	})
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<b>Café</b> &amp; thé":  "Café & thé",
		"a\u202Eb\u200Bc\x00d":   "abcd",
		"trop long pour tenir":   "trop long…",
		"e\u0301te\u0301":        "été",
		"&lt;script&gt;alert(1)": "<script>a…",
	} {
		if got := CleanName(in, 10); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	f.Add("a\u202Eb")
	f.Fuzz(func(t *testing.T, s string) {
		got := CleanName(s, 50)
		if utf8.RuneCountInString(got) > 50 || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("CleanName(%q) = %q", s, got)
		}
	})
}
