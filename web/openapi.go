package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
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
	completeAnswers(document)
	merged, err := json.Marshal(document)
	must(err)
	return merged
}

// What every operation of a kind may answer is said here once: by its reading, by the
// token it asks for, by the JSON it takes.
var (
	readAnswers    = map[string]any{"304": map[string]any{"description": "Rien n’a changé depuis cet ETag."}}
	guardedAnswers = map[string]any{"401": problemRef("Unauthorized"), "403": problemRef("Forbidden"), "429": problemRef("TooMany")}
	bodyAnswers    = map[string]any{
		"400": problemRef("BadRequest"), "413": problemRef("TooLarge"), "415": problemRef("UnsupportedType"), "422": problemRef("Unprocessable"),
	}
)

func problemRef(name string) map[string]any {
	return map[string]any{"$ref": "#/components/responses/" + name}
}

// completeAnswers adds to each operation what all of its kind may answer.
func completeAnswers(document map[string]any) {
	for _, path := range object(document["paths"]) {
		for method, operation := range object(path) {
			o := object(operation)
			answers := object(o["responses"])
			if method == "get" {
				maps.Copy(answers, readAnswers)
			}
			if o["security"] != nil {
				maps.Copy(answers, guardedAnswers)
			}
			if object(object(o["requestBody"])["content"])["application/json"] != nil {
				maps.Copy(answers, bodyAnswers)
			}
		}
	}
}

// object is a JSON object; nil when the value is none.
func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}

// merge adds a part to a whole, object by object.
func merge(whole, part map[string]any) error {
	for key, value := range part {
		had, twice := whole[key]
		if !twice {
			whole[key] = value
			continue
		}
		into, more := object(had), object(value)
		if into == nil || more == nil {
			return fmt.Errorf("%q is said twice", key)
		}
		if err := merge(into, more); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}
