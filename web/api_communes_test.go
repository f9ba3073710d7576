package web

import (
	"net/http"
	"testing"

	"github.com/maillage/maillage/instance"
)

func TestAPIKnowsCommunes(t *testing.T) {
	t.Parallel()
	w := setupAPI(t, func(o *instance.Options) { o.Gazetteer = threeCommunes{} })
	list := w.get("/api/v1/communes?q=red")
	if at(items(list.body["items"])[0], "label") != "Redon (35)" || at(items(list.body["items"])[0], "point", "lat") == nil {
		t.Errorf("%s", list.Body)
	}
	if one := w.get("/api/v1/communes/position?commune=Redon+(35)"); one.body["name"] != "Redon" {
		t.Errorf("%s", one.Body)
	}
	w.refused(w.do(http.MethodGet, "/api/v1/communes/position?commune=Nulle-Part", ""), http.StatusNotFound)
	w.refused(w.do(http.MethodGet, "/api/v1/communes?limit=1000", ""), http.StatusBadRequest)
}
