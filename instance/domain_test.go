package instance_test

import (
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestRegisteredDomain(t *testing.T) {
	t.Parallel()
	for iri, want := range map[string]string{
		"https://x.a.example/u": "a.example", "https://A.example:8443/u": "a.example", "https://asso.frama.space/u": "frama.space",
		"https://me.github.io/u": "me.github.io", "https://github.io/u": "github.io",
		"http://127.0.0.1:8080/u": "127.0.0.1:8080", "http://[::1]:8080/u": "[::1]:8080", "http://localhost:80/u": "localhost:80",
	} {
		if got := instance.RegisteredDomain(instance.Origin(iri)); got != want {
			t.Errorf("%s is of %s, want %s", iri, got, want)
		}
	}
}
