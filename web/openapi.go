package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
)

//go:embed openapi/*.json
var openapiParts embed.FS

// openapi describes the API, and only what exists: a test compares it with the
// routes, the parameters and the fields of the answers. Each area of the API is
// described in a file of its own.
var openapi = mergeOpenAPI(openapiParts)

// mergeOpenAPI makes one document of its parts. What two parts say of the same thing is
// a mistake of ours, which no request can bring about.
func mergeOpenAPI(parts fs.FS) json.RawMessage {
	document := map[string]any{}
	must := func(err error) {
		if err != nil {
			panic(fmt.Errorf("openapi: %w", err))
		}
	}
	names, err := fs.Glob(parts, "openapi/*.json")
	must(err)
	for _, name := range names {
		data, err := fs.ReadFile(parts, name)
		must(err)
		part := map[string]any{}
		must(json.Unmarshal(data, &part))
		must(merge(document, part))
	}
	merged, err := json.Marshal(document)
	must(err)
	return merged
}

// merge adds a part to a whole, object by object.
func merge(whole, part map[string]any) error {
	for key, value := range part {
		had, twice := whole[key]
		if !twice {
			whole[key] = value
			continue
		}
		into, ok := had.(map[string]any)
		more, also := value.(map[string]any)
		if !ok || !also {
			return fmt.Errorf("%q is said twice", key)
		}
		if err := merge(into, more); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}
