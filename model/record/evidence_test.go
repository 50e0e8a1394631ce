package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
)

func on(c model.Cluster) *model.Cluster { return &c }

var oneCell = model.Cell{Chain: "chain001", Region: "region1", Kind: model.Immutable}

// restored is a passed restore test of a cell, seen at a moment.
func restored(at time.Time) Proof {
	return Proof{
		Of: Subject{Cluster: on(model.Green), Cell: &oneCell, Storage: "vault-1", Jobs: []ProvenJob{{7, "j.2024-09-01_02.10.00_03"}},
			Volumes: []string{"V7"}, FileSet: "aBc", Format: "mysqldump", Command: strings.Repeat("0a", 32)},
		Claim: Proven{Restored: &Restored{Files: 12, Bytes: 3_000_000, Took: time.Minute, Loaded: true, Tables: 4, Rows: 900}},
		By:    Means{Kind: ByTest}, Verdict: model.Holds, At: at, Until: at.Add(7 * 24 * time.Hour),
	}
}

func settings(at time.Time, resource, class string) Proof {
	return Proof{
		Of: Subject{Instances: []ProvenInstance{{"bacula", "eu-west-1", resource}}},
		Claim: Proven{Settings: &Settings{Class: class, Engine: "mysql", Version: "8.4.5", Group: "bacula", Retention: 7,
			SecurityGroups: []string{"sg-1"}}},
		By: Means{Kind: ByLook}, Verdict: model.Holds, At: at,
	}
}

func tailOf(at time.Time, c model.Cluster, jobs ...TailJob) Proof {
	return Proof{Of: Subject{Cluster: &c}, Claim: Proven{Tail: &Tail{Jobs: jobs}}, By: Means{Kind: ByLook}, Verdict: model.Holds, At: at}
}

func ended(name string, end time.Time) TailJob {
	return TailJob{Job: name, ID: 1, Status: 'T', End: end}
}

func TestALaterProofSupersedes(t *testing.T) {
	s := story(t, nil, Prove(restored(t0), settings(t0, "db-A", "db.r7g.large")))
	before := dump(t, s)
	failed := restored(t0.Add(time.Second))
	failed.Verdict, failed.Why, failed.Of.Jobs = model.Fails, "the dump is truncated", []ProvenJob{{8, "j8"}}
	next := story(t, s, "bob", Prove(failed))
	if diff := cmp.Diff(before, dump(t, s)); diff != "" {
		t.Errorf("an earlier state was changed: %s", diff)
	}
	if next.Proven != 2 || len(next.Evidence) != 2 {
		t.Fatalf("%d: %+v", next.Proven, next.Evidence)
	}
	p := next.Proof(&failed)
	if p.Verdict != model.Fails || p.Who != "bob" || p.Seq != 3 || p.Of.Jobs[0].ID != 8 || p.Word() != "fails" {
		t.Errorf("%+v", p)
	}
	// What comes late and was seen before takes nothing back.
	if p = story(t, next, "cat", Prove(restored(t0.Add(-time.Hour)))).Proof(&failed); p.Who != "bob" {
		t.Errorf("%+v", p)
	}
	// Another Storage Daemon is another thing.
	other := restored(t0)
	other.Of.Storage = "vault-2"
	if s := story(t, next, Prove(other)); s.Proven != 3 || s.Proof(&failed).Who != "bob" {
		t.Errorf("%+v", s.Evidence)
	}
}

// TestWhatWasNotCarriedOutTakesNothingBack is a test that could not be carried out, before and after one that passed.
func TestWhatWasNotCarriedOutTakesNothingBack(t *testing.T) {
	undone := restored(t0.Add(time.Second))
	undone.Verdict, undone.Why, undone.Claim.Restored = model.Unknown, "the scratch client does not answer", &Restored{}
	if undone.Word() != NotCarriedOut || !strings.Contains(undone.String(), "not carried out, by a test: the scratch client does not answer") {
		t.Error(undone.String())
	}
	for says, order := range map[string][]Proof{"test first": {restored(t0), undone}, "test last": {undone, restored(t0)}} {
		s := story(t, nil, "bob", Prove(order[0]), "bob", Prove(order[1]))
		p := s.Proof(&undone)
		if p.Verdict != model.Holds || p.Claim.Restored.Files != 12 || p.Tried == nil || p.Tried.Why != undone.Why || p.Tried.Who != "bob" {
			t.Errorf("%s: %+v", says, p)
		}
		later := restored(t0.Add(2 * time.Second))
		if p = story(t, s, Prove(later)).Proof(&undone); p.Tried != nil || p.Verdict != model.Holds {
			t.Errorf("%s, and again: %+v", says, p)
		}
	}
	if p := story(t, nil, Prove(undone)).Proof(&undone); p.Verdict != model.Unknown || p.Word() != NotCarriedOut {
		t.Errorf("%+v", p)
	}
}

// TestEvidenceFolds proves at random: the fold is the same in one piece and in many, the newest verdict of each claim counts, no earlier
// state is changed, and a tail is the newest of all that were told.
func TestEvidenceFolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := Fold(nil, follow(t, nil, "ann", t0, Genesis{Environment: "prod"}))
		if err != nil {
			t.Fatal(err)
		}
		start := s
		var rs []Record
		newest := map[string]Proof{}
		told := map[model.Cluster]map[string]TailJob{model.Blue: {}, model.Green: {}}
		for i := range rapid.IntRange(1, 30).Draw(t, "records") {
			var proofs []Proof
			for k := range rapid.IntRange(1, 3).Draw(t, "proofs") {
				at := t0.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "at"))*time.Minute + time.Duration(100*i+k)*time.Millisecond)
				p := anyProof(t, at)
				proofs = append(proofs, p)
				if old, there := newest[p.key()]; p.Verdict != model.Unknown && (!there || old.At.Before(p.At)) {
					newest[p.key()] = p
				}
				if p.Claim.Tail != nil {
					for _, j := range p.Claim.Tail.Jobs {
						told[*p.Of.Cluster][j.Job] = j
					}
				}
			}
			r := follow(t, s, "ann", t0.Add(time.Hour), Prove(proofs...))
			before, _ := json.Marshal(s)
			next, err := Fold(s, r)
			if err != nil {
				t.Fatal(err)
			}
			if after, _ := json.Marshal(s); !bytes.Equal(before, after) {
				t.Fatalf("an earlier state was changed:\n%s\n%s", before, after)
			}
			s, rs = next, append(rs, r)
		}
		whole, err := Fold(start, rs...)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(s)
		if b, _ := json.Marshal(whole); !bytes.Equal(a, b) {
			t.Fatalf("in one piece it is another:\n%s\n%s", a, b)
		}
		for key, want := range newest {
			got := s.Proof(&want)
			if got == nil || !got.At.Equal(want.At) || got.Verdict != want.Verdict {
				t.Fatalf("%q: %+v, want %+v", key, got, want)
			}
			if got.Tried != nil && got.Tried.At.Before(got.At) {
				t.Fatalf("%q: tried before: %+v", key, got)
			}
		}
		for c, jobs := range told {
			want := make([]TailJob, 0, len(jobs))
			for _, j := range jobs {
				want = append(want, j)
			}
			slices.SortFunc(want, byEnd)
			like := tailOf(t0, c)
			if p := s.Proof(&like); p != nil {
				if diff := cmp.Diff(want, p.Claim.Tail.Jobs); len(want) > 0 && diff != "" {
					t.Fatal(diff)
				}
			} else if len(want) > 0 {
				t.Fatalf("the tail of %s is gone", c)
			}
		}
		if !slices.IsSortedFunc(s.Evidence, func(a, b *Proved) int { return strings.Compare(a.key, b.key) }) || s.Proven != len(s.Evidence) {
			t.Fatal("not in order, or counted wrong")
		}
	})
}

func anyProof(t *rapid.T, at time.Time) Proof {
	switch rapid.IntRange(0, 3).Draw(t, "claim") {
	case 0:
		return settings(at, rapid.SampledFrom([]string{"db-A", "db-B"}).Draw(t, "resource"), "db.r7g.large")
	case 1:
		var jobs []TailJob
		for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(0, 40), 0, 5, rapid.ID).Draw(t, "jobs") {
			jobs = append(jobs, ended(fmt.Sprintf("j%d", n), t0.Add(time.Duration(n/2)*time.Minute)))
		}
		return tailOf(at, rapid.SampledFrom(model.Clusters[:]).Draw(t, "cluster"), jobs...)
	}
	p := restored(at)
	p.Of.Storage = rapid.SampledFrom([]string{"", "vault-1"}).Draw(t, "storage")
	if v := rapid.SampledFrom([]model.Verdict{model.Unknown, model.Fails, model.Holds}).Draw(t, "verdict"); v != model.Holds {
		p.Verdict, p.Why = v, "why"
	}
	return p
}

func TestATailIsBounded(t *testing.T) {
	var jobs []TailJob
	for i := range 2*TailJobs + 5 {
		jobs = append(jobs, ended(fmt.Sprintf("j%05d", i), t0.Add(time.Duration(i)*time.Second)))
	}
	at := t0.Add(time.Minute)
	s := story(t, nil, Prove(tailOf(at, model.Green, jobs[TailJobs:2*TailJobs]...)), Prove(tailOf(at, model.Green, jobs[:TailJobs]...)),
		Prove(tailOf(at, model.Green, jobs[2*TailJobs:]...)))
	got := s.Evidence[0].Claim.Tail.Jobs
	if diff := cmp.Diff(jobs[TailJobs+5:], got); diff != "" {
		t.Error(diff)
	}
	known := ended("j02004", got[TailJobs-1].End)
	known.Volumes = []string{"V1"}
	s = story(t, s, Prove(tailOf(at, model.Green, known)), Prove(tailOf(at, model.Green, ended("j02004", known.End))))
	if last := s.Evidence[0].Claim.Tail.Jobs[TailJobs-1]; len(last.Volumes) != 1 {
		t.Errorf("its volumes are forgotten: %+v", last)
	}
}

func TestAProofLapses(t *testing.T) {
	p := restored(t0)
	same := func(b Bound) (string, bool) { return b.Is, true }
	but := func(kind BoundKind, is string, known bool) Present {
		return func(b Bound) (string, bool) {
			if b.Kind == kind {
				return is, known
			}
			return same(b)
		}
	}
	if v, says := p.Stands(t0, same); v != model.Holds || says != "until 9 Sep 2024 02:40 UTC" {
		t.Error(v, says)
	}
	if v, says := p.Stands(p.Until, same); v != model.Fails || !strings.Contains(says, "counted until 9 Sep 2024") {
		t.Error(v, says)
	}
	if v, says := p.Stands(t0, nil); v != model.Unknown || !strings.Contains(says, "nobody can tell whether JobId 7") {
		t.Error(v, says)
	}
	if v, says := p.Stands(t0.Add(-time.Hour), same); v != model.Unknown || !strings.Contains(says, "which is to come") {
		t.Error(v, says)
	}
	kinds := map[BoundKind]bool{}
	for _, b := range p.Of.Bounds() {
		kinds[b.Kind] = true
		if v, says := p.Stands(t0, but(b.Kind, "another", true)); v != model.Fails || !strings.Contains(says, "another now") {
			t.Errorf("%s: %v %s", b.Kind, v, says)
		}
		if v, says := p.Stands(t0, but(b.Kind, "", true)); v != model.Fails || !strings.Contains(says, "gone now") {
			t.Errorf("%s: %v %s", b.Kind, v, says)
		}
		if v, _ := p.Stands(t0, but(b.Kind, "", false)); v != model.Unknown {
			t.Errorf("%s: what nobody knows passes: %v", b.Kind, v)
		}
	}
	if len(kinds) != 6 {
		t.Errorf("it is bound to %v", kinds)
	}
	in := settings(t0, "db-A", "x")
	if v, says := in.Stands(t0, but(BoundInstance, "db-B", true)); v != model.Fails || says != "instance bacula is db-B now, it was db-A" {
		t.Error(v, says)
	}
	if v, says := in.Stands(t0.Add(1000*time.Hour), same); v != model.Holds || says != "until what it is about changes" {
		t.Error(v, says)
	}
	all := tailOf(t0, model.Blue)
	if v, says := all.Stands(t0, nil); v != model.Holds || says != "until something else is proven" {
		t.Error(v, says)
	}
}

func TestEvidenceOfABreakGlassJournalIsMerged(t *testing.T) {
	shared := story(t, nil)
	g := Glass{Why: "x", Journal: shared.Journal, Seq: 1}
	glass := must(t, nil, follow(t, nil, "ann", t0, Genesis{Environment: "prod", Glass: &g}))
	genesis := follow(t, nil, "ann", t0, Genesis{Environment: "prod", Glass: &g})
	in := follow(t, glass, "ann", t0, Prove(restored(t0)))
	shared = story(t, shared, Merged{Origin: genesis.ID, Record: genesis}, Merged{Origin: genesis.ID, Record: in})
	like := restored(t0)
	if p := shared.Proof(&like); p == nil || p.Seq != 3 || p.Who != "ann" {
		t.Errorf("%+v", p)
	}
}

// TestABreakGlassJournalKnowsWhatWasProven: a dead AWS region cannot be asked how its instance was set, and the shared journal may be as
// dead. What is proven there later counts as it does anywhere, and nothing of it comes home twice.
func TestABreakGlassJournalKnowsWhatWasProven(t *testing.T) {
	jobs := []TailJob{ended("a", t0.Add(-time.Hour)), ended("b", t0)}
	shared := story(t, nil, "cat", Prove(restored(t0), settings(t0, "db-A", "db.r7g.large"), tailOf(t0, model.Blue, jobs...)))
	g := Glass{Why: "x", Journal: shared.Journal, Seq: shared.Head.Seq, Evidence: Carry(shared.Evidence, MaxBytes)}
	genesis := follow(t, nil, "ann", t0.Add(time.Minute), Genesis{Environment: "prod", Glass: &g})
	glass := must(t, nil, genesis)
	if glass.Proven != 3 || len(glass.Glass.Evidence) > 0 {
		t.Fatalf("%d are known; in the glass %d", glass.Proven, len(glass.Glass.Evidence))
	}
	for _, p := range shared.Evidence {
		here := glass.Proof(&p.Proof)
		if here == nil || !here.Carried {
			t.Fatalf("not carried: %s", &p.Proof)
		}
		same := *here
		same.Carried = false
		if diff := cmp.Diff(dump(t, &State{Evidence: []*Proved{p}}), dump(t, &State{Evidence: []*Proved{&same}})); diff != "" {
			t.Errorf("%s: %s", &p.Proof, diff)
		}
	}
	later := follow(t, glass, "ann", t0.Add(time.Hour), Prove(tailOf(t0.Add(time.Hour), model.Blue, ended("c", t0.Add(time.Minute)))))
	glass = must(t, glass, later)
	like := tailOf(t0, model.Blue)
	if p := glass.Proof(&like); len(p.Claim.Tail.Jobs) != 3 || p.Carried || glass.Proven != 3 {
		t.Errorf("%d: %+v", glass.Proven, p)
	}
	home := story(t, shared, Merged{Origin: genesis.ID, Record: genesis}, Merged{Origin: genesis.ID, Record: later})
	if p := home.Proof(&like); home.Proven != 3 || len(p.Claim.Tail.Jobs) != 3 || p.Carried {
		t.Errorf("%d: %+v", home.Proven, p)
	}
	bad := *shared.Evidence[0]
	bad.Proof.At = t0.Add(100 * time.Hour)
	g.Evidence = []*Proved{&bad}
	if _, err := Fold(nil, follow(t, nil, "ann", t0, Genesis{Environment: "prod", Glass: &g})); !errors.Is(err, ErrIllegal) {
		t.Errorf("evidence of the future: %v", err)
	}
}

// TestWhatIsCarriedFits: the newest are kept, and they are as many as fit.
func TestWhatIsCarriedFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []*Proved
		for i := range rapid.IntRange(0, 30).Draw(t, "n") {
			p := restored(t0.Add(time.Duration(rapid.IntRange(-100, 0).Draw(t, "at")) * time.Minute))
			all = append(all, &Proved{Proof: p, Who: "ann", Seq: int64(i), Noted: t0})
		}
		limit := rapid.IntRange(0, 20_000).Draw(t, "limit")
		kept := Carry(all, limit)
		size, oldest := 0, t0
		for _, p := range kept {
			raw, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			size += len(raw) + 1
			if p.At.Before(oldest) {
				oldest = p.At
			}
		}
		if size > limit || len(kept) < len(all) && size+2000 < limit {
			t.Fatalf("%d of %d, %d bytes of %d", len(kept), len(all), size, limit)
		}
		for _, p := range all {
			if !slices.Contains(kept, p) && p.At.After(oldest) {
				t.Fatalf("one of %s is left out, one of %s is not", p.At, oldest)
			}
		}
	})
}

// TestAnOlderProgramReadsEvidence is evidence as the program read it that knew only texts. It is frozen.
func TestAnOlderProgramReadsEvidence(t *testing.T) {
	var old struct {
		About string          `json:"about"`
		Says  string          `json:"says"`
		Data  json.RawMessage `json:"data,omitempty"`
	}
	b, err := json.Marshal(Prove(restored(t0), settings(t0, "db-A", "db.r7g.large")))
	if err != nil || json.Unmarshal(b, &old) != nil {
		t.Fatalf("%s: %v", b, err)
	}
	if old.About != "chain001 region1 immutable green vault-1 JobId 7 and 1 more" || !strings.Contains(old.Says, "restored 12 files, 3.0 MB") {
		t.Errorf("%+v", old)
	}
}

// TestOldRecordsAreRead folds a journal whose records were written once, with evidence of every claim and of before there were claims.
func TestOldRecordsAreRead(t *testing.T) {
	const file = "testdata/evidence.jsonl"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s *State
	var got []string
	for line := range bytes.Lines(raw) {
		r, err := Decode(line)
		if err != nil {
			t.Fatal(err)
		}
		s = must(t, s, r)
		got = append(got, fmt.Sprintf("v%d %s", r.V, r.Line(s)))
	}
	want := []string{
		`v1 the journal of "prod" (real) begins`,
		"v1 evidence of chain001: restored",
		"v2 evidence of the old catalog: nobody reads it",
		"v3 evidence: chain001 region1 immutable green vault-1 JobId 7, restored 12 files, 3.0 MB, " +
			"loaded as 4 tables with 900 rows: holds, by a test",
		"v3 evidence: bacula, settings: db.r7g.large, mysql 8.4.5, retention 7 d, bacula: holds, by a look; " +
			"bacula bacula-replica, parity: fails, by a look: class; green, tail of 2 ended jobs: holds, by a look",
		"v3 evidence: blue, nobody reads it: holds, by a person's word; " +
			"chain001 region1 immutable blue JobId 9, restored: not carried out, by restore-check: no scratch client",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.Proven != 6 {
		t.Errorf("%d are proven: %+v", s.Proven, s.Evidence)
	}
	like := restored(t0)
	if diff := cmp.Diff(like, s.Proof(&like).Proof); diff != "" {
		t.Error(diff)
	}
}

// TestAChainsOwnProofsAreNotCrowdedOut: what is restored of others of its kind does not take the proofs of a chain out of those that are
// asked for, where that chain is named.
func TestAChainsOwnProofsAreNotCrowdedOut(t *testing.T) {
	green, st := model.Green, &State{}
	for i := range 40 {
		cell := model.Cell{Chain: "other", Region: "r1"}
		if i < 5 {
			cell.Chain = "home"
		}
		st.Evidence = append(st.Evidence, &Proved{Seq: int64(i), Proof: Proof{Verdict: model.Holds, At: t0.Add(time.Duration(i) * time.Hour),
			Claim: Proven{Restored: &Restored{}}, Of: Subject{Cluster: &green, Cell: &cell, Storage: "sd"}}})
	}
	seqs := func(all []*Proved) (out []int64) {
		for _, p := range all {
			out = append(out, p.Seq)
		}
		return out
	}
	if got := seqs(st.NewestRestores(2)); !slices.Equal(got, []int64{39, 38}) {
		t.Error(got)
	}
	if got := seqs(st.NewestRestores(2, "home")); !slices.Equal(got, []int64{39, 38, 4, 3}) {
		t.Error(got)
	}
}
