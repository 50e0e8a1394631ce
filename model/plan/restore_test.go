package plan

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

var pointKey = model.JobKey{Cluster: model.Green, Job: "backup-chain001-region1-regular.2026-11-23_06.00.00_03"}

var askRestore = Ask{Restore: &Restore{Cell: cell1, Point: pointKey, At: t0.Add(-6 * time.Hour), JobIDs: []uint32{30, 41}, Source: "db1-fd",
	Client: "new-fd", Below: "/srv/restore", Format: model.MyDumper}}

// sighted is a calm world in which all of a restore was looked at and is well.
func sighted() World {
	w := calm()
	inv := must(model.NewInventory([]model.Placement{{Cell: cell1, Promise: 26 * time.Hour}}))
	w.Names = must(model.BindNames(inv, must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")),
		must(model.ParseRestoreTemplate("restore-{region}"))))
	yes := model.Answer(model.Holds)
	w.Restore = &model.RestoreSight{At: t0, Ask: askRestore.Restore.Sight(), Clients: []string{"db1-fd", "new-fd"},
		Storages: []model.StorageSight{{Name: "sd-1"}}, FileSets: []model.FileSetSight{{Name: "fs"}}, Files: model.Counted{N: 21, At: t0},
		Point: &model.RestorePoint{Key: pointKey, ID: 41, Cell: cell1, Level: 'I', At: t0.Add(-6 * time.Hour), Client: "db1-fd", Bytes: 3e9,
			Set:      []model.Part{{ID: 30, Job: "backup-f", Level: 'F', Files: 20}, {ID: 41, Job: pointKey.Job, Level: 'I', Files: 3}},
			Volumes:  []model.Volume{{Name: "v1", Status: "Full", Storage: "sd-1"}, {Name: "v2", Status: "Append", Storage: "sd-1"}},
			Complete: yes, Restorable: yes, Only: yes}}
	return w
}

func TestRestorePlan(t *testing.T) {
	w := sighted()
	p := must(askRestore.Plan(w, "p1"))
	for i := range p.Guards {
		if g := &p.Guards[i]; g.Verdict != model.Holds {
			t.Errorf("%+v", g)
		}
	}
	want := `restore jobid=30,41 client="db1-fd" restoreclient="new-fd" restorejob="restore-region1" where="/srv/restore/chain001-p1" ` +
		`replace=never comment="switchyard p1" all done yes`
	if got := p.Steps[0].Order.Sends(); got != want {
		t.Errorf("sends\n%s, want\n%s", got, want)
	}
	if p.Confirm != "restore chain001 new-fd" || p.Touches.String() != "green/restore/chain001/region1/regular/new-fd/"+pointKey.Job ||
		p.Steps[0].Limit != 15*time.Minute || p.Steps[2].Order.VerifyRestore.Expect != 21 {
		t.Errorf("%+v", p)
	}
	says := strings.Join(p.Costs, "\n")
	if !strings.Contains(says, "3.0 GB stored in 2 jobs, 21 files: about 3 min") || !strings.Contains(says, "volumes: v1, v2") {
		t.Errorf("it costs %s", says)
	}
	read := must(Of(must(p.Record())))
	if d := cmp.Diff(p.Lines(t0), read.Told(must(read.Renew(w))).Lines(t0)); d != "" {
		t.Error(d)
	}
	if why := read.Stale(must(read.Renew(w)), t0); why != "" {
		t.Error("as it was recorded it is stale: " + why)
	}
	if _, in, why := p.InTheWay(&p.Steps[0], w, &record.Action{}); in != nil {
		t.Error(why)
	}
	for _, g := range read.Plain().Guards {
		if strings.HasPrefix(g.Says, "guard ") || g.Value != "" {
			t.Errorf("without a world: %+v", g)
		}
	}
	v, point := RestoreTouched(w.Snapshot, &record.Action{Touches: p.Touches})
	if v == nil || v.Cell != cell1 || point != pointKey {
		t.Errorf("it touches %v, %s", v, point)
	}
	if p.Needs().Restore == nil || p.Needs("point-good").Restore == nil || p.Needs("director-answers").Restore != nil {
		t.Error("it does not say when it must be told of its point")
	}

	one := *askRestore.Restore
	one.Files = []string{"/backup/chain001/dump with blanks.sql"}
	p = must(Ask{Restore: &one}.Plan(w, "p2"))
	if got := p.Steps[0].Order.Sends(); !strings.HasSuffix(
		got,
		` comment="switchyard p2" file="/backup/chain001/dump with blanks.sql" done yes`,
	) {
		t.Errorf("sends %s", got)
	}
	if n := p.Steps[2].Order.VerifyRestore.Expect; n != 1 || len(p.Steps) != 3 {
		t.Errorf("of one file %d are expected, in %d steps", n, len(p.Steps))
	}
}

// TestEachFileHasAJob of its own, one after the other: a Director takes the first of several file= arguments.
func TestEachFileHasAJob(t *testing.T) {
	w, r := sighted(), *askRestore.Restore
	r.Files = []string{"/d/a.sql", "/d/b.sql", "/d/c.sql"}
	p := must(Ask{Restore: &r}.Plan(w, "p1"))
	tags := map[string]bool{}
	for i, file := range r.Files {
		start, follow, verify := p.Steps[3*i].Order.StartRestore, p.Steps[3*i+1].Order.FollowJob, p.Steps[3*i+2].Order.VerifyRestore
		if start == nil || follow == nil || verify == nil {
			t.Fatalf("steps of %s: %+v", file, p.Steps[3*i:3*i+3])
		}
		sends := p.Steps[3*i].Order.Sends()
		if strings.Count(sends, "file=") != 1 || !strings.Contains(sends, ` file="`+file+`" done`) ||
			!strings.Contains(sends, `comment="`+start.Tag+`"`) {
			t.Errorf("sends %s", sends)
		}
		if follow.Tag != start.Tag || verify.Tag != start.Tag || verify.Where != start.Where || verify.Expect != 1 || verify.File != file {
			t.Errorf("%s: %+v, %+v, %+v", file, start, follow, verify)
		}
		if !strings.Contains(p.Steps[3*i].Name, file) || !strings.Contains(p.Steps[3*i+2].Name, file) || len(p.Steps[3*i].Guards) < 3 {
			t.Errorf("%q, %q, guards %v", p.Steps[3*i].Name, p.Steps[3*i+2].Name, p.Steps[3*i].Guards)
		}
		tags[start.Tag] = true
	}
	if len(tags) != 3 || len(p.Steps) != 9 || !strings.HasPrefix(p.Says, "restore 3 files of ") ||
		!strings.Contains(strings.Join(p.Costs, "\n"), "3 files of 3.0 GB stored") {
		t.Errorf("%v, %d steps, %s, %v", tags, len(p.Steps), p.Says, p.Costs)
	}
	if why := must(Of(must(p.Record()))).Stale(must(p.Renew(w)), t0); why != "" {
		t.Error("as it was recorded it is stale: " + why)
	}
	r.Files = []string{"/d/a.sql", "/d/b.sql", "/d/a.sql"}
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), `"/d/a.sql": it is named twice`) {
		t.Errorf("a file twice: %v", err)
	}
	r.Files = nil
	for i := range MostFiles + 1 {
		r.Files = append(r.Files, fmt.Sprintf("/d/%d", i))
	}
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), "21 files, more than 20") {
		t.Errorf("a file too many: %v", err)
	}
	r.Files = r.Files[1:]
	if p, err := (Ask{Restore: &r}).Plan(w, "p1"); err != nil || len(p.Steps) != 60 {
		t.Errorf("20 files: %v", err)
	}
}

// TestWhatWasCountedStays also when it is counted otherwise, or cannot be counted, when the plan is made anew.
func TestWhatWasCountedStays(t *testing.T) {
	w := sighted()
	p := must(askRestore.Plan(w, "p1"))
	w.Restore.Files, w.Restore.Point.Bytes = model.Counted{Why: "no answer"}, 7
	q := must(p.Renew(w))
	if q.Steps[2].Order.VerifyRestore.Expect != 21 || q.Steps[0].Order.StartRestore.Bytes != 3e9 || p.Stale(q, t0) != "" {
		t.Errorf("%+v: %s", q.Steps, p.Stale(q, t0))
	}
	p = must(askRestore.Plan(w, "p1"))
	if v := p.Steps[2].Order.VerifyRestore; v.Expect != 0 || v.NoCount != "no answer" ||
		!strings.Contains(strings.Join(p.Costs, "\n"), "cannot be counted: no answer") {
		t.Errorf("%+v, %v", v, p.Costs)
	}
}

// TestTheQueueBindsNobody is told, and a plan holds also when it is another when it is carried out.
func TestTheQueueBindsNobody(t *testing.T) {
	w := sighted()
	p := must(askRestore.Plan(w, "p1"))
	w.Restore.Storages[0].Jobs = 3
	q := must(p.Renew(w))
	if says := strings.Join(q.Costs, "\n"); !strings.Contains(says, "! jobs run on its Storage Daemon: 3 on sd-1") || p.Stale(q, t0) != "" {
		t.Errorf("%s, %s", says, p.Stale(q, t0))
	}
}

// restoreBreaks are what makes each guard of a restore fail, and how.
var restoreBreaks = map[string]struct {
	guard   string
	bar     model.Bar
	verdict model.Verdict
	says    string
	hurt    func(*World)
}{
	"nothing read": {"point-good", model.Block, model.Unknown, "not read", func(w *World) { w.Restore = nil }},
	"another point read": {"point-good", model.Block, model.Unknown, "not read",
		func(w *World) { w.Restore.Ask.Key.Job = "x" }},
	"of another client": {"target-known", model.Block, model.Unknown, "not read", func(w *World) { w.Restore.Ask.Client = "x" }},
	"read long ago":     {"point-good", model.Block, model.Unknown, "20 min ago", func(w *World) { w.Restore.At = t0.Add(-20 * time.Minute) }},
	"unreadable":        {"point-good", model.Block, model.Unknown, "no route", func(w *World) { w.Restore.Why = "no route" }},
	"gone":              {"point-good", model.Block, model.Fails, "has no such good backup", func(w *World) { w.Restore.Point = nil }},
	"another set": {"point-good", model.Block, model.Fails, "1 job now", func(w *World) {
		w.Restore.Point.Set = w.Restore.Point.Set[1:]
	}},
	"incomplete": {"point-good", model.Block, model.Fails, "v2 is in status Error", func(w *World) {
		w.Restore.Point.Complete, w.Restore.Point.Why = model.Answer(model.Fails), "volume v2 is in status Error"
	}},
	"unsure": {"point-good", model.Override, model.Unknown, "not read", func(w *World) {
		w.Restore.Point.Complete, w.Restore.Point.Why = model.Answer(model.Unknown), "its volumes were not read"
	}},
	"pruned": {"point-good", model.Block, model.Fails, "file records of job 30", func(w *World) { w.Restore.Point.Pruned = []uint32{30} }},
	"source gone": {"point-good", model.Block, model.Fails, "does not know", func(w *World) {
		w.Restore.Point.Restorable, w.Restore.Point.RestorableWhy = model.Answer(model.Fails), "green's Director does not know the client"
	}},
	"another source": {"point-good", model.Block, model.Fails, "its client is db2-fd", func(w *World) { w.Restore.Point.Client = "db2-fd" }},
	"volume in error": {"volumes-online", model.Override, model.Fails, "v2 is in status Error", func(w *World) {
		w.Restore.Point.Volumes[1].Status = "Error"
	}},
	"storage silent": {
		"volumes-online",
		model.Override,
		model.Fails,
		"sd-1: no answer",
		func(w *World) { w.Restore.Storages[0].Why = "no answer" },
	},
	"no storage": {"volumes-online", model.Override, model.Unknown, "which Storage", func(w *World) { w.Restore.Storages = nil }},
	"target unknown": {
		"target-known",
		model.Block,
		model.Fails,
		"no client new-fd",
		func(w *World) { w.Restore.Clients = []string{"db1-fd"} },
	},
	"clients unread": {"target-known", model.Block, model.Unknown, "denied", func(w *World) { w.Restore.NoClients = "denied" }},
	"younger and bad": {"point-newest", model.Caution, model.Fails, "2; the newest, job 44: x", func(w *World) {
		w.Restore.Newer, w.Restore.NewerWhy = 2, "job 44: x"
	}},
}

func TestEveryGuardOfARestoreCanRefuse(t *testing.T) {
	covered := map[string]bool{"target-apart": true, "stays-below": true} // below
	for name, b := range restoreBreaks {
		covered[b.guard] = true
		w := sighted()
		p := must(askRestore.Plan(w, "p1"))
		b.hurt(&w)
		q := must(p.Renew(w))
		g := q.Guard(b.guard)
		if g.Verdict != b.verdict || g.Bar != b.bar || !strings.Contains(g.Value, b.says) || g.Do == "" {
			t.Errorf("%s: %+v", name, g)
		}
		if why := p.Stale(q, t0); !strings.Contains(why, "guard ") {
			t.Errorf("%s: the plan is not stale: %q", name, why)
		}
		if _, in, _ := p.InTheWay(&p.Steps[0], w, &record.Action{}); in == nil {
			t.Errorf("%s: the step is let through", name)
		}
		if q.Steps[0].Order.Sends() != p.Steps[0].Order.Sends() {
			t.Errorf("%s: it sends something else: %s", name, q.Steps[0].Order.Sends())
		}
	}
	for _, g := range must(askRestore.Plan(sighted(), "p1")).Guards {
		if _, shared := breaksOf(g.ID); !covered[g.ID] && !shared {
			t.Errorf("nothing makes %s fail", g.ID)
		}
	}
}

// breaksOf tells whether the table of what hurts a backup has something for a guard.
func breaksOf(id string) (name string, ok bool) {
	for name, b := range breaks {
		if b.guard == id {
			return name, true
		}
	}
	return "", false
}

func TestTheSourceItselfAsksForAReason(t *testing.T) {
	w, own := sighted(), *askRestore.Restore
	own.Client = "db1-fd"
	w.Restore.Ask.Client = "db1-fd"
	p := must(Ask{Restore: &own}.Plan(w, "p1"))
	if g := p.Guard("target-apart"); g.Verdict != model.Fails || !NeedsReason(*g) {
		t.Errorf("%+v", g)
	}
	if _, err := p.Approve(yes(p), t0); err == nil {
		t.Error("approved without a reason")
	}
	a := yes(p)
	a.Reasons = map[string]string{"target-apart": "the new disk is there"}
	if _, err := p.Approve(a, t0); err != nil {
		t.Error(err)
	}
}

// TestAPluginIsBlocked unless the inventory says what the backups hold.
func TestAPluginIsBlocked(t *testing.T) {
	bare := *askRestore.Restore
	bare.Format = ""
	for _, x := range []struct {
		of      Restore
		change  func(*model.RestoreSight)
		verdict model.Verdict
		bar     model.Bar
		says    string
	}{
		{bare, func(*model.RestoreSight) {}, model.Holds, model.Block, "no plugin"},
		{bare, func(s *model.RestoreSight) { s.FileSets[0].Plugins = []string{"bpipe:/@x:a:b"} }, model.Fails, model.Block, "bpipe in fs"},
		{bare, func(s *model.RestoreSight) { s.NoFileSets = "not told" }, model.Unknown, model.Override, "not told"},
		{*askRestore.Restore, func(s *model.RestoreSight) { s.FileSets[0].Plugins = []string{"bpipe:/@x:a:b"} }, model.Holds, model.Block,
			"mydumper"},
		{*askRestore.Restore, func(s *model.RestoreSight) { s.NoFileSets = "not told" }, model.Holds, model.Block, "mydumper"},
	} {
		w := sighted()
		x.change(w.Restore)
		g := must(Ask{Restore: &x.of}.Plan(w, "p1")).Guard("stays-below")
		if g.Verdict != x.verdict || g.Bar != x.bar || !strings.Contains(g.Value, x.says) {
			t.Errorf("%+v, want %s", g, x.says)
		}
	}
}

func TestRestoresThatCannotBePlanned(t *testing.T) {
	for says, change := range map[string]func(*Restore, *World){
		"goes up with ..":          func(r *Restore, _ *World) { r.Below = "/srv/../etc" },
		"does not begin with /":    func(r *Restore, _ *World) { r.Below = "srv" },
		"it would be restored":     func(r *Restore, _ *World) { r.Below = "/" },
		"write it as /srv":         func(r *Restore, _ *World) { r.Below = "/srv/" },
		`it holds '"'`:             func(r *Restore, _ *World) { r.Below = `/srv/"x` },
		"control characters":       func(r *Restore, _ *World) { r.Below = "/srv/\n.quit" },
		"directory: it is empty":   func(r *Restore, _ *World) { r.Below = "" },
		"name: it is empty":        func(r *Restore, _ *World) { r.Client = "" },
		"cannot hold":              func(r *Restore, _ *World) { r.Client = `new" yes where="/` },
		"it is named twice":        func(r *Restore, _ *World) { r.Files = []string{"/a", "/a"} },
		"more than a name":         func(r *Restore, _ *World) { r.Files = []string{`/a" yes`} },
		`file "/a/../b"`:           func(r *Restore, _ *World) { r.Files = []string{"/a/../b"} },
		"has no set of jobs":       func(r *Restore, _ *World) { r.JobIDs = nil },
		"more than a command":      func(r *Restore, _ *World) { r.JobIDs = make([]uint32, 301); fill(r.JobIDs) },
		"the inventory has no":     func(r *Restore, _ *World) { r.Cell.Chain = "chain999" },
		"names no restore job":     func(_ *Restore, w *World) { w.Names = calm().Names },
		"holds '<'; write ASCII":   func(r *Restore, _ *World) { r.Below = "/srv/<x" },
		"bytes, more than 1024":    func(r *Restore, _ *World) { r.Below = "/" + strings.Repeat("x", 1024) },
		"it holds '%'; write":      func(r *Restore, _ *World) { r.Below = "/srv/%c" },
		"it does not begin with /": func(r *Restore, _ *World) { r.Files = []string{"<list"} },
	} {
		w, r := sighted(), *askRestore.Restore
		change(&r, &w)
		if p, err := (Ask{Restore: &r}).Plan(w, "p1"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, %v", says, p, err)
		}
	}
}

func fill(ids []uint32) {
	for i := range ids {
		ids[i] = uint32(i + 1)
	}
}

// TestALineIsOneCommandOfWords is what a Director's parser would make of any line that a plan sends: the words that were meant, and no
// other.
func TestALineIsOneCommandOfWords(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`/[a-z"'\\ .%<>\n/-]{0,12}`), rapid.SampledFrom([]string{"/srv/restore", "/a/b"}))
	rapid.Check(t, func(t *rapid.T) {
		w, r := sighted(), *askRestore.Restore
		r.Below, r.Client = text.Draw(t, "below"), rapid.OneOf(text, rapid.SampledFrom([]string{"new-fd", "db1-fd"})).Draw(t, "client")
		r.Files = rapid.SliceOfN(text, 0, 2).Draw(t, "files")
		p, err := Ask{Restore: &r}.Plan(w, "p1")
		if err != nil {
			return
		}
		line := p.Steps[len(p.Steps)-3].Order.Sends()
		if strings.ContainsAny(line, "\r\n\x00\\'`") || strings.Count(line, `"`)%2 != 0 {
			t.Fatalf("%q", line)
		}
		var bare strings.Builder
		quoted := false
		for _, c := range line {
			if c == '"' {
				quoted = !quoted
			} else if !quoted {
				bare.WriteRune(c)
			}
		}
		end := " all done yes"
		if len(r.Files) > 0 {
			end = " file= done yes"
		}
		if want := "restore jobid=30,41 client= restoreclient= restorejob= where= replace=never comment=" + end; bare.String() != want {
			t.Fatalf("%q is more than %q", line, want)
		}
	})
}

// TestARestoreIsReadAsItWasWritten, whatever was asked for.
func TestARestoreIsReadAsItWasWritten(t *testing.T) {
	raw := must(json.Marshal(must(askRestore.Plan(sighted(), "p1"))))
	for _, field := range []string{`"start_restore"`, `"verify_restore"`, `"follow_job"`, `"restore":{"cell"`} {
		if !strings.Contains(string(raw), field) {
			t.Errorf("%s is not in %s", field, raw)
		}
	}
	if d := cmp.Diff(fmt.Sprint(must(Decode(raw)).Steps[0].Order.Sends()), must(askRestore.Plan(sighted(),
		"p1")).Steps[0].Order.Sends()); d != "" {
		t.Error(d)
	}
}

// TestWhatARestoreTakes is told by what another one of the cell left of what was stored; of nothing else, and of no other cell.
func TestWhatARestoreTakes(t *testing.T) {
	w := sighted()
	costs := func() string { return strings.Join(must(askRestore.Plan(w, "p1")).Costs, "\n") }
	const unknown = "what it takes on the client is not known, and is more where it was compressed"
	if says := costs(); !strings.Contains(says, unknown) {
		t.Error(says)
	}
	done := func(cell model.Cell, stored, left uint64) *record.Action {
		return &record.Action{ID: "r", Seq: 7, Touches: record.TouchesOf(TouchRestore(cell, pointKey, "new-fd")), Found: []record.Found{
			{Restoring: &record.FoundRestoring{Cluster: pointKey.Cluster, Point: pointKey.Job, Bytes: stored}},
			{Restored: &record.FoundRestored{Bytes: left}}}}
	}
	cell2 := model.Cell{Chain: "chain002", Region: "region1", Kind: model.Regular}
	w.Snapshot.Cells = append(w.Snapshot.Cells, board.CellView{Cell: cell2})
	for name, c := range map[string]struct {
		of   *record.Action
		want string
	}{
		"it left three times as much":  {done(cell1, 2e9, 6e9), "about 9.0 GB on the client: action 7 left 6.0 GB of 2.0 GB stored"},
		"of a part of what was stored": {done(cell1, 0, 6e9), unknown},
		"of nothing":                   {done(cell1, 2e9, 0), unknown},
		"another cell's":               {done(cell2, 2e9, 6e9), unknown},
	} {
		w.State = &record.State{Actions: []*record.Action{c.of}}
		if says := costs(); !strings.Contains(says, c.want) {
			t.Errorf("%s: %s", name, says)
		}
	}
}
