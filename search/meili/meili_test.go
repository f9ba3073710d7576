package meili_test

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/meili"
	"github.com/maillage/maillage/search/meili/meilitest"
	"github.com/maillage/maillage/search/searchtest"
)

func open(t *testing.T, o meili.Options) *meili.Index {
	t.Helper()
	o.Now = searchtest.Now
	x, err := meili.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func TestContract(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, func(t *testing.T) instance.Index {
		server := meilitest.New(t, meilitest.Options{Key: "maitre-maitre-maitre", Delay: time.Millisecond})
		return open(t, meili.Options{URL: server.URL, Key: "maitre-maitre-maitre"})
	})
}

// The same suite on a real server, which must be one that tests may write to.
func TestContractOnARealServer(t *testing.T) {
	t.Parallel()
	url, key := os.Getenv("MAILLAGE_TEST_MEILI_URL"), os.Getenv("MAILLAGE_TEST_MEILI_KEY")
	if url == "" {
		t.Skip("MAILLAGE_TEST_MEILI_URL is not set: the contract was only run on the stand-in, not on a real Meilisearch")
	}
	searchtest.Run(t, func(t *testing.T) instance.Index {
		prefix := "test_" + strings.ToLower(rand.Text())
		x := open(t, meili.Options{URL: url, Key: key, Index: prefix})
		t.Cleanup(func() {
			client := meilisearch.New(url, meilisearch.WithAPIKey(key))
			_, _ = client.DeleteIndex(prefix + "_v3")
		})
		return x
	})
}
