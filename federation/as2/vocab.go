package as2

import (
	"context"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// What the vocabulary's types have in common, one property at a time: an Event, a
// Note and a Group all are a withPublished.
type (
	withStartTime interface {
		GetActivityStreamsStartTime() vocab.ActivityStreamsStartTimeProperty
	}
	withEndTime interface {
		GetActivityStreamsEndTime() vocab.ActivityStreamsEndTimeProperty
	}
	withPublished interface {
		GetActivityStreamsPublished() vocab.ActivityStreamsPublishedProperty
	}
	withUpdated interface {
		GetActivityStreamsUpdated() vocab.ActivityStreamsUpdatedProperty
	}
	withDeleted interface {
		GetActivityStreamsDeleted() vocab.ActivityStreamsDeletedProperty
	}
	withLocation interface {
		GetActivityStreamsLocation() vocab.ActivityStreamsLocationProperty
	}
)

// typed reads a document into the vocabulary. ErrUnsupported: no type of it.
func typed(m fields) (vocab.Type, error) {
	name := typeOf(m)
	t, err := streams.ToType(context.Background(), repaired(m, name))
	switch {
	case streams.IsUnmatchedErr(err):
		return nil, unsupported(name)
	case err != nil:
		return nil, malformed("%v", err)
	}
	return t, nil
}

func startTime(t vocab.Type) time.Time {
	if t, ok := t.(withStartTime); ok {
		return known(t.GetActivityStreamsStartTime())
	}
	return time.Time{}
}

func endTime(t vocab.Type) time.Time {
	if t, ok := t.(withEndTime); ok {
		return known(t.GetActivityStreamsEndTime())
	}
	return time.Time{}
}

func published(t vocab.Type) time.Time {
	if t, ok := t.(withPublished); ok {
		return known(t.GetActivityStreamsPublished())
	}
	return time.Time{}
}

func updated(t vocab.Type) time.Time {
	if t, ok := t.(withUpdated); ok {
		return known(t.GetActivityStreamsUpdated())
	}
	return time.Time{}
}

func deleted(t vocab.Type) time.Time {
	if t, ok := t.(withDeleted); ok {
		return known(t.GetActivityStreamsDeleted())
	}
	return time.Time{}
}

type dateTime interface {
	IsXMLSchemaDateTime() bool
	Get() time.Time
}

// known is the time of a property, in UTC, or zero: a property that could not be
// read is there all the same, and its value is then year 1.
func known(p dateTime) time.Time {
	if p == nil || !p.IsXMLSchemaDateTime() || !sensible(p.Get()) {
		return time.Time{}
	}
	return p.Get().UTC()
}

type number interface {
	IsXMLSchemaFloat() bool
	Get() float64
}

// coordinates are those of the location, if it has both: one that could not be
// read is 0, which is a place too.
func coordinates(t vocab.Type) (lat, lon float64, ok bool) {
	located, isLocated := t.(withLocation)
	if !isLocated || located.GetActivityStreamsLocation() == nil {
		return 0, 0, false
	}
	it := located.GetActivityStreamsLocation().Begin()
	if it == nil || !it.IsActivityStreamsPlace() {
		return 0, 0, false
	}
	place := it.GetActivityStreamsPlace()
	var latitude, longitude number = place.GetActivityStreamsLatitude(), place.GetActivityStreamsLongitude()
	if latitude == nil || longitude == nil || !latitude.IsXMLSchemaFloat() || !longitude.IsXMLSchemaFloat() {
		return 0, 0, false
	}
	return latitude.Get(), longitude.Get(), true
}
