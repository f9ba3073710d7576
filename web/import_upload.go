package web

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/instance"
)

// What files to import may take on the disk, and for how long.
const (
	maxImport       = 32 << 20 // bytes of one
	maxUploads      = 5        // of an account; the oldest goes
	uploadsLastFor  = time.Hour
	uploadDataExt   = ".data"
	uploadAboutExt  = ".json"
	uploadUnreadExt = ".part"
)

var errTooLarge = errors.New("too large a file")

// upload is a file that waits to be imported, and what was said of it so far.
type upload struct {
	ID       string             `json:"id"`
	Account  string             `json:"account"` // whose it is; see holderOf for tokens of nobody's
	Via      instance.IntakeVia `json:"via,omitempty"`
	Name     string             `json:"name"`              // of the file; its address when it has one
	Address  string             `json:"address,omitempty"` // where it was read; "" when it was sent
	Size     int64              `json:"size"`              // bytes
	Received time.Time          `json:"received"`
	Settings importSettings     `json:"settings"`
}

// nobodys begins what stands for the account of a token that was made on the command line.
const nobodys = "token "

// holderOf names whose the files are that come with a token: its account's or, when it is
// nobody's, its own.
func holderOf(t *instance.Token) string {
	if t.Account != "" {
		return t.Account
	}
	return nobodys + instance.HashSecret("imports "+t.Hash)
}

// author is the account that imports a file; "" for a token that is nobody's.
func (up *upload) author() string {
	if strings.HasPrefix(up.Account, nobodys) {
		return ""
	}
	return up.Account
}

// importSettings say how to import a file.
type importSettings struct {
	Format      string            `json:"format,omitempty"`
	Owner       string            `json:"owner,omitempty"`  // IRI of the organisation
	Source      string            `json:"source,omitempty"` // see instance.IntakeOptions
	Licence     string            `json:"licence,omitempty"`
	Kind        instance.Kind     `json:"kind,omitempty"`
	Themes      []string          `json:"themes,omitempty"`
	Territories []instance.Ref    `json:"territories,omitempty"`
	Mapping     map[string]string `json:"mapping,omitempty"` // of the columns of a table
	Ready       bool              `json:"ready,omitempty"`   // they were sent, and are good

	Announce instance.IntakeAnnounce `json:"announce,omitempty"`
}

// uploads keeps files in a folder, each for the account that sent it and for an hour.
type uploads struct {
	dir   string
	now   func() time.Time
	mu    sync.Mutex
	timer *time.Timer // the next sweep
}

// newUploads opens the folder, and forgets what an earlier run left there for too long.
func newUploads(dir string, now func() time.Time) (*uploads, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	u := &uploads{dir: dir, now: now}
	u.sweep()
	return u, nil
}

var uploadID = regexp.MustCompile(`^[A-Z2-7]{26}$`)

func (u *uploads) path(id, extension string) string { return filepath.Join(u.dir, id+extension) }

// keep writes a file down. errTooLarge: it is more than maxImport.
func (u *uploads) keep(up upload, body io.Reader) (*upload, error) {
	up.ID, up.Received = rand.Text(), u.now()
	unread := u.path(up.ID, uploadUnreadExt)
	size, err := writeBounded(unread, body)
	if err == nil {
		up.Size = size
		err = os.Rename(unread, u.path(up.ID, uploadDataExt))
	}
	if err == nil {
		err = u.save(&up)
	}
	if err != nil {
		u.drop(up.ID)
		return nil, err
	}
	u.makeRoom(up.Account)
	u.sweep()
	return &up, nil
}

func writeBounded(path string, body io.Reader) (int64, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(f, io.LimitReader(body, maxImport+1))
	if err == nil && size > maxImport {
		err = errTooLarge
	}
	return size, errors.Join(err, f.Close())
}

// save keeps what is said of a file.
func (u *uploads) save(up *upload) error {
	data, err := json.Marshal(up)
	if err != nil {
		return err
	}
	return os.WriteFile(u.path(up.ID, uploadAboutExt), data, 0o600)
}

// of is a file of an account. ErrNotFound: it is another's, or its hour is over.
func (u *uploads) of(account, id string) (*upload, error) {
	if !uploadID.MatchString(id) {
		return nil, fmt.Errorf("upload %q: %w", id, instance.ErrNotFound)
	}
	up, err := u.load(id)
	if err == nil && (up.Account != account || account == "" || u.over(up)) {
		err = fmt.Errorf("upload %s: %w", id, instance.ErrNotFound)
	}
	return up, err
}

func (u *uploads) over(up *upload) bool { return !u.now().Before(up.Received.Add(uploadsLastFor)) }

func (u *uploads) load(id string) (*upload, error) {
	data, err := os.ReadFile(u.path(id, uploadAboutExt))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("upload %s: %w", id, instance.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	var up upload
	return &up, json.Unmarshal(data, &up)
}

// data are the bytes of a file.
func (u *uploads) data(id string) ([]byte, error) {
	data, err := os.ReadFile(u.path(id, uploadDataExt))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("upload %s: %w", id, instance.ErrNotFound)
	}
	return data, err
}

// drop forgets a file; one that is not there is no error.
func (u *uploads) drop(id string) {
	for _, extension := range []string{uploadAboutExt, uploadDataExt, uploadUnreadExt} {
		_ = os.Remove(u.path(id, extension)) // what is left goes with the next sweep
	}
}

// list is every file that waits, the oldest first.
func (u *uploads) list() []*upload {
	names, _ := filepath.Glob(u.path("*", uploadAboutExt)) // the pattern is good
	var all []*upload
	for _, name := range names {
		if up, err := u.load(strings.TrimSuffix(filepath.Base(name), uploadAboutExt)); err == nil {
			all = append(all, up)
		}
	}
	slices.SortFunc(all, func(a, b *upload) int { return a.Received.Compare(b.Received) })
	return all
}

// makeRoom leaves an account its last files.
func (u *uploads) makeRoom(account string) {
	mine := slices.DeleteFunc(u.list(), func(up *upload) bool { return up.Account != account })
	for _, up := range mine[:max(len(mine)-maxUploads, 0)] {
		u.drop(up.ID)
	}
}

// sweep forgets the files whose hour is over, and those that were never read to their
// end; it comes back for the next one.
func (u *uploads) sweep() {
	u.mu.Lock()
	defer u.mu.Unlock()
	waiting := u.list()
	for len(waiting) > 0 && u.over(waiting[0]) {
		u.drop(waiting[0].ID)
		waiting = waiting[1:]
	}
	u.dropOrphans()
	if u.timer != nil {
		u.timer.Stop()
	}
	if len(waiting) > 0 {
		u.timer = time.AfterFunc(waiting[0].Received.Add(uploadsLastFor).Sub(u.now()), u.sweep)
	}
}

// dropOrphans removes what a crash left: bytes that nothing describes.
func (u *uploads) dropOrphans() {
	entries, _ := os.ReadDir(u.dir)
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && !info.IsDir() && time.Since(info.ModTime()) > uploadsLastFor {
			_ = os.Remove(filepath.Join(u.dir, e.Name()))
		}
	}
}

// close stops waiting for the next sweep.
func (u *uploads) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.timer != nil {
		u.timer.Stop()
	}
}
