package instance_test

import (
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestMarkdownOfHTML(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		`<p>Un <strong>mot</strong> et un <a href="https://b.example/">lien</a>.</p><p>Deux</p>`: "Un **mot** et un [lien](https://b.example/).\n\nDeux",
		`<h2>Titre</h2><ul><li>un</li><li>deux</li></ul>`:                                        "## Titre\n\n- un\n- deux",
		`<ol><li>un</li><li>deux</li></ol>`:                                                      "1. un\n2. deux",
		`<p>a<br>b</p>`:                                                                          "a  \nb",
		`<p>2 * 3 &lt; 7_8</p>`:                                                                  `2 \* 3 \< 7\_8`,
		`<script>alert(1)</script>`:                                                              "",
	} {
		if got := instance.MarkdownOf(from); got != want {
			t.Errorf("%s\n is %q\nwant %q", from, got, want)
		}
	}
}
