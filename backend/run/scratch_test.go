package run

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
	"switchyard/model/plan"
)

// catalogOn is a server whose catalog has volumes of these statuses.
func catalogOn(t *testing.T, server int, statuses ...string) *sqlsim.Instance {
	t.Helper()
	in, err := sqlsim.New(sqlsim.Config{Name: fmt.Sprintf("server%d", server), Version: "9.7.4", ServerID: 1, Database: "bacula",
		UUID: fmt.Sprintf("00000000-0000-4000-8000-%012d", server), Schema: cluster.Schema1026, Dir: t.TempDir(),
		Clock: clock.New(time.Now(), 1), Users: []sqlsim.User{{Name: "act", Password: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, status := range statuses {
		if err := in.Bulk(func(tx *sqlsim.Tx) error {
			return tx.Exec(fmt.Sprintf("INSERT INTO Media (VolumeName, MediaType, PoolId, VolStatus) VALUES ('v%d', 'File', 1, '%s')", i, status))
		}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

func catalogIn(t *testing.T, in *sqlsim.Instance) *bacula.Catalog {
	c := bacula.NewCatalog(model.Green, bacula.CatalogConfig{Hosts: []string{in.Addr()}, User: "act", Password: secret("a"),
		Database: "bacula", Zone: time.UTC})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestACopyHasAServerOfItsOwn: what a drill's Director would come up on is neither a catalog that is in use nor beside one, and nothing of
// it can be written to. What cannot be asked is never taken for a copy.
func TestACopyHasAServerOfItsOwn(t *testing.T) {
	blue, green := catalogOn(t, 1, "Read-Only"), catalogOn(t, 2, "Read-Only")
	others := []*bacula.Catalog{catalogIn(t, blue), catalogIn(t, green)}
	for name, c := range map[string]struct {
		on   *sqlsim.Instance
		says string // empty: it is one
	}{
		"a server of its own":   {catalogOn(t, 3, "Read-Only", "Archive", "Error"), ""},
		"blue's catalog itself": {blue, "it is no copy"},
		"a volume is open":      {catalogOn(t, 4, "Read-Only", "Append", "Recycle"), "2 of 3 volumes in the copy can be written to"},
	} {
		d := Drilled{Copy: catalogIn(t, c.on), Others: others}
		sight, err := d.copied(t.Context(), &plan.Apart{})
		want := model.Holds
		if c.says != "" {
			want = model.Fails
		}
		if err != nil || sight.Verdict != want || !strings.Contains(sight.Says, c.says) {
			t.Errorf("%s: %+v, %v", name, sight, err)
		}
	}
	one, other := others[0], others[1]
	_, _, is := one.Host()
	_, _, used := other.Host()
	for id, says := range map[string]string{used: "it is no copy", used + "_drill": "its server is in use", is: ""} {
		if got := besides(id, used); !strings.HasPrefix(got, says) || (got == "") != (says == "") {
			t.Errorf("%s beside %s: %q", id, used, got)
		}
	}
	gone := catalogOn(t, 5)
	d := Drilled{Copy: catalogIn(t, catalogOn(t, 6)), Others: append(others, catalogIn(t, gone))}
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	if sight, err := d.copied(t.Context(), &plan.Apart{}); err == nil || sight.Verdict == model.Holds {
		t.Errorf("the copy may be a catalog that does not answer: %+v", sight)
	}
}
