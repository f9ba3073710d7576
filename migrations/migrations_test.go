package migrations

import "testing"

func TestStepsAreNumberedAlikeWithoutGaps(t *testing.T) {
	t.Parallel()
	sqlite, postgres := SQLite(), Postgres()
	if len(sqlite) == 0 || len(sqlite) != len(postgres) {
		t.Fatalf("%d steps for SQLite, %d for PostgreSQL", len(sqlite), len(postgres))
	}
	for i := range sqlite {
		if sqlite[i].Version != i+1 || postgres[i].Version != i+1 {
			t.Errorf("step %d is numbered %d and %d", i+1, sqlite[i].Version, postgres[i].Version)
		}
		if sqlite[i].Name != postgres[i].Name {
			t.Errorf("step %d is named %q and %q", i+1, sqlite[i].Name, postgres[i].Name)
		}
		if len(sqlite[i].Checksum) != 64 || len(postgres[i].Checksum) != 64 {
			t.Errorf("step %d: checksums %q and %q", i+1, sqlite[i].Checksum, postgres[i].Checksum)
		}
	}
}
