package web

import "github.com/maillage/maillage/instance"

type personView struct{ actorView }

// showPerson shows what a contributor chose to show, and no more. Search engines
// are asked to leave it alone.
func (r *request) showPerson(p *page, common actorView) error {
	p.NoIndex, p.View = true, personView{common}
	return r.show("person", p)
}

type peopleView struct {
	Cards []card
	Pages pagination
}

// people lists the contributors who chose to appear.
func (s *Server) people(r *request) error {
	const perPage = 60
	number := r.pageNumber()
	actors, total, err := s.node.Actors(r.ctx(), instance.ActorFilter{
		Kinds: []instance.Kind{instance.KindPerson}, Scope: instance.ScopeLocal, Offset: (number - 1) * perPage, Limit: perPage,
	})
	if err != nil {
		return err
	}
	return r.show("people", &page{
		Title: r.T("people.title"), Description: r.T("people.lead"), NoIndex: true,
		View: peopleView{r.actorCards(actors), r.paginate(number, perPage, total)},
	})
}
