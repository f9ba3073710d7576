package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type hostRow struct {
	bun.BaseModel `bun:"table:hosts"`

	Domain    string `bun:"domain,pk"`
	Software  string `bun:"software"`
	Blocked   bool   `bun:"blocked"`
	Signature string `bun:"signature"`
	Failures  int    `bun:"failures"`
	NextAt    int64  `bun:"next_at"`
	LastOK    int64  `bun:"last_ok"`
	LastError string `bun:"last_error"`
}

func (row *hostRow) host() instance.Host {
	return instance.Host{
		Domain: row.Domain, Software: row.Software, Blocked: row.Blocked, Signature: row.Signature, Failures: row.Failures,
		NextAt: fromMicros(row.NextAt), LastOK: fromMicros(row.LastOK), LastError: row.LastError,
	}
}

// Host implements instance.Reader.
func (r reader) Host(ctx context.Context, domain string) (*instance.Host, error) {
	var row hostRow
	if err := r.db.NewSelect().Model(&row).Where("domain = ?", domain).Scan(ctx); err != nil {
		return nil, missing(err, "host", domain)
	}
	host := row.host()
	return &host, nil
}

// Hosts implements instance.Reader, by domain.
func (r reader) Hosts(ctx context.Context) ([]instance.Host, error) {
	var rows []hostRow
	if err := r.db.NewSelect().Model(&rows).OrderExpr("domain").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list hosts: %w", err)
	}
	hosts := make([]instance.Host, len(rows))
	for i := range rows {
		hosts[i] = rows[i].host()
	}
	return hosts, nil
}

// SaveHost implements instance.Tx.
func (t *transaction) SaveHost(ctx context.Context, h instance.Host) error {
	row := &hostRow{
		Domain: h.Domain, Software: printable(h.Software), Blocked: h.Blocked, Signature: h.Signature, Failures: h.Failures,
		NextAt: micros(h.NextAt), LastOK: micros(h.LastOK), LastError: printable(h.LastError),
	}
	_, err := t.db.NewInsert().Model(row).On("CONFLICT (domain) DO UPDATE").
		Set("software = EXCLUDED.software, blocked = EXCLUDED.blocked, signature = EXCLUDED.signature, failures = EXCLUDED.failures").
		Set("next_at = EXCLUDED.next_at, last_ok = EXCLUDED.last_ok, last_error = EXCLUDED.last_error").
		Exec(ctx)
	return conflict(err, "host", h.Domain)
}
