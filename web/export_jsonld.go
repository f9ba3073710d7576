package web

import (
	"cmp"
	"io"

	"github.com/maillage/maillage/instance"
)

// jsonLDFormat is a graph of schema.org descriptions, the ones that the pages
// carry, for linked data.
var jsonLDFormat = &format{
	extension: ".jsonld", mediaType: "application/ld+json", label: "files.jsonld",
	encoder: func(w io.Writer, x *export) encoder { return &graphEncoder{export: x, out: jsonList{w: w}} },
}

type graphEncoder struct {
	*export
	out jsonList
}

func (e *graphEncoder) begin() error {
	return e.out.open(`{"@context":"https://schema.org","@graph":[`)
}

func (e *graphEncoder) add(it *item) error {
	ld := e.describe(it)
	ld.Context = "" // the graph's
	return e.out.add(ld)
}

func (e *graphEncoder) end() error { return e.out.close("]}\n") }

// describe is the schema.org description of a thing. Those that the thing names
// are named as it does, without looking each of them up.
func (e *graphEncoder) describe(it *item) thingLD {
	switch o := it.object.(type) {
	case *instance.Event:
		organisers := make([]link, len(o.Organisers))
		for i, ref := range o.Organisers {
			organisers[i] = link{Name: cmp.Or(ref.Name, ref.Slug), External: webURL(cmp.Or(ref.URL, ref.ID))}
		}
		return eventLD(o, organisers)
	case *instance.Recipe:
		return recipeLD(o)
	case *instance.Partner:
		return partnerLD(o)
	case *instance.Announcement:
		return announcementLD(o, e.owner(it))
	}
	return territoryLD(it.territory)
}
