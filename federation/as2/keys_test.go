package as2

import (
	"reflect"
	"testing"
)

// Only what an actor says of its own keys counts.
func TestKeys(t *testing.T) {
	t.Parallel()
	const me = "https://peer.example/u"
	for document, want := range map[string]map[string]string{
		`{"publicKey":{"id":"https://peer.example/u#k","owner":"https://peer.example/u","publicKeyPem":"P"}}`: {me + "#k": "P"},
		`{"publicKey":{"id":"https://peer.example/u#k","publicKeyPem":"P"}}`:                                  {me + "#k": "P"}, // nobody's but the document's
		`{"publicKey":{"id":"https://peer.example/u#k","owner":"","publicKeyPem":"P"}}`:                       nil,
		`{"assertionMethod":[{"id":"https://peer.example/u#e","publicKeyMultibase":"z6M"}]}`:                  nil,
		`{"publicKey":[{"id":"https://peer.example/u#old","owner":"https://peer.example/u","publicKeyPem":"P"},{"id":"https://peer.example/u/main-key","owner":"https://peer.example/u","publicKeyPem":"Q"}],
		  "assertionMethod":[{"id":"https://peer.example/u#e","type":"Multikey","controller":"https://peer.example/u","publicKeyMultibase":"z6M"}]}`: {
			me + "#old": "P", me + "/main-key": "Q", me + "#e": "z6M",
		},
		`{"assertionMethod":{"id":"https://peer.example/u#e","controller":"https://peer.example/u","publicKeyMultibase":"z6M"}}`:      {me + "#e": "z6M"},
		`{"assertionMethod":[{"id":"https://peer.example/u#e","controller":"https://peer.example/v","publicKeyMultibase":"z6M"}]}`:    nil,
		`{"assertionMethod":[{"id":"https://evil.example/u#e","controller":"https://peer.example/u","publicKeyMultibase":"z6M"}]}`:    nil,
		`{"publicKey":{"id":"https://evil.example/u#k","owner":"https://peer.example/u","publicKeyPem":"P"}}`:                         nil,
		`{"publicKey":{"id":"https://peer.example/u#k","owner":"https://peer.example/v","publicKeyPem":"P"}}`:                         nil,
		`{"verificationMethod":[{"id":"https://peer.example/u#e","controller":"https://peer.example/u","publicKeyMultibase":"z6M"}]}`: nil,
		`{"AssertionMethod":[{"id":"https://peer.example/u#e","controller":"https://peer.example/u","publicKeyMultibase":"z6M"}]}`:    nil,
		`{"assertionMethod":["https://peer.example/u#e",null,7,[]],"publicKey":"https://peer.example/u#k"}`:                           nil,
		`[]`: nil,
		// Other shapes of JSON-LD: whole IRIs, a prefix, an alias, a graph.
		`{"id":"https://peer.example/u","https://w3id.org/security#publicKey":[{"@id":"https://peer.example/u#k","https://w3id.org/security#owner":{"@id":"https://peer.example/u"},"https://w3id.org/security#publicKeyPem":[{"@value":"P"}]}]}`: {me + "#k": "P"},
		`{"@context":{"sec":"https://w3id.org/security#"},"id":"https://peer.example/u","sec:publicKey":{"id":"https://peer.example/u#k","sec:owner":{"id":"https://peer.example/u"},"sec:publicKeyPem":"P"}}`:                                    {me + "#k": "P"},
		`{"@context":{"key":{"@id":"https://w3id.org/security#publicKey"},"of":{"@id":"https://w3id.org/security#owner","@type":"@id"},"pem":"https://w3id.org/security#publicKeyPem"},
		  "id":"https://peer.example/u","key":{"id":"https://peer.example/u#k","of":"https://peer.example/u","pem":"P"}}`: {me + "#k": "P"},
		`{"@context":{"sec":"https://w3id.org/security#"},"@graph":[{"@id":"https://peer.example/u","@type":"as:Person","sec:publicKey":{"@id":"https://peer.example/u#k"},
		   "sec:assertionMethod":{"@id":"https://peer.example/u#e"}},
		  {"@id":"https://peer.example/u#k","sec:owner":{"@id":"https://peer.example/u"},"sec:publicKeyPem":"P"},
		  {"@id":"https://peer.example/u#e","@type":"sec:Multikey","sec:controller":{"@id":"https://peer.example/u"},"sec:publicKeyMultibase":"z6M"}]}`: {me + "#k": "P", me + "#e": "z6M"},
		`{"@context":{"sec":"https://w3id.org/security#"},"id":"https://peer.example/u","sec:publicKey":{"id":"https://evil.example/u#k","sec:owner":{"id":"https://peer.example/u"},"sec:publicKeyPem":"P"}}`: nil,
	} {
		if got := Keys([]byte(document), me); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", document, got)
		}
	}
}
