package web

import (
	"net/url"
	"strconv"
)

// pagination is the foot of a list.
type pagination struct {
	Page, Pages    int
	Previous, Next string // "" at the ends
}

// paginate makes the links of a list, keeping the page's other parameters.
func (r *request) paginate(page, perPage, total int) pagination {
	p := pagination{Page: max(page, 1), Pages: max((total+perPage-1)/perPage, 1)}
	if p.Page > 1 {
		p.Previous = r.with("page", strconv.Itoa(min(p.Page-1, p.Pages)))
	}
	if p.Page < p.Pages {
		p.Next = r.with("page", strconv.Itoa(p.Page+1))
	}
	return p
}

// pageNumber reads ?page=, from 1.
func (r *request) pageNumber() int {
	n, err := strconv.Atoi(r.QueryParam("page"))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, maxPage)
}

// with is this page with one parameter changed, or removed when value is "".
func (r *request) with(key, value string) string {
	query := url.Values{}
	for k, values := range r.QueryParams() {
		for _, v := range values {
			if v != "" {
				query.Add(k, v)
			}
		}
	}
	query.Del("page")
	query.Del(key)
	if value != "" {
		query.Set(key, value)
	}
	return localURL(r.Request().URL.Path, query)
}

func searchLink(key, value string) string { return url.Values{key: {value}}.Encode() }
