package embedded_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/embedded"
	"github.com/maillage/maillage/search/searchtest"
)

func open(t *testing.T, path string) *embedded.Index {
	t.Helper()
	x, err := embedded.Open(t.Context(), path, embedded.Options{Now: searchtest.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func TestContract(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, func(t *testing.T) instance.Index {
		return open(t, filepath.Join(t.TempDir(), "search.db"))
	})
}

var _ = os.ErrNotExist
