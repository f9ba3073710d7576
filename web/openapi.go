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
	guarded(document)
	merged, err := json.Marshal(document)
	must(err)
	return merged
}

// guarded says of each operation that asks for a token what is true of all of them: a
// token may ask too much, and what it read may not have changed since.
func guarded(document map[string]any) {
	paths, _ := document["paths"].(map[string]any)
	for _, path := range paths {
		operations, _ := path.(map[string]any)
		for method, o := range operations {
			operation, _ := o.(map[string]any)
			if operation["security"] == nil {
				continue
			}
			responses, _ := operation["responses"].(map[string]any)
			responses["429"] = map[string]any{"$ref": "#/components/responses/TooMany"}
			if method == "get" {
				responses["304"] = map[string]any{"description": "Rien n’a changé depuis cet ETag."}
			}
		}
	}
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
