package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type accountRow struct {
	bun.BaseModel `bun:"table:accounts"`

	ID    string `bun:"id,pk"`
	Email string `bun:"email"`
	Data  string `bun:"data"`
}

func (row *accountRow) account() (*instance.Account, error) {
	var a instance.Account
	if err := json.Unmarshal([]byte(row.Data), &a); err != nil {
		return nil, fmt.Errorf("decode account %s: %w", row.ID, err)
	}
	return &a, nil
}

// Account implements instance.AccountReader.
func (r reader) Account(ctx context.Context, id string) (*instance.Account, error) {
	return r.accountWhere(ctx, "id = ?", id)
}

// AccountByEmail implements instance.AccountReader.
func (r reader) AccountByEmail(ctx context.Context, email string) (*instance.Account, error) {
	return r.accountWhere(ctx, "email = ?", email)
}

func (r reader) accountWhere(ctx context.Context, where, value string) (*instance.Account, error) {
	var row accountRow
	if err := r.db.NewSelect().Model(&row).Where(where, value).Scan(ctx); err != nil {
		return nil, missing(err, "account", value)
	}
	return row.account()
}

// Accounts implements instance.AccountReader.
func (r reader) Accounts(ctx context.Context) ([]*instance.Account, error) {
	var rows []accountRow
	if err := r.db.NewSelect().Model(&rows).OrderExpr("email").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return each(rows, (*accountRow).account)
}

// SaveAccount implements instance.AccountTx.
func (t *transaction) SaveAccount(ctx context.Context, a *instance.Account) error {
	data, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode account %s: %w", a.ID, err)
	}
	_, err = t.db.NewInsert().Model(&accountRow{ID: a.ID, Email: a.Email, Data: string(data)}).
		On("CONFLICT (id) DO UPDATE").Set("email = EXCLUDED.email, data = EXCLUDED.data").Exec(ctx)
	return conflict(err, "account", a.ID)
}

// DeleteAccount implements instance.AccountTx: its sessions, drafts and tokens go
// with it, and its name is taken off what it wrote.
func (t *transaction) DeleteAccount(ctx context.Context, id string) error {
	for _, table := range []string{"sessions", "drafts", "tokens"} {
		if _, err := t.db.NewDelete().Table(table).Where("account = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("delete %s of account %s: %w", table, id, err)
		}
	}
	if _, err := t.db.NewDelete().Table("participations").Where("who = ?", "account:"+id).Exec(ctx); err != nil {
		return fmt.Errorf("delete the places of account %s: %w", id, err)
	}
	for _, table := range []string{"revisions", "imports"} {
		if _, err := t.db.NewUpdate().Table(table).Set("account = ''").Where("account = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("erase account %s from %s: %w", id, table, err)
		}
	}
	if err := t.forgetAnswers(ctx, id); err != nil {
		return fmt.Errorf("erase account %s from replies: %w", id, err)
	}
	if _, err := t.db.NewDelete().Table("accounts").Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("delete account %s: %w", id, err)
	}
	return nil
}

// forgetAnswers takes an account's name off the replies that it showed or hid.
func (t *transaction) forgetAnswers(ctx context.Context, account string) error {
	var rows []replyRow
	if err := t.db.NewSelect().Model(&rows).Where("data LIKE ?", `%"answered":"`+account+`"%`).Scan(ctx); err != nil {
		return err
	}
	for i := range rows {
		r, err := rows[i].reply()
		if err == nil {
			r.Answered = ""
			err = t.SaveReply(ctx, *r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions"`

	Hash    string `bun:"hash,pk"`
	Account string `bun:"account"`
	Created int64  `bun:"created"`
	Seen    int64  `bun:"seen"`
	Expires int64  `bun:"expires"`
	Agent   string `bun:"agent"`
}

func (row *sessionRow) session() instance.Session {
	return instance.Session{
		Hash: row.Hash, Account: row.Account, Created: fromMicros(row.Created), Seen: fromMicros(row.Seen),
		Expires: fromMicros(row.Expires), Agent: row.Agent,
	}
}

// Session implements instance.AccountReader.
func (r reader) Session(ctx context.Context, hash string) (*instance.Session, error) {
	var row sessionRow
	if err := r.db.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx); err != nil {
		return nil, missing(err, "session", "")
	}
	s := row.session()
	return &s, nil
}

// Sessions implements instance.AccountReader.
func (r reader) Sessions(ctx context.Context, account string) ([]instance.Session, error) {
	var rows []sessionRow
	if err := r.db.NewSelect().Model(&rows).Where("account = ?", account).OrderExpr("seen DESC, hash").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	sessions := make([]instance.Session, len(rows))
	for i := range rows {
		sessions[i] = rows[i].session()
	}
	return sessions, nil
}

// SaveSession implements instance.AccountTx.
func (t *transaction) SaveSession(ctx context.Context, s instance.Session) error {
	_, err := t.db.NewInsert().Model(&sessionRow{
		Hash: s.Hash, Account: s.Account, Created: micros(s.Created), Seen: micros(s.Seen), Expires: micros(s.Expires), Agent: s.Agent,
	}).Exec(ctx)
	return conflict(err, "session", "")
}

// TouchSession implements instance.AccountTx.
func (t *transaction) TouchSession(ctx context.Context, hash string, seen, expires time.Time) error {
	_, err := t.db.NewUpdate().Table("sessions").Set("seen = ?, expires = ?", micros(seen), micros(expires)).Where("hash = ?", hash).Exec(ctx)
	if err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

// DeleteSession implements instance.AccountTx.
func (t *transaction) DeleteSession(ctx context.Context, hash string) error {
	if _, err := t.db.NewDelete().Table("sessions").Where("hash = ?", hash).Exec(ctx); err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// DeleteSessions implements instance.AccountTx.
func (t *transaction) DeleteSessions(ctx context.Context, account, except string) error {
	_, err := t.db.NewDelete().Table("sessions").Where("account = ? AND hash <> ?", account, except).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete sessions: %w", err)
	}
	return nil
}

// RevisionsBy implements instance.AccountReader.
func (r reader) RevisionsBy(ctx context.Context, account string) ([]instance.Revision, error) {
	var rows []revisionRow
	if err := r.db.NewSelect().Model(&rows).Where("account = ?", account).OrderExpr("seq").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list revisions by %s: %w", account, err)
	}
	return each(rows, (*revisionRow).revision)
}

// DeleteRevisions implements instance.AccountTx.
func (t *transaction) DeleteRevisions(ctx context.Context, object string) error {
	if _, err := t.db.NewDelete().Table("revisions").Where("object = ?", object).Exec(ctx); err != nil {
		return fmt.Errorf("delete revisions of %s: %w", object, err)
	}
	return nil
}

type ticketRow struct {
	bun.BaseModel `bun:"table:tickets"`

	Hash    string `bun:"hash,pk"`
	Purpose string `bun:"purpose"`
	Expires int64  `bun:"expires"`
	Data    string `bun:"data"`
}

func (row *ticketRow) ticket() (instance.Ticket, error) {
	t := instance.Ticket{}
	err := json.Unmarshal([]byte(row.Data), &t)
	t.Hash, t.Purpose, t.Expires = row.Hash, instance.Purpose(row.Purpose), fromMicros(row.Expires)
	return t, err
}

// Ticket implements instance.AccountReader.
func (r reader) Ticket(ctx context.Context, hash string) (*instance.Ticket, error) {
	var row ticketRow
	if err := r.db.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx); err != nil {
		return nil, missing(err, "ticket", "")
	}
	t, err := row.ticket()
	return &t, err
}

// Tickets implements instance.AccountReader.
func (r reader) Tickets(ctx context.Context, purpose instance.Purpose) ([]instance.Ticket, error) {
	var rows []ticketRow
	if err := r.db.NewSelect().Model(&rows).Where("purpose = ?", purpose).OrderExpr("expires DESC, hash").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	return each(rows, (*ticketRow).ticket)
}

// SaveTicket implements instance.AccountTx.
func (t *transaction) SaveTicket(ctx context.Context, ticket instance.Ticket) error {
	data, err := json.Marshal(ticket)
	if err != nil {
		return fmt.Errorf("encode ticket: %w", err)
	}
	_, err = t.db.NewInsert().Model(&ticketRow{
		Hash: ticket.Hash, Purpose: string(ticket.Purpose), Expires: micros(ticket.Expires), Data: string(data),
	}).Exec(ctx)
	return conflict(err, "ticket", "")
}

// DeleteTicket implements instance.AccountTx.
func (t *transaction) DeleteTicket(ctx context.Context, hash string) error {
	if _, err := t.db.NewDelete().Table("tickets").Where("hash = ?", hash).Exec(ctx); err != nil {
		return fmt.Errorf("delete ticket: %w", err)
	}
	return nil
}
