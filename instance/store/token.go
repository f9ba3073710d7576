package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type tokenRow struct {
	bun.BaseModel `bun:"table:tokens"`

	Hash    string `bun:"hash,pk"`
	Scope   string `bun:"scope"`
	Actor   string `bun:"actor"`
	Label   string `bun:"label"`
	Created int64  `bun:"created"`
	Account string `bun:"account"`
	Used    int64  `bun:"used"`
}

func (row *tokenRow) token() instance.Token {
	return instance.Token{
		Hash: row.Hash, Account: row.Account, Scope: instance.TokenScope(row.Scope), Actor: row.Actor, Label: row.Label,
		Created: fromMicros(row.Created), Used: fromMicros(row.Used),
	}
}

// Token implements instance.AccountReader.
func (r reader) Token(ctx context.Context, hash string) (*instance.Token, error) {
	var row tokenRow
	if err := r.db.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx); err != nil {
		return nil, missing(err, "token", "")
	}
	t := row.token()
	return &t, nil
}

// Tokens implements instance.AccountReader.
func (r reader) Tokens(ctx context.Context, account string) ([]instance.Token, error) {
	var rows []tokenRow
	if err := r.db.NewSelect().Model(&rows).Where("account = ?", account).OrderExpr("created DESC, hash").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	tokens := make([]instance.Token, len(rows))
	for i := range rows {
		tokens[i] = rows[i].token()
	}
	return tokens, nil
}

// SaveToken implements instance.AccountTx.
func (t *transaction) SaveToken(ctx context.Context, token instance.Token) error {
	_, err := t.db.NewInsert().Model(&tokenRow{
		Hash: token.Hash, Scope: string(token.Scope), Actor: token.Actor, Label: token.Label,
		Created: micros(token.Created), Account: token.Account, Used: micros(token.Used),
	}).On("CONFLICT (hash) DO UPDATE").Set("scope = EXCLUDED.scope, actor = EXCLUDED.actor, label = EXCLUDED.label").Exec(ctx)
	return conflict(err, "token", token.Label)
}

// TouchToken implements instance.AccountTx.
func (t *transaction) TouchToken(ctx context.Context, hash string, used time.Time) error {
	if _, err := t.db.NewUpdate().Table("tokens").Set("used = ?", micros(used)).Where("hash = ?", hash).Exec(ctx); err != nil {
		return fmt.Errorf("touch token: %w", err)
	}
	return nil
}

// DeleteToken implements instance.AccountTx.
func (t *transaction) DeleteToken(ctx context.Context, hash string) error {
	if _, err := t.db.NewDelete().Table("tokens").Where("hash = ?", hash).Exec(ctx); err != nil {
		return fmt.Errorf("delete token: %w", err)
	}
	return nil
}
