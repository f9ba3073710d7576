package as2

import (
	"encoding/json"
	"maps"
	"sync"

	"github.com/maillage/maillage/instance"
)

const security = "https://w3id.org/security/v1"

// terms maps names to the IRIs they stand for, as JSON-LD contexts do.
type terms map[string]any

// reference is a term whose values are IRIs.
func reference(id string) map[string]string { return map[string]string{"@id": id, "@type": "@id"} }

// ordered is a term whose values are in an order that matters.
func ordered(id string) map[string]string { return map[string]string{"@id": id, "@container": "@list"} }

// The terms that our documents use besides ActivityStreams' own. What others
// defined first is theirs: schema.org, Dublin Core, FEP-8a8e, iCalendar, Mastodon,
// Mobilizon and Lemmy. Ours are written with their prefix, so that nobody can take
// them for anything else, even without reading a context.
var (
	commonTerms = terms{
		"maillage": instance.Namespace, "schema": "https://schema.org/", "dcterms": "http://purl.org/dc/terms/",
		"Hashtag": "as:Hashtag", "inLanguage": "schema:inLanguage", "sameAs": reference("schema:sameAs"),
		"theme": reference("dcterms:subject"), "license": reference("dcterms:license"), "basedOn": reference("schema:isBasedOn"),
		"PostalAddress": "schema:PostalAddress", "address": "schema:address", "streetAddress": "schema:streetAddress",
		"postalCode": "schema:postalCode", "addressLocality": "schema:addressLocality",
		"addressRegion": "schema:addressRegion", "addressCountry": "schema:addressCountry",
		"maillage:text": ordered("maillage:text"),
	}
	eventTerms = terms{
		"fep": "https://w3id.org/fep/8a8e/", "ical": "http://www.w3.org/2002/12/cal/ical#", "mz": "https://joinmobilizon.org/ns#",
		"status": "ical:status", "category": "fep:category", "timezone": "fep:timezone", "joinMode": "fep:joinMode",
		"externalParticipationUrl": reference("fep:externalParticipationUrl"), "displayEndTime": "fep:displayEndTime",
		"organizers": reference("fep:organizers"), "eventStatus": map[string]string{"@id": "fep:eventStatus", "@type": "@vocab"},
		"EventScheduled": "fep:EventScheduled", "EventTentative": "fep:EventTentative", "EventCancelled": "fep:EventCancelled",
		"EventPostponed": "fep:EventPostponed", "attendees": reference("fep:attendees"),
		"remainingAttendeeCapacity": "schema:remainingAttendeeCapacity", "participantCount": "mz:participantCount",
		"maximumAttendeeCapacity": "schema:maximumAttendeeCapacity", "isOnline": "mz:isOnline",
		"maillage:status": reference("maillage:status"), "maillage:eventKind": reference("maillage:eventKind"),
		"maillage:activities": reference("maillage:activities"), "maillage:accessibility": reference("maillage:accessibility"),
		"maillage:contributionType": reference("maillage:contributionType"), "maillage:onlineUrl": reference("maillage:onlineUrl"),
	}
	recipeTerms = terms{
		"additionalType": reference("schema:additionalType"), "ingredients": ordered("schema:supply"), "steps": ordered("schema:step"),
		"HowToSupply": "schema:HowToSupply", "HowToStep": "schema:HowToStep", "text": "schema:text", "position": "schema:position",
		"maillage:ingredientCategory": reference("maillage:ingredientCategory"), "maillage:programme": ordered("maillage:programme"),
		"maillage:parts": ordered("maillage:parts"), "maillage:arguments": ordered("maillage:arguments"),
		"maillage:outputs": ordered("maillage:outputs"), "maillage:aftercare": ordered("maillage:aftercare"),
	}
	sheetTerms = terms{
		"about": reference("schema:about"), "maillage:actorKind": reference("maillage:actorKind"),
		"maillage:typology": reference("maillage:typology"), "maillage:ecosystemRole": reference("maillage:ecosystemRole"),
	}
	actorTerms = terms{
		// Mastodon's schema.org is this one, and it looks for it.
		"toot": "http://joinmastodon.org/ns#", "sc": "http://schema.org#", "PropertyValue": "sc:PropertyValue", "value": "sc:value",
		"featured":     reference("toot:featured"),
		"discoverable": "toot:discoverable", "indexable": "toot:indexable", "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
		"knowsLanguage":        "schema:knowsLanguage",
		"webfinger":            "https://purl.archive.org/socialweb/webfinger#webfinger",
		"maillage:directory":   reference("maillage:directory"),
		"identifier":           "dcterms:identifier",
		"maillage:territories": reference("maillage:territories"), "maillage:territoryKind": reference("maillage:territoryKind"),
		"movedTo": reference("as:movedTo"), "alsoKnownAs": reference("as:alsoKnownAs"), "upcomingEvents": reference("https://w3id.org/fep/8a8e/upcomingEvents"),
		"sec": "https://w3id.org/security#", "Multikey": "sec:Multikey", "controller": reference("sec:controller"), "publicKeyMultibase": "sec:publicKeyMultibase",
		"assertionMethod": map[string]string{"@id": "sec:assertionMethod", "@type": "@id", "@container": "@set"},
		"lemmy":           "https://join-lemmy.org/ns#", "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
		"mz": "https://joinmobilizon.org/ns#", "openness": "mz:openness",
	}
)

// contexts holds the @context of each kind of document: the standard one by name,
// and every other term inline, so that nobody has to fetch anything.
var contexts = sync.OnceValue(func() map[instance.Kind]json.RawMessage {
	object := func(extra terms) json.RawMessage { return must([]any{activityStreams, merged(commonTerms, extra)}) }
	account := json.RawMessage(must([]any{activityStreams, security, merged(commonTerms, actorTerms)}))
	return map[instance.Kind]json.RawMessage{
		instance.KindEvent: object(eventTerms), instance.KindRecipe: object(recipeTerms),
		instance.KindPartner: object(sheetTerms), instance.KindAnnouncement: object(nil),
		instance.KindTerritory: account, instance.KindOrganisation: account, instance.KindPerson: account, instance.KindNode: account,
	}
})

func contextOf(kind instance.Kind) any { return contexts()[kind] }

func merged(sets ...terms) terms {
	all := terms{}
	for _, set := range sets {
		maps.Copy(all, set)
	}
	return all
}

// Context is the JSON-LD document with all the terms, served at /ns/v1. Nobody needs
// it to read our documents.
func Context() []byte {
	return must(map[string]any{"@context": merged(commonTerms, eventTerms, recipeTerms, sheetTerms, actorTerms)})
}
