package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// What a host reads is French. kong, which reads the command line, the standard
// library and the system speak English only: this file says the same in French.

// usageWords are the words of kong's help, which has no catalogue.
var usageWords = strings.NewReplacer(
	"Usage:", "Usage :",
	"Arguments:", "Arguments :",
	"Flags:", "Options :",
	"Commands:", "Commandes :",
	"<command>", "<commande>",
	"[flags]", "[options]",
	`Run "maillage <command> --help" for more information on a command.`, "« maillage <commande> --help » en dit plus sur une commande.",
	"Show context-sensitive help.", "Affiche cette aide.",
)

// usageWriter translates the help, which kong writes line by line.
type usageWriter struct{ w io.Writer }

func (u usageWriter) Write(line []byte) (int, error) {
	if _, err := usageWords.WriteString(u.w, string(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// usageErrors are the ways in which kong refuses a command line of ours.
var usageErrors = []struct {
	says   *regexp.Regexp
	french string
}{
	{regexp.MustCompile(`^missing flags: (.*)$`), "il manque $1"},
	{regexp.MustCompile(`^missing positional arguments (.*)$`), "il manque $1"},
	{regexp.MustCompile(`^expected one of (.*)$`), "il manque une commande : $1"},
	{regexp.MustCompile(`^expected "(.*)"$`), "il manque $1"},
	{regexp.MustCompile(`^unexpected argument (.*), did you mean (?:one of )?(.*)\?$`), "« $1 » n’est pas compris ; peut-être $2 ?"},
	{regexp.MustCompile(`^unexpected argument (.*)$`), "« $1 » est de trop, ou n’est pas une commande"},
	{regexp.MustCompile(`^unknown flag (.*), did you mean (?:one of )?(.*)\?$`), "l’option $1 n’existe pas ; peut-être $2 ?"},
	{regexp.MustCompile(`^unknown flag (.*)$`), "l’option $1 n’existe pas"},
	{regexp.MustCompile(`^unexpected flag argument "(.*)"$`), "« $1 » est de trop : cette option ne prend pas de valeur"},
	{regexp.MustCompile(`^(\S+): expected .* value but got "EOL" .*$`), "l’option $1 attend une valeur"},
	{regexp.MustCompile(`^(\S+): expected .* value but got "(.*?)" .*$`), "l’option $1 attend une valeur, pas « $2 »"},
	{regexp.MustCompile(`^(\S+): bool value must be .*$`), "l’option $1 ne prend pas de valeur"},
	{regexp.MustCompile(`^(\S+) must be one of (.*) but got "(.*)"$`), "$1 : écrivez $2, pas « $3 »"},
	{regexp.MustCompile(`^\S+: stat (.*): no such file or directory$`), "$1 : introuvable"},
	{regexp.MustCompile(`^\S+: "(.*)" exists but is a directory$`), "$1 est un dossier, pas un fichier"},
}

// usageError is an error of kong's, in French, with the command whose help to read.
func usageError(err error) error {
	says, command := err.Error(), "maillage"
	for _, known := range usageErrors {
		if known.says.MatchString(says) {
			says = known.says.ReplaceAllString(says, known.french)
			break
		}
	}
	var refused *kong.ParseError
	if errors.As(err, &refused) && refused.Context != nil {
		if node := refused.Context.Selected(); node != nil {
			command = node.FullPath()
		}
	}
	says = strings.ReplaceAll(says, `","`, `", "`) // kong lists what it takes without a space
	says = strings.ReplaceAll(says, `"`, "")       // kong quotes names; here, guillemets quote what was typed
	return errors.New(says + " (voir « " + command + " --help »)")
}

// systemErrors are what the system answers most, in French.
var systemErrors = []struct {
	cause error
	says  string
}{
	{fs.ErrNotExist, "introuvable"},
	{fs.ErrPermission, "accès refusé"},
	{syscall.ENOTDIR, "une partie du chemin n’est pas un dossier"},
	{syscall.EISDIR, "c’est un dossier, pas un fichier"},
	{syscall.ENOSPC, "il n’y a plus de place sur le disque"},
	{syscall.EROFS, "le disque est en lecture seule"},
	{syscall.EADDRINUSE, "le port est déjà pris par un autre programme : arrêtez-le, ou choisissez-en un autre"},
	{syscall.EADDRNOTAVAIL, "cette adresse n’est pas celle de cette machine"},
	{syscall.ECONNREFUSED, "personne ne répond à cette adresse"},
}

// databaseWords are what SQLite answers most, in French; its errors have a number.
var databaseWords = strings.NewReplacer(
	"database or disk is full (13)", "il n’y a plus de place sur le disque",
	"file is not a database (26)", "ce n’est pas une base de données : remettez une sauvegarde avec « maillage restore --force »",
	"database disk image is malformed (11)", "elle est abîmée : remettez une sauvegarde avec « maillage restore --force »",
	"attempt to write a readonly database (8)", "on ne peut pas y écrire : vérifiez à qui appartient le fichier",
	"database is locked (5)", "un autre programme la tient : réessayez dans un instant",
)

// because says in French why the system, or the network, refused something. An
// error that it does not know is told as it is.
func because(err error) string {
	for _, known := range systemErrors {
		if errors.Is(err, known.cause) {
			return known.says
		}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "ce nom de machine, ou de port, n’existe pas"
	}
	return err.Error()
}

// sentence is what the program ends with: an error, its part about a file in French.
func sentence(err error) string {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return strings.ReplaceAll(err.Error(), file.Error(), file.Path+" : "+because(file))
	}
	if says, _, ok := strings.Cut(err.Error(), "failed to connect"); ok { // PostgreSQL's driver then tells each address it tried
		if refused, ok := errors.AsType[*net.OpError](err); ok {
			return says + because(refused)
		}
	}
	return databaseWords.Replace(err.Error())
}

// networkWords are the ways in which another server fails us most. What was kept of a
// failure is its text.
var networkWords = []struct {
	says   *regexp.Regexp
	french string
}{
	{regexp.MustCompile(`connection refused`), "personne ne répond à cette adresse : il est éteint, ou injoignable"},
	{regexp.MustCompile(`no such host`), "son nom de domaine n’existe pas, ou plus"},
	{regexp.MustCompile(`i/o timeout|deadline exceeded|Client\.Timeout`), "il n’a pas répondu à temps"},
	{regexp.MustCompile(`connection reset|broken pipe|\bEOF\b`), "il a coupé la connexion"},
	{regexp.MustCompile(`HTTP response to HTTPS client`), "il ne chiffre pas ses échanges : il faut une adresse en https"},
	{regexp.MustCompile(`x509:|tls:`), "son certificat n’est pas valable, ou sa connexion chiffrée échoue"},
	{regexp.MustCompile(`network is unreachable|no route to host`), "le réseau n’y mène pas"},
	{regexp.MustCompile(`goes first to`), "un envoi plus ancien sur la même chose passe d’abord"},
	{regexp.MustCompile(`is down`), "son serveur ne répond pas"},
	{regexp.MustCompile(`the new key of .* is being told`), "on lui annonce d’abord la nouvelle clé"},
}

// failure says in French why another server did not take, or give, something, with the
// technical text after it: that is what one looks for, or shows to somebody else.
func failure(cause string) string {
	for _, known := range networkWords {
		if known.says.MatchString(cause) {
			return known.french + " (" + cause + ")"
		}
	}
	return cause
}

// some counts things: "1 abonné", "2 abonnés".
func some(n int, one, many string) string {
	if n < 2 {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %s", n, many)
}

// decimal writes a number to one decimal, as French does: "4,9".
func decimal(n float64) string {
	return strings.Replace(strconv.FormatFloat(n, 'f', 1, 64), ".", ",", 1)
}

// lasting is a duration for people: "12 ms", "4,9 s", "3 min", "2 h 05 min".
func lasting(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d\u00a0ms", d.Milliseconds())
	case d < time.Minute:
		return decimal(d.Seconds()) + "\u00a0s"
	case d < time.Hour:
		return fmt.Sprintf("%d\u00a0min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d\u00a0h\u00a0%02d\u00a0min", int(d.Hours()), int(d.Minutes())%60)
}

// badJSON says in French what is wrong in a JSON file, and the offset of the byte
// where; ok is false when the error is another.
func badJSON(err error) (says string, offset int64, ok bool) {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return "ce n’est pas du JSON : une virgule, un guillemet ou une accolade manque ou est de trop", syntax.Offset, true
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "la valeur de « " + kind.Field + " » n’est pas du genre attendu (" + jsonWords.Replace(kind.Value) + ")", kind.Offset, true
	}
	return "", 0, false
}

var jsonWords = strings.NewReplacer(
	"string", "un texte", "number", "un nombre", "bool", "vrai ou faux", "array", "une liste", "object", "un objet",
)
