package federation

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/maillage/maillage/instance"
)

// Limits of a file or feed that is imported: a large calendar is a few megabytes.
const (
	maxDownload     = 32 << 20 // bytes, after decompression
	downloadTimeout = time.Minute
)

// Download reads a file of any type over the guarded client; it implements
// instance.Fetch. etag is that of the last reading, "" for none.
//
// instance.ErrUnchanged: it is as it was; instance.ErrNotFound, ErrGone, ErrForbidden:
// the server says so.
func (f *Federation) Download(ctx context.Context, address, etag string) (body []byte, newETag string, err error) {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	for range maxRedirects + 1 {
		r, err := f.client.request(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, "", err
		}
		if etag != "" {
			r.Header.Set("If-None-Match", etag)
		}
		resp, err := f.client.http.Do(r)
		if err != nil {
			return nil, "", err
		}
		if resp.StatusCode == http.StatusNotModified {
			resp.Body.Close()
			return nil, etag, fmt.Errorf("%s: %w", address, instance.ErrUnchanged)
		}
		body, next, err := readAnswer(resp, maxDownload, func(string) bool { return true })
		if next == "" || err != nil {
			return body, resp.Header.Get("ETag"), err
		}
		address = next
	}
	return nil, "", fmt.Errorf("%w: more than %d redirects", errUnsafeURL, maxRedirects)
}
