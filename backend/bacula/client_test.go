package bacula

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

func TestSilentClientIsNamedAndLeftAlone(t *testing.T) {
	r := &ClientReader{Console: fake(t, "greets", filepath.Join(t.TempDir(), "pid"))}
	r.Console.Timeout = 3 * time.Second
	if said, err := r.Reach(t.Context(), "db2-fd"); err != nil || !said.Silent {
		t.Fatalf("it did not greet: %+v, %v", said, err)
	}
	dir := t.TempDir()
	r.Console = fake(t, "each", dir)
	_, err := r.Reach(t.Context(), "db2-fd")
	wants(t, err, model.ErrTimeout, "client db2-fd", "asked again in")
	if _, err := os.Stat(filepath.Join(dir, "asked")); err == nil {
		t.Error("a silent client was asked again at once")
	}
	if said, err := r.Reach(t.Context(), "db1-fd"); err != nil || said.Why == "" || said.Silent {
		t.Errorf("another one: %+v, %v", said, err)
	}
}

func TestManySilentClientsStopTheAsking(t *testing.T) {
	start := time.Unix(1795327660, 0)
	r := &ClientReader{Rest: time.Minute, Silent: 2}
	if err := r.resting("a", start); err != nil {
		t.Fatal(err)
	}
	r.silent["a"], r.silent["b"] = start, start.Add(30*time.Second)
	wants(t, r.resting("c", start.Add(59*time.Second)), model.ErrTimeout, "2 other clients")
	if err := r.resting("c", start.Add(60*time.Second)); err != nil {
		t.Errorf("one is rested, c: %v", err)
	}
	if err := r.resting("a", start.Add(60*time.Second)); err != nil {
		t.Errorf("a is rested: %v", err)
	}
	wants(t, r.resting("b", start.Add(60*time.Second)), model.ErrTimeout, "asked again in 30s")
}

func TestClientsAreNotAskedWhileTheCatalogIsSilent(t *testing.T) {
	in := serve(t, "one", nil)
	c := catalog(t, CatalogConfig{Connect: 100 * time.Millisecond}, in)
	r := &ClientReader{Catalog: c}
	tick(t, c, 1)
	if err := r.resting("db1-fd", time.Now()); err != nil {
		t.Error(err)
	}
	in.Stop()
	if _, err := c.Tick(t.Context(), 1, nil); err == nil {
		t.Fatal("a stopped catalog answered")
	}
	wants(t, r.resting("db1-fd", time.Now()), model.ErrUnreachable, "while the catalog does not answer")
	in.Start()
	tick(t, c, 1)
	if err := r.resting("db1-fd", time.Now()); err != nil {
		t.Error(err)
	}
	c.asks[-1] = time.Now().Add(-4 * time.Second) // a statement to a server that hangs
	wants(t, r.resting("db1-fd", time.Now()), model.ErrUnreachable, "while the catalog does not answer")
}

func TestClientNameIsCheckedBeforeAnythingRuns(t *testing.T) {
	r := &ClientReader{Console: Console{Argv: []string{"/nonexistent"}}}
	_, err := r.Reach(t.Context(), "x\nreload")
	if err == nil || !strings.Contains(err.Error(), "name for a Director") {
		t.Errorf("error %v", err)
	}
}

// A catalog that refuses a statement answers: it is no reason to leave clients alone.
func TestARefusedStatementIsAnAnswer(t *testing.T) {
	in := serve(t, "one", func(c *sqlsim.Config) { c.Schema = strings.Replace(schema, "Protected tinyint DEFAULT '0', ", "", 1) })
	c := catalog(t, CatalogConfig{}, in)
	if _, err := c.Protected(t.Context(), []uint32{1}); !errors.Is(err, ErrNoProtection) {
		t.Fatalf("a catalog without the column: %v", err)
	}
	if !c.Answers() {
		t.Error("it is held to be silent")
	}
	in.Revoke("watch", true)
	c.Close()
	c = catalog(t, CatalogConfig{}, in)
	if _, err := c.Tick(t.Context(), 1, nil); err == nil || c.Answers() {
		t.Errorf("one that lets nobody in: %v, answers: %v", err, c.Answers())
	}
}
