package federation

import "testing"

func TestFillIntent(t *testing.T) {
	t.Parallel()
	const object = "https://opl.example/territoires/brest?a=1&b"
	const escaped = "https%3A%2F%2Fopl.example%2Fterritoires%2Fbrest%3Fa%3D1%26b"
	for template, want := range map[string]string{
		"https://s.example/intents/follow?object={object}&on-success={on-success}": "https://s.example/intents/follow?object=" + escaped + "&on-success=",
		"https://s.example/authorize_interaction?uri={uri}":                        "https://s.example/authorize_interaction?uri=" + escaped,
		"http://s.example/follow?uri={uri}":                                        "",
		"javascript:alert('{uri}')":                                                "",
		"https://me@s.example/{uri}":                                               "",
		"https://s.example/follow":                                                 "",
		"https://s.example/follow?uri={uri}&x={unknown}":                           "",
		"": "",
	} {
		if got, ok := fillIntent(template, object); got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", template, got, want)
		}
	}
}
