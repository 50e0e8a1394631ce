package rds

import (
	"testing"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
)

// TestNewestRowIsAskedWhenSomethingWasWritten: what moved no GTID set is seen when the newest row is due again, what was written at once.
func TestNewestRowIsAskedWhenSomethingWasWritten(t *testing.T) {
	m := startServers(t)
	hour := time.Now().Add(-time.Hour).Truncate(time.Second)
	m.write(t, hour)
	s := m.look(t, m.primary)
	newest := func(what string, want time.Time) {
		t.Helper()
		got, err := s.Look(t.Context())
		if want = want.Add(2 * time.Second); err != nil || !got.Newest.Equal(want) { // of its log
			t.Errorf("%s: newest row %v, %v, want %v", what, got.Newest, err, want)
		}
	}
	newest("at first", hour)
	silently := hour.Add(10 * time.Minute)
	err := m.primary.Bulk(func(tx *sqlsim.Tx) error {
		return tx.Exec("INSERT INTO Log (JobId, Time, LogText) VALUES (1, ?, 'x')", silently.UTC().Add(2*time.Second).Format(time.DateTime))
	})
	if err != nil {
		t.Fatal(err)
	}
	newest("nothing was written, by the GTID set", hour)
	s.dated.at = s.dated.at.Add(-datedFor)
	newest("when it is due", silently)
	m.write(t, hour.Add(20*time.Minute))
	newest("at once", hour.Add(20*time.Minute))
}
