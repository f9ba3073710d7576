package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/maillage/maillage/instance"
)

// finding is what the doctor says of one thing.
type finding struct {
	Check  string `json:"check"`
	Level  level  `json:"level"`
	Says   string `json:"says"`
	Remedy string `json:"remedy,omitempty"` // what to do about it
}

type level string

// The levels. Only a failure makes the command fail.
const (
	levelOK   level = "ok"
	levelWarn level = "attention"
	levelFail level = "erreur"
)

var levelSigns = map[level]string{levelOK: "✓", levelWarn: "!", levelFail: "✗"}

type doctorCommand struct {
	JSON bool `name:"json" help:"Écrire le résultat en JSON, pour une machine."`
}

// Run examines the node, and fails when something is broken.
func (cmd doctorCommand) Run(ctx context.Context, cli *commandLine) error {
	findings := examine(ctx, cli)
	if cmd.JSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(findings); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			fmt.Printf("%s %s : %s\n", levelSigns[f.Level], f.Check, f.Says)
			if f.Remedy != "" {
				fmt.Printf("  → %s\n", f.Remedy)
			}
		}
	}
	broken := 0
	for _, f := range findings {
		if f.Level == levelFail {
			broken++
		}
	}
	if broken > 0 {
		return fmt.Errorf("à réparer : %d", broken)
	}
	return nil
}

// examine runs every check that can be run.
func examine(ctx context.Context, cli *commandLine) []finding {
	c, err := configBeside(cli)
	if err != nil {
		return []finding{{"configuration", levelFail, strings.TrimPrefix(err.Error(), "configuration "), "corrigez cela, puis recommencez"}}
	}
	findings := []finding{{Check: "configuration", Level: levelOK, Says: c.BaseURL}}
	findings = append(findings, checkAddress(c), checkDisk(c))
	a, err := openApp(ctx, c, false, newLogger(c.LogLevel.quiet()))
	if err != nil {
		return append(findings, finding{"base de données", levelFail, err.Error(), "vérifiez le dossier de données, ou restaurez une sauvegarde avec « maillage restore »"})
	}
	defer a.closeLogged()
	findings = append(findings, checkDatabase(ctx, a), checkQueue(ctx, a), checkFailed(ctx, a), checkPeers(ctx, a))
	findings = append(findings, checkReach(ctx, a)...)
	return append(findings, checkIndex(ctx, a))
}

// checkAddress looks at what peers need of the address.
func checkAddress(c config) finding {
	const check = "adresse publique"
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil:
		return finding{check, levelFail, err.Error(), "corrigez base_url"}
	case u.Scheme != "https":
		return finding{check, levelWarn, c.BaseURL + " est sans https : les autres nœuds la refuseront", "mettez un serveur mandataire avec un certificat devant le nœud, et base_url en https://"}
	}
	return finding{Check: check, Level: levelOK, Says: c.BaseURL}
}

// The room on the disk below which the doctor warns, and below which it fails.
const (
	littleRoom = 1 << 30
	noRoom     = 100 << 20
)

func checkDisk(c config) finding {
	const check = "place sur le disque"
	var stat syscall.Statfs_t
	if err := syscall.Statfs(c.Data, &stat); err != nil {
		return finding{check, levelFail, c.Data + " : " + because(err), "créez le dossier de données, ou corrigez « data »"}
	}
	free := stat.Bavail * uint64(stat.Bsize) // a size is positive
	f := finding{Check: check, Level: levelOK, Says: decimal(float64(free)/1e9) + "\u00a0Go libres"}
	if free < littleRoom {
		f.Level, f.Remedy = levelWarn, "libérez de la place : sans elle, rien ne s’enregistre plus"
	}
	if free < noRoom {
		f.Level = levelFail
	}
	return f
}

func checkDatabase(ctx context.Context, a *app) finding {
	const check = "base de données"
	if err := a.store.Check(ctx); err != nil {
		return finding{check, levelFail, err.Error(), "arrêtez le nœud et restaurez une sauvegarde avec « maillage restore »"}
	}
	return finding{Check: check, Level: levelOK, Says: "intacte"}
}

// lateJobs is how long a job that is due may wait before somebody should know.
const lateJobs = 10 * time.Minute

func checkQueue(ctx context.Context, a *app) finding {
	const check = "file des tâches"
	q, err := a.store.Queue(ctx)
	if err != nil {
		return finding{check, levelFail, err.Error(), ""}
	}
	f := finding{Check: check, Level: levelOK, Says: "vide"}
	if q.Waiting > 0 {
		f.Says = strconv.Itoa(q.Waiting) + " à faire"
	}
	if late := time.Since(q.Oldest); !q.Oldest.IsZero() && late > lateJobs {
		f.Level = levelWarn
		f.Says += ", la plus ancienne en retard de " + lasting(late)
		f.Remedy = "vérifiez que « maillage serve » tourne ; si oui, il a trop à faire pour cette machine"
	}
	return f
}

func checkFailed(ctx context.Context, a *app) finding {
	const check = "tâches abandonnées"
	q, err := a.store.Queue(ctx)
	if err != nil {
		return finding{check, levelFail, err.Error(), ""}
	}
	if q.Failed > 0 {
		return finding{check, levelWarn, fmt.Sprintf("%d, gardées trente jours", q.Failed), "« maillage peer list » montre les serveurs qui ne répondent pas"}
	}
	return finding{Check: check, Level: levelOK, Says: "aucune"}
}

func checkPeers(ctx context.Context, a *app) finding {
	const check = "autres serveurs"
	hosts, err := a.node.Hosts(ctx)
	if err != nil {
		return finding{check, levelFail, err.Error(), ""}
	}
	var silent []string
	for _, h := range hosts {
		if h.Failures >= 3 && !h.Blocked {
			silent = append(silent, h.Domain)
		}
	}
	if len(silent) > 0 {
		return finding{check, levelWarn, "ne répondent pas : " + strings.Join(silent, ", "), "rien à faire : le nœud réessaie ; cessez de suivre ceux qui ont fermé, avec « maillage peer remove »"}
	}
	if len(hosts) == 0 {
		return finding{Check: check, Level: levelOK, Says: "aucun n’est encore connu"}
	}
	return finding{Check: check, Level: levelOK, Says: fmt.Sprintf("tous répondent (%d)", len(hosts))}
}

// maxClockSkew is how far from the time of others peers refuse signatures, at the strictest.
const maxClockSkew = 30 * time.Second

// expiresSoon is when a certificate that nothing renewed should worry.
const expiresSoon = 14 * 24 * time.Hour

// checkReach asks the node for itself through its public address, as a peer does:
// WebFinger, the certificate, and whether its clock and that of this machine agree.
func checkReach(ctx context.Context, a *app) []finding {
	const check = "joignable"
	const remedy = "lancez « maillage serve » ; vérifiez le nom de domaine, le pare-feu et le serveur mandataire, qui doit transmettre /.well-known/"
	self := a.node.Self()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	address := a.node.URLs().IRI("/.well-known/webfinger?resource=" + url.QueryEscape("acct:"+strings.TrimPrefix(self.Address(a.node.Domain()), "@")))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return []finding{{check, levelFail, err.Error(), remedy}}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return []finding{{check, levelFail, "pas de réponse à " + address + " : " + because(err), remedy}}
	}
	defer func() { _ = resp.Body.Close() }() // only read
	var answer struct {
		Links []struct {
			Rel  string `json:"rel"`
			Href string `json:"href"`
		} `json:"links"`
	}
	found := false
	if resp.StatusCode == http.StatusOK && json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer) == nil {
		for _, link := range answer.Links {
			found = found || link.Rel == "self" && link.Href == self.ID
		}
	}
	if !found {
		return []finding{{check, levelFail, fmt.Sprintf("%s répond %s, et ne mène pas à %s", address, resp.Status, self.ID), remedy}}
	}
	out := []finding{{Check: check, Level: levelOK, Says: self.Address(a.node.Domain())}, checkClock(resp)}
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		out = append(out, checkCertificate(resp.TLS.PeerCertificates[0].NotAfter))
	}
	return out
}

func checkClock(resp *http.Response) finding {
	const check = "horloge"
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return finding{check, levelWarn, "le serveur ne dit pas l’heure", ""}
	}
	if skew := time.Since(at).Abs(); skew > maxClockSkew {
		return finding{check, levelFail, fmt.Sprintf("écart de %s avec le serveur public", lasting(skew)), "mettez les machines à l’heure (timedatectl set-ntp true) : les autres nœuds refusent ce qui est signé à une autre heure"}
	}
	return finding{Check: check, Level: levelOK, Says: "à l’heure de l’adresse publique"}
}

func checkCertificate(until time.Time) finding {
	f := finding{Check: "certificat", Level: levelOK, Says: "valable jusqu’au " + until.Format("02/01/2006")}
	if time.Until(until) < expiresSoon {
		f.Level, f.Remedy = levelWarn, "renouvelez-le : d’ordinaire, le serveur mandataire le fait seul"
	}
	return f
}

// checkIndex compares the index with the store. The embedded one is held by the node
// that runs: it is then asked for its count through the API.
func checkIndex(ctx context.Context, a *app) finding {
	const check = "index de recherche"
	const remedy = "arrêtez le nœud, lancez « maillage reindex », relancez-le"
	stored, err := countIndexable(ctx, a.node)
	if err != nil {
		return finding{check, levelFail, err.Error(), ""}
	}
	indexed, err := countIndexed(ctx, a)
	if err != nil {
		return finding{check, levelWarn, "impossible de le compter : " + because(err), "lancez le nœud, puis recommencez"}
	}
	f := finding{Check: check, Level: levelOK, Says: some(indexed, "publication", "publications")}
	if indexed != stored {
		pending, err := a.store.Pending(ctx)
		if err == nil && pending[instance.JobIndex] > 0 {
			f.Says = fmt.Sprintf("%d publications sur %d, %d en cours", indexed, stored, pending[instance.JobIndex])
			return f
		}
		f.Level, f.Remedy = levelWarn, remedy
		f.Says = fmt.Sprintf("%d publications, et %d dans la base", indexed, stored)
	}
	return f
}

func countIndexable(ctx context.Context, node *instance.Node) (total int, err error) {
	for after := ""; ; {
		ids, err := node.Indexable(ctx, after, 5000)
		if err != nil || len(ids) == 0 {
			return total, err
		}
		total += len(ids)
		after = ids[len(ids)-1]
	}
}

func countIndexed(ctx context.Context, a *app) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.node.URLs().IRI("/api/v1/search?per_page=1"), nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }() // only read
	var answer struct {
		Total *int `json:"total"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer); err != nil {
		return 0, err
	}
	if answer.Total == nil {
		return 0, errors.New(resp.Status)
	}
	return *answer.Total, nil
}
