package run_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/mysql"
	"switchyard/backend/mysql/schema"
	"switchyard/backend/mysql/schema/act"
	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// old is blue with its two Directors and a server whose schema is left. The services and the server are told by the hands that act for
// real.
type old struct {
	*pair
	server  *sqlsim.Instance
	routed  plan.Routing
	journal *journal.Journal

	scratch *sqlsim.Instance

	mu    sync.Mutex
	drops map[string]int // statements that were heard, and those for which nothing in the journal spoke
}

const (
	oldTables = "CREATE TABLE Job (JobId int unsigned NOT NULL AUTO_INCREMENT, Name tinyblob NOT NULL, PRIMARY KEY (JobId));" +
		"CREATE TABLE Media (MediaId int unsigned NOT NULL AUTO_INCREMENT, PRIMARY KEY (MediaId));"
	holding = "bacula__dropped_1"
)

// newOld serves the schema, and its copy as an archive gives it back.
func newOld(t *testing.T, dir string) (*old, run.Router) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	o := &old{pair: newPair(), drops: map[string]int{}}
	serve := func(name string) *sqlsim.Instance {
		in, err := sqlsim.New(sqlsim.Config{Name: name, Version: "8.0.36", ServerID: 1, Database: "bacula", Schema: oldTables, Dir: dir,
			Clock: clock.New(
				time.Now(),
				1,
			), Heard: o.heard, Users: []sqlsim.User{{Name: "split", Monitor: true, Accounts: true, Sees: true, Write: true},
				{Name: "bacula", Write: true}, {Name: "reporter"}, {Name: "batch", Write: true}}})
		if err != nil {
			t.Fatal(err)
		}
		in.Uncounted("split")
		return in
	}
	o.server = serve("dbadb")
	back := serve("scratch")
	o.scratch = back
	green := o.hands()
	h := &run.Services{Of: map[plan.OnDirector]*run.Served{}}
	vectors := map[plan.OnDirector]plan.ServiceVectors{}
	for on, s := range green[plan.Services].(*run.Services).Of {
		on.Cluster = model.Blue
		h.Of[on], vectors[on] = s, s.Vectors
	}
	places := []plan.Place{{Dir: filepath.Join(dir, "a"), On: "nas", Plain: true}, {Dir: filepath.Join(dir, "b"), On: "tape", Plain: true}}
	for _, p := range places {
		if err := os.MkdirAll(p.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	dump, load := []string{"echo", "-- Dump completed"}, []string{"cat"}
	on := func(in *sqlsim.Instance) schema.Schema {
		return schema.Schema{Login: mysql.Login{Address: in.Addr(), User: "split"}, Name: "bacula", Own: []string{"split"},
			Known: []string{"bacula", "reporter", "batch"}, Now: o.clock.Now}
	}
	with := on(back)
	green[plan.Services] = h
	green[plan.OldSchema] = &run.OldSchema{On: map[string]*act.Schema{o.server.Addr(): {Schema: on(o.server)}}, With: &with,
		Archiver: &run.Archiver{Dump: dump, Load: load, Places: places}}
	o.routed = plan.Routing{Services: vectors, Leaving: &plan.Leaving{Schema: "bacula", Hosts: []string{o.server.Addr()},
		Looked: []string{
			o.server.Addr(),
		}, Directors: pairNames, Places: places, Dump: dump, Load: load, With: plan.OnSchema{Host: back.Addr(), Schema: "bacula"},
		Gates: allHold}}
	return o, green
}

// allHold is what the gates say that every rung wants.
func allHold(s *board.Snapshot, _ *model.Inventory) *gate.Report {
	r := &gate.Report{}
	for _, id := range []string{"no-blue", "blue-owes-nothing", "takeover-ready", "old-chain-restored"} {
		r.Gates = append(r.Gates, gate.Gate{Check: model.Check{ID: id, Verdict: model.Holds, At: s.At, Value: "held"}})
	}
	return r
}

// close ends both servers: a test plays more worlds than it may have files open.
func (o *old) close() { _, _ = o.server.Close(), o.scratch.Close() }

// heard is every statement of both servers, before it is answered: a drop of a table wants the journal to know that it was archived,
// verified and held.
func (o *old) heard(_, statement string) {
	if !strings.HasPrefix(statement, "DROP ") {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drops[statement]++
	_, err := o.journal.Refresh(context.Background())
	st := o.journal.State()
	verified, archived, held := st.Rung("verify", ""), st.Rung("archive", ""), st.Rung("rename", "")
	if err != nil ||
		strings.HasPrefix(statement, "DROP TABLE") && (verified == nil || archived == nil || held == nil || st.Rung("freeze", "") == nil ||
			verified.Tables() == nil || verified.Tables().SHA256 != archived.Files()[0].SHA256) {
		o.drops["not proven: "+statement]++
	}
}

// Fresh is what the sources tell.
func (o *old) Fresh(ctx context.Context, n plan.Needs) (plan.World, error) {
	w, err := o.pair.Fresh(ctx, n)
	if err != nil {
		return w, err
	}
	v := w.Snapshot.Clusters[model.Green]
	v.Cluster, v.Catalog.Host = model.Blue, o.server.Addr()
	w.Snapshot.Clusters = [2]*board.ClusterView{model.Blue: v}
	y, err := newYard(os.TempDir(), 1)
	if err != nil {
		return w, err
	}
	w.Names, w.Routing, w.Policy = y.names, o.routed, leavingSoon(w.Policy)
	return w, nil
}

// seenQuiet records that nobody has used the schema for twenty days.
func (o *old) seenQuiet(ctx context.Context, j *journal.Journal) error {
	o.journal = j
	r := &run.Runner{Journal: j, Policy: o.policy(), Actor: "timer", Now: o.clock.Now}
	blue, now := model.Blue, o.clock.Now()
	_, err := r.Observe(ctx, func(*record.State) []record.Proof {
		return []record.Proof{{Of: record.Subject{Cluster: &blue}, By: record.Means{Kind: record.ByLook}, Verdict: model.Holds, At: now,
			Claim: record.Proven{Unused: &record.Unused{Host: o.server.Addr(), Schema: "bacula", Server: "dbadb", Started: now.AddDate(0, -1, 0),
				Since: now.AddDate(0, 0, -20), Denied: new(uint64)}}}}
	})
	return err
}

// watches is what split observe does on a timer.
func (o *old) watches(ctx context.Context, j *journal.Journal) error {
	if _, err := j.Refresh(ctx); err != nil {
		return err
	}
	if of := j.State().UnusedOf("bacula"); len(of) > 0 && o.clock.Now().Sub(of[0].At) < 30*time.Minute {
		return nil
	}
	return o.seenQuiet(ctx, j)
}

// Effects are who may write, who runs, and what is archived.
func (o *old) Effects() (map[string]int, error) {
	out := map[string]int{}
	s := &schema.Schema{Login: mysql.Login{Address: o.server.Addr(), User: "split"}, Name: "bacula", Own: []string{"split"},
		Known: []string{"bacula", "reporter", "batch"}}
	st, err := s.Writers(context.Background())
	for _, h := range st.Held {
		out[h.Grantee+" may "+h.String()] = 1
	}
	for _, name := range pairNames {
		if o.runs[name] {
			out[name+" runs"] = 1
		}
		if o.masked[name] {
			out[name+" is masked"] = 1
		}
	}
	for _, name := range []string{"bacula", "batch", "reporter"} {
		if u, _ := o.server.Account(name); u.Locked {
			out[name+" is locked"] = 1
		}
	}
	p, perr := s.Pair(context.Background(), holding)
	for _, t := range p.Tables {
		out[t] = 1
	}
	for _, t := range p.Held {
		out["held "+t] = 1
	}
	if p.There {
		out["bacula"] = 1
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.Copy(out, o.drops)
	err = errors.Join(err, perr)
	for _, p := range o.routed.Leaving.Places {
		files, _ := filepath.Glob(filepath.Join(p.Dir, "*"))
		for _, f := range files {
			out[filepath.Ext(f)+" on "+p.On]++
		}
	}
	return out, err
}

// leavingSoon is the policy of who holds nothing for days.
func leavingSoon(p model.Policy) model.Policy {
	p.LockedFor, p.HeldFor = time.Hour, time.Hour
	return p
}

// TestASplitStoppedAnywhere: whenever its runner is stopped and resumed, a freeze takes all and knows what it took, its undoing gives
// exactly that back, what counts as archived and compared is whole, and no table is ever dropped that was not both.
func TestASplitStoppedAnywhere(t *testing.T) {
	const all = "ALTER, CREATE, DELETE, DROP, INSERT, UPDATE"
	there := map[string]int{"bacula": 1, "Job": 1, "Media": 1}
	stopped := map[string]int{"dir-green is masked": 1, "dir-green2 is masked": 1}
	kept := map[string]int{".sql on nas": 1, ".sql on tape": 1}
	locked := map[string]int{"bacula is locked": 1, "batch is locked": 1, "reporter is locked": 1}
	writes := map[string]int{"'bacula'@'%' may " + all: 1, "'batch'@'%' may " + all: 1, "dir-green runs": 1}
	of := func(all ...map[string]int) map[string]int {
		out := map[string]int{}
		for _, m := range all {
			maps.Copy(out, m)
		}
		return out
	}
	up := []plan.Split{{Rung: plan.RungArchive}, {Rung: plan.RungVerify}, {Rung: plan.RungLock}, {Rung: plan.RungRename, Holding: holding}}
	for name, c := range map[string]struct {
		then []plan.Split
		ends map[string]int
	}{
		"frozen":   {nil, of(stopped, there)},
		"undone":   {[]plan.Split{{Rung: plan.RungFreeze, Undo: true}}, of(writes, there)},
		"verified": {up[:2], of(stopped, there, kept)},
		"all undone": {append(up[:4:4], plan.Split{Rung: plan.RungRename, Undo: true}, plan.Split{Rung: plan.RungLock, Undo: true},
			plan.Split{Rung: plan.RungFreeze, Undo: true}), of(writes, there, kept, map[string]int{"DROP DATABASE `bacula__dropped_1`": 1})},
		"dropped": {append(up[:4:4], plan.Split{Rung: plan.RungDrop}), of(stopped, kept, locked, map[string]int{
			"DROP TABLE `bacula__dropped_1`.`Job`": 1, "DROP TABLE `bacula__dropped_1`.`Media`": 1,
			"DROP DATABASE `bacula__dropped_1`": 1, "DROP DATABASE `bacula`": 1})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kill.Scene{Name: name, Long: true, Open: func(dir string) (kill.Stage, error) {
				o, hands := newOld(t, dir)
				then := c.then
				return kill.Stage{
					Environment: "prod",
					Ask:         plan.Ask{Split: &plan.Split{Rung: plan.RungFreeze}},
					Policy:      leavingSoon(o.policy()),
					Hands:       hands,
					Fresh:       o.Fresh,
					Clock:       o.clock,
					Effects:     o.Effects,
					Before:      o.seenQuiet,
					People:      o.watches,
					Close:       o.close,
					Next: func(st *record.State) (plan.Ask, time.Duration, bool) {
						n := 0
						newest := time.Time{}
						for _, a := range st.Actions {
							if a.State == record.ActionDone {
								n++
								newest = a.Ended
							} else if !a.Pending() {
								return plan.Ask{}, 0, false
							}
						}
						if n == 0 || n > len(then) {
							return plan.Ask{}, 0, false
						}
						if age := o.clock.Now().Sub(newest); n > 3 && age < 2*time.Hour {
							return plan.Ask{}, time.Hour, true
						}
						return plan.Ask{Split: &then[n-1]}, 0, true
					},
				}, nil
			}}
			end := kill.Whole(t, s)
			if end.State != "done" || fmt.Sprint(end.Effects) != fmt.Sprint(c.ends) {
				t.Fatalf("%+v, want %v", end, c.ends)
			}
			for id, how := range end.Others {
				if !strings.HasPrefix(how, "done") {
					t.Errorf("%s: %s", id, how)
				}
			}
			n := kill.Exhaust(t, s, "done", end.Done, "")
			t.Logf("%d calls in %d steps", n, end.Done)
		})
	}
}
