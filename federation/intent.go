package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/maillage/maillage/instance"
)

// Links of a WebFinger answer that say where somebody's server does what they want
// from other sites: by the kind of activity (FEP-3b86), or as servers did before.
const (
	relIntentFollow = "https://w3id.org/fep/3b86/Follow"
	relIntentObject = "https://w3id.org/fep/3b86/Object"
	relSubscribe    = "http://ostatus.org/schema/1.0/subscribe"
)

// FollowIntent asks the server of an account, @name@server, where its people follow
// from, and returns that page's address, about to follow the object. ErrNotFound: the
// server says no such page. Any other error: it did not answer.
func (f *Federation) FollowIntent(ctx context.Context, account, object string) (string, error) {
	name, host, ok := cutHandle(account)
	if !ok {
		return "", fmt.Errorf("%q: %w", account, instance.ErrInvalid)
	}
	body, err := f.client.small(ctx, f.origin(host)+"/.well-known/webfinger?resource="+url.QueryEscape("acct:"+name+"@"+host))
	if err != nil {
		return "", err
	}
	var answer struct {
		Links []struct {
			Rel      string `json:"rel"`
			Template string `json:"template"`
		} `json:"links"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("%s: %w: %w", host, errNotAS, err)
	}
	for _, rel := range []string{relIntentFollow, relIntentObject, relSubscribe} {
		for _, link := range answer.Links {
			if link.Rel != rel {
				continue
			}
			if target, ok := fillIntent(link.Template, object); ok {
				return target, nil
			}
		}
	}
	return "", fmt.Errorf("%s names no page to follow from: %w", host, instance.ErrNotFound)
}

// fillIntent puts the object in an address; ok is false for an address that no
// browser should be sent to. Parameters that we have no value for are left empty.
func fillIntent(template, object string) (target string, ok bool) {
	value := url.QueryEscape(object)
	filled := strings.NewReplacer("{object}", value, "{uri}", value, "{on-success}", "", "{on-cancel}", "").Replace(template)
	u, err := url.Parse(filled)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || !strings.Contains(filled, value) || strings.ContainsAny(filled, "{}\r\n") {
		return "", false
	}
	return u.String(), true
}
