package store

import (
	"context"
	"fmt"

	"github.com/maillage/maillage/instance"
)

// Stats implements instance.Reader.
func (r reader) Stats(ctx context.Context) (instance.Stats, error) {
	stats := instance.Stats{Local: map[instance.Kind]int{}, Remote: map[instance.Kind]int{}}
	var rows []struct {
		Kind   string `bun:"kind"`
		Remote bool   `bun:"remote"`
		Count  int    `bun:"count"`
	}
	err := r.db.NewRaw(`
		SELECT kind, origin <> '' AS remote, count(*) AS count FROM objects WHERE deleted = 0 GROUP BY 1, 2
		UNION ALL
		SELECT kind, origin <> '' AS remote, count(*) AS count FROM actors WHERE gone = 0 GROUP BY 1, 2`).Scan(ctx, &rows)
	if err != nil {
		return stats, fmt.Errorf("count things: %w", err)
	}
	for _, row := range rows {
		if row.Remote {
			stats.Remote[instance.Kind(row.Kind)] = row.Count
		} else {
			stats.Local[instance.Kind(row.Kind)] = row.Count
		}
	}
	err = r.db.NewRaw(`
		SELECT count(DISTINCT peer.id) FROM follows f
		JOIN actors peer ON peer.id = f.object AND peer.kind = ? AND peer.origin <> '' AND peer.gone = 0
		JOIN actors ours ON ours.id = f.actor AND ours.origin = ''
		WHERE f.state = ?`, instance.KindNode, instance.FollowAccepted).Scan(ctx, &stats.Peers)
	if err != nil {
		return stats, fmt.Errorf("count peers: %w", err)
	}
	return stats, nil
}

// PendingOf counts by kind the jobs of one key, leased or not; with an empty key,
// those that have none.
func (s *Store) PendingOf(ctx context.Context, key string) (map[string]int, error) {
	var rows []struct {
		Kind  string `bun:"kind"`
		Count int    `bun:"count"`
	}
	filter := "key = ''"
	if key != "" {
		filter = "key = ? AND key <> ''" // what follows AND has SQLite use the index of keys
	}
	if err := s.db.NewRaw("SELECT kind, count(*) AS count FROM jobs WHERE "+filter+" GROUP BY kind", key).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("count jobs of %q: %w", key, err)
	}
	pending := make(map[string]int, len(rows))
	for _, row := range rows {
		pending[row.Kind] = row.Count
	}
	return pending, nil
}
