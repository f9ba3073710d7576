package web

import (
	"cmp"
	"errors"
	"html/template"

	"github.com/maillage/maillage/instance"
)

// card is a thing in a list, in the reader's language. Every list of the site is
// made of cards.
type card struct {
	Kind      instance.Kind
	KindLabel string
	Subkind   string // kind of event, actor or territory, in words
	Path      string
	Name      string
	Summary   string
	Extract   template.HTML // instead of Summary: what matched a search
	Where     string
	When      string
	DateTime  string // of <time>; "" when not even the year is known
	Day       *dayBox
	Status    instance.EventStatus // shown when it changes plans
	StatusIs  string
	Themes    []chip
	Distance  string
	Unplaced  bool   // it has no position: it is in the list and not on the map
	Origin    string // domain it came from, "" when ours
	From      string // name of that node
	Point     *instance.Point
}

// dayBox is the corner of a card: the day an event starts.
type dayBox struct{ Day, Month, Year string }

// chip is a small link.
type chip struct{ Label, URL string }

// objectCard makes a card of an object.
func (r *request) objectCard(o instance.Object) card {
	b := o.Common()
	c := card{
		Kind: b.Kind, KindLabel: r.T("kind." + string(b.Kind)), Path: r.s.node.URLs().Path(b.ID),
		Name: b.Name, Summary: b.Summary, Where: b.Place.Label(), Themes: r.themes(b.Themes),
		Unplaced: b.Place == nil || b.Place.Point == nil, Origin: b.Origin, From: r.peerName(b.Origin),
	}
	if !c.Unplaced {
		c.Point = b.Place.Point
	}
	switch o := o.(type) {
	case *instance.Event:
		c.Subkind = r.label("event_kinds", o.EventKind)
		r.date(&c, o.When, o.Status)
	case *instance.Partner:
		c.Subkind = r.label("actor_kinds", o.ActorKind)
	case *instance.Announcement:
		c.Name = cmp.Or(c.Name, r.T("kind.announcement"))
		c.Summary = cmp.Or(c.Summary, instance.Truncate(instance.PlainText(b.Content), 280))
		c.When = r.published(b.Published)
	}
	return c
}

// date fills in what a card says of an event's time.
func (r *request) date(c *card, w instance.When, status instance.EventStatus) {
	c.When, c.DateTime = r.when(w), machineTime(w)
	if !w.Vague() {
		start := w.Start.In(w.Location())
		c.Day = &dayBox{r.ordinal(start), shortMonths[r.lang][start.Month()-1], start.Format("2006")}
	}
	if changesPlans(status) {
		c.Status, c.StatusIs = status, r.label("event_status", string(status))
	}
}

// changesPlans says whether those who mean to go must know where an event stands.
func changesPlans(status instance.EventStatus) bool {
	return status == instance.StatusCancelled || status == instance.StatusPostponed || status == instance.StatusProposed
}

func (r *request) hitCard(h instance.Hit) card {
	c := r.documentCard(h.Document)
	if h.Kind == instance.KindEvent {
		r.date(&c, h.When, instance.EventStatus(h.Status))
	}
	if h.Highlight != "" {
		c.Extract = markedHTML(h.Highlight)
	}
	if h.DistanceKm != nil {
		c.Distance = r.distance(*h.DistanceKm)
	}
	return c
}

func (r *request) documentCard(d instance.Document) card {
	lists := map[instance.Kind]string{
		instance.KindEvent: "event_kinds", instance.KindPartner: "actor_kinds", instance.KindTerritory: "territory_kinds",
	}
	return card{
		Kind: d.Kind, KindLabel: r.T("kind." + string(d.Kind)), Subkind: r.label(lists[d.Kind], d.Subkind),
		Path: r.s.node.URLs().Path(d.ID), Name: cmp.Or(d.Name, r.T("kind."+string(d.Kind))), Summary: d.Summary, Where: d.Locality,
		Themes: r.themes(d.Themes), Unplaced: d.Point == nil, Point: d.Point, Origin: d.Origin, From: r.peerName(d.Origin),
	}
}

// actorCard makes a card of an actor.
func (r *request) actorCard(a *instance.Actor) card {
	c := card{
		Kind: a.Kind, KindLabel: r.T("kind." + string(a.Kind)), Path: r.actorPath(a), Name: a.Name,
		Summary: instance.Truncate(instance.PlainText(a.Summary), 200), Where: a.Place.Label(),
		Themes: r.themes(a.Themes), Origin: a.Origin, From: r.peerName(a.Origin),
	}
	if a.Territory != nil {
		c.Subkind = r.label("territory_kinds", a.Territory.Kind)
	}
	return c
}

// actorPath is the page of an actor; the node's own is the about page.
func (r *request) actorPath(a *instance.Actor) string {
	if a.Local() && a.Kind == instance.KindNode {
		return "/a-propos"
	}
	return r.s.node.URLs().Path(a.ID)
}

// amongAlike is the card in a list of one kind, which the list's title names: the
// card tells what sort of it this is, and no more.
func (c card) amongAlike() card {
	if c.Subkind != "" {
		c.KindLabel, c.Subkind = c.Subkind, ""
	}
	return c
}

// objectCards makes the cards of a list of one kind.
func (r *request) objectCards(objects []instance.Object) []card {
	cards := make([]card, len(objects))
	for i, o := range objects {
		cards[i] = r.objectCard(o).amongAlike()
	}
	return cards
}

func (r *request) hitCards(hits []instance.Hit) []card {
	cards := make([]card, len(hits))
	for i, h := range hits {
		cards[i] = r.hitCard(h)
	}
	return cards
}

// themes links each theme to what else is about it.
func (r *request) themes(slugs []string) []chip {
	chips := make([]chip, len(slugs))
	for i, slug := range slugs {
		chips[i] = chip{r.label("themes", slug), "/recherche?" + searchLink("theme", slug)}
	}
	return chips
}

// peerName is what people call a node: its actor's name, else its domain.
func (r *request) peerName(domain string) string {
	if domain == "" {
		return ""
	}
	if r.names == nil {
		r.names = map[string]string{}
		nodes, _, err := r.s.node.Actors(r.ctx(), instance.ActorFilter{Kinds: []instance.Kind{instance.KindNode}, Limit: 500})
		if err != nil {
			r.s.log.WarnContext(r.ctx(), "names of peers", "err", err)
		}
		for _, node := range nodes {
			r.names[node.Origin] = node.Name
		}
	}
	return cmp.Or(r.names[domain], domain)
}

// link is a name that leads somewhere: to a page of ours, out, or nowhere.
type link struct {
	Name     string
	Path     string // on this node
	External string
	From     string // name of the node it came from, "" when ours
	Detail   string
}

// link resolves a reference: to our page of the thing when we know it, else to
// the thing itself. kind is where a bare slug is looked for.
func (r *request) link(ref instance.Ref, kind instance.Kind) link {
	if ref.ID != "" {
		if found, ok := r.known(ref.ID); ok {
			return found
		}
	}
	if ref.Slug != "" {
		if found, ok := r.known(r.s.node.URLs().Of(kind, ref.Slug)); ok {
			return found
		}
	}
	external := webURL(cmp.Or(ref.URL, ref.ID))
	return link{Name: cmp.Or(ref.Name, ref.Slug, hostOf(external)), External: external}
}

// known is the link to a thing that this node has and that is alive.
func (r *request) known(iri string) (link, bool) {
	if o, err := r.s.node.Object(r.ctx(), iri); err == nil && o.Common().Deleted.IsZero() {
		b := o.Common()
		l := link{Name: b.Name, Path: r.s.node.URLs().Path(b.ID), From: r.peerName(b.Origin)}
		if p, ok := o.(*instance.Partner); ok {
			l.Detail = r.label("actor_kinds", p.ActorKind)
		}
		return l, true
	} else if err != nil && !errors.Is(err, instance.ErrNotFound) {
		r.s.log.WarnContext(r.ctx(), "link", "iri", iri, "err", err)
	}
	a, err := r.s.node.Actor(r.ctx(), iri)
	if err != nil || !a.Gone.IsZero() {
		return link{}, false
	}
	l := link{Name: a.Name, Path: r.actorPath(a), From: r.peerName(a.Origin)}
	if a.Territory != nil {
		l.Detail = r.label("territory_kinds", a.Territory.Kind)
	}
	return l, true
}

func (r *request) links(refs []instance.Ref, kind instance.Kind) []link {
	links := make([]link, len(refs))
	for i, ref := range refs {
		links[i] = r.link(ref, kind)
	}
	return links
}
