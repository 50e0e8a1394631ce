package board

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// observing is a look two seconds before noon at a well pair and two clusters, each with two jobs that ended.
func observing(t *testing.T) *Snapshot {
	t.Helper()
	at := noon.Add(-2 * time.Second)
	r := wellPair(t)
	r.ParityAt = at
	for _, in := range []*model.Instance{r.Primary, r.Replica} {
		in.AWS.Value.SecurityGroups = []string{"sg-1"}
		in.Group.Value.Set = []model.Parameter{{Name: "gtid-mode", Value: "ON"}}
	}
	s := &Snapshot{At: noon, RDS: &r}
	for _, c := range model.Clusters {
		v := &ClusterView{Cluster: c, Catalog: model.Catalog{At: at, Target: model.Holds}}
		for i := range 2 {
			end := noon.Add(-time.Duration(i+1) * time.Hour)
			v.Recent = append(v.Recent, model.Job{
				Key: model.JobKey{Cluster: c, Job: fmt.Sprintf("job%d", i)}, ID: uint32(10 - i), Status: 'T', Outcome: model.OK, End: end, Bytes: 9,
			})
		}
		s.Clusters[c] = v
		s.Seen = append(s.Seen, Sighting{Source: model.CatalogOf(c), At: at, Tried: at, Every: time.Second})
	}
	for _, role := range []string{"primary", "replica"} {
		for _, kind := range []model.SourceKind{model.SourceInstance, model.SourceSettings} {
			s.Seen = append(s.Seen, Sighting{Source: model.Source{Kind: kind, Name: role}, At: at, Tried: at, Every: time.Minute})
		}
	}
	return s
}

// noted is a journal into which evidence was recorded at moments.
func noted(t *testing.T, st *record.State, at time.Time, proofs ...record.Proof) *record.State {
	t.Helper()
	if st == nil {
		st = appended(t, nil, noon.Add(-time.Hour), record.Genesis{Environment: "test"})
	}
	return appended(t, st, at, record.Prove(proofs...))
}

func appended(t *testing.T, st *record.State, at time.Time, b record.Body) *record.State {
	t.Helper()
	body, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var head record.Head
	if st != nil {
		head = st.Head
	}
	r, _, err := record.Record{
		V: record.Version, Seq: head.Seq + 1, ID: fmt.Sprint(head.Seq), Prev: head.Hash, Actor: "timer", Kind: b.RecordKind(), At: at, Body: body,
	}.Seal()
	if err == nil {
		st, err = record.Fold(st, r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// later is the same look, so much later.
func later(s *Snapshot, by time.Duration) *Snapshot {
	out := *s
	r := *s.RDS
	r.Primary, r.Replica = new(model.Instance), new(model.Instance)
	*r.Primary, *r.Replica = *s.RDS.Primary, *s.RDS.Replica
	for _, at := range []*time.Time{&r.ParityAt, &r.Primary.AWS.At, &r.Replica.AWS.At, &r.Primary.Group.At, &r.Replica.Group.At} {
		*at = at.Add(by)
	}
	out.RDS, out.At, out.Seen = &r, s.At.Add(by), slices.Clone(s.Seen)
	for i := range out.Seen {
		out.Seen[i].At, out.Seen[i].Tried = out.Seen[i].At.Add(by), out.Seen[i].Tried.Add(by)
	}
	for c, v := range s.Clusters {
		next := *v
		next.Catalog.At = next.Catalog.At.Add(by)
		out.Clusters[c] = &next
	}
	return &out
}

func kinds(proofs []record.Proof) (out []string) {
	for i := range proofs {
		out = append(out, proofs[i].Claim.Kind()+" of "+proofs[i].Of.String())
	}
	return out
}

func TestALookIsRecordedOnceAndWhenItIsDue(t *testing.T) {
	p := model.DefaultPolicy()
	s := observing(t)
	first, unseen := Observed(s, nil, p)
	want := []string{"tail of blue", "tail of green", "settings of bacula", "settings of bacula-dr", "parity of bacula bacula-dr"}
	if got := kinds(first); !slices.Equal(got, want) || len(unseen) > 0 {
		t.Fatalf("%v, unseen %v", got, unseen)
	}
	if in := first[2].Claim.Settings; in.Retention != 7 || in.Parameters[0].Value != "ON" || in.SecurityGroups[0] != "sg-1" {
		t.Errorf("%+v", in)
	}
	if jobs := first[0].Claim.Tail.Jobs; len(jobs) != 2 || jobs[1].Job != "job0" || jobs[1].ID != 10 {
		t.Errorf("%+v", jobs)
	}
	st := noted(t, nil, noon, first...)
	for _, by := range []time.Duration{0, time.Minute, 23 * time.Hour} {
		if again, _ := Observed(later(s, by), st, p); len(again) > 0 {
			t.Errorf("after %v it is recorded again: %v", by, kinds(again))
		}
	}
	if due, _ := Observed(later(s, 24*time.Hour), st, p); len(due) != 5 || len(due[0].Claim.Tail.Jobs) != 0 {
		t.Errorf("not renewed: %v", kinds(due))
	}
}

func TestWhatChangedIsRecorded(t *testing.T) {
	p := model.DefaultPolicy()
	s := observing(t)
	first, _ := Observed(s, nil, p)
	st := noted(t, nil, noon, first...)
	grow := func(s *Snapshot) {
		v := *s.Clusters[model.Green]
		v.Recent = append([]model.Job{
			{Key: model.JobKey{Cluster: model.Green, Job: "job9"}, ID: 19, Status: 'E', Outcome: model.Failed, End: s.At.Add(-time.Second)},
			{Key: model.JobKey{Cluster: model.Green, Job: "lost"}, ID: 18, Status: 'R', Outcome: model.Lost, End: s.At.Add(-time.Second)},
		}, v.Recent...)
		s.Clusters[model.Green] = &v
	}
	soon := later(s, time.Minute)
	grow(soon)
	if got, _ := Observed(soon, st, p); len(got) > 0 {
		t.Errorf("a minute later: %v", kinds(got))
	}
	due := later(s, 5*time.Minute)
	grow(due)
	got, _ := Observed(due, st, p)
	if len(got) != 1 || len(got[0].Claim.Tail.Jobs) != 1 || got[0].Claim.Tail.Jobs[0].Job != "job9" {
		t.Fatalf("%+v", got)
	}
	st = noted(t, st, due.At, got...)
	if jobs := st.Proof(&got[0]).Claim.Tail.Jobs; len(jobs) != 3 || jobs[2].Status != 'E' {
		t.Errorf("%+v", jobs)
	}
	changed := later(due, time.Second)
	changed.RDS.Replica.AWS.Value.Retention = 0
	changed.RDS.Parity = []model.Difference{{What: "backup retention", Primary: "7 d", Replica: "off"}}
	got, _ = Observed(changed, st, p)
	if k := kinds(got); !slices.Equal(k, []string{"settings of bacula-dr", "parity of bacula bacula-dr"}) || got[1].Verdict != model.Fails ||
		got[1].Why != "they differ in backup retention" {
		t.Errorf("%v %+v", k, got)
	}
}

// TestWhatWasNotSeenIsNotRecorded takes away one source after the other.
func TestWhatWasNotSeenIsNotRecorded(t *testing.T) {
	p := model.DefaultPolicy()
	for says, c := range map[string]struct {
		change func(*Snapshot)
		gone   []string
	}{
		"RDS primary: no answer": {func(s *Snapshot) {
			s.Source(model.Source{Kind: model.SourceInstance, Name: "primary"}).Why = "no answer"
			s.RDS.ParityAt = time.Time{}
		}, []string{"settings of bacula", "parity of bacula bacula-dr"}},
		"RDS replica settings: it does not answer": {func(s *Snapshot) {
			s.Source(model.Source{Kind: model.SourceSettings, Name: "replica"}).At = time.Time{}
		}, []string{"settings of bacula-dr"}},
		"its parameter group is other": {func(s *Snapshot) { s.RDS.Primary.AWS.Value.ParameterGroup = "other" }, []string{"settings of bacula"}},
		"blue catalog: wrong target": {func(s *Snapshot) {
			*s.Source(model.CatalogOf(model.Blue)) = Sighting{Source: model.CatalogOf(model.Blue), At: s.At, Wrong: true, Why: "wrong target"}
		}, []string{"tail of blue"}},
		"not proven to be the one that its Director uses: nobody says": {func(s *Snapshot) {
			s.Clusters[model.Green].Catalog.Target, s.Clusters[model.Green].Catalog.TargetSays = model.Unknown, "nobody says"
		}, []string{"tail of green"}},
		"a setting is": {func(s *Snapshot) { s.RDS.Primary.AWS.Value.Class = "\x1b[2J" }, []string{"settings of bacula"}},
	} {
		s := observing(t)
		c.change(s)
		got, unseen := Observed(s, nil, p)
		for _, g := range c.gone {
			if slices.Contains(kinds(got), g) {
				t.Errorf("%s: %s is recorded", says, g)
			}
		}
		if len(got) != 5-len(c.gone) || len(unseen) != len(c.gone) || !strings.Contains(strings.Join(unseen, "\n"), says) {
			t.Errorf("%s: %v, unseen %q", says, kinds(got), unseen)
		}
	}
}

func TestThePresentIsKnownAsFarAsItWasSeen(t *testing.T) {
	s := observing(t)
	green := model.Green
	dr := record.Bound{Kind: record.BoundInstance, Of: "bacula-dr", Region: "eu-central-1"}
	job := record.Bound{Kind: record.BoundJob, Cluster: &green, Of: "10"}
	ask := func(b record.Bound, is string, known bool) {
		t.Helper()
		if got, ok := s.Present(b); got != is || ok != known {
			t.Errorf("%+v: %q %v, want %q %v", b, got, ok, is, known)
		}
	}
	ask(dr, "db-bacula-dr", true)
	ask(job, "job0", true)
	ask(record.Bound{Kind: record.BoundJob, Cluster: &green, Of: "4711"}, "", false)
	ask(record.Bound{Kind: record.BoundInstance, Of: "bacula-dr", Region: "us-east-1"}, "", false)
	ask(record.Bound{Kind: record.BoundCommand}, "", false)
	s.Source(model.Source{Kind: model.SourceInstance, Name: "replica"}).Why = "silent"
	s.Source(model.CatalogOf(green)).Why = "silent"
	ask(dr, "", false)
	ask(job, "", false)
	s.RDS.Replica.Missing = noon
	ask(dr, "", true)
}

// TestEvidenceIsAnEventWhenItTellsMore: which jobs ended is told by those jobs.
func TestEvidenceIsAnEventWhenItTellsMore(t *testing.T) {
	s := observing(t)
	proofs, _ := Observed(s, nil, model.DefaultPolicy())
	failed := proofs[4]
	failed.Verdict, failed.Why = model.Fails, "they differ"
	failed.Claim.Parity = &record.Parity{Differences: []model.Difference{{What: "class"}}}
	for _, c := range []struct {
		proofs   []record.Proof
		tells    bool
		severity model.Severity
	}{{proofs[:2], false, model.Info}, {proofs[:3], true, model.Info}, {[]record.Proof{failed}, true, model.Warn}, {nil, true, model.Info}} {
		body, err := json.Marshal(record.Prove(c.proofs...))
		if err != nil {
			t.Fatal(err)
		}
		b := New("test", "", &model.Inventory{}, model.DefaultPolicy(), [2]*time.Location{time.UTC, time.UTC})
		b.Journal(&record.State{}, []record.Record{{Kind: record.KindEvidence, At: noon, Actor: "timer", Body: body}}, nil)
		if told := len(b.events) == 1; told != c.tells || told && b.events[0].Severity != c.severity {
			t.Errorf("%v: %+v", kinds(c.proofs), b.events)
		}
	}
}

// TestATailSaysOnWhichVolumesItsJobsAre, as far as the catalog tells: what it does not tell is named, and stops nothing.
func TestATailSaysOnWhichVolumesItsJobsAre(t *testing.T) {
	p, many := model.DefaultPolicy(), make([]string, record.TailVolumes+1)
	for i := range many {
		many[i] = fmt.Sprintf("V%d", i)
	}
	s := observing(t)
	for _, c := range model.Clusters {
		for i := range s.Clusters[c].Recent {
			s.Clusters[c].Recent[i].Type = model.TypeBackup
		}
		if ids := s.Unrecorded(c, nil); !slices.Equal(ids, []uint32{9, 10}) {
			t.Errorf("%s: asked for %v", c, ids)
		}
	}
	told := s.WithVolumes(model.Blue, map[uint32][]string{10: {"V1", "V2"}, 9: many}, "").WithVolumes(model.Green, nil, "no grant")
	proofs, unseen := Observed(told, nil, p)
	jobs := proofs[0].Claim.Tail.Jobs
	if len(proofs) != 5 || len(jobs[0].Volumes) > 0 || !slices.Equal(jobs[1].Volumes, []string{"V1", "V2"}) {
		t.Errorf("%v: %+v", kinds(proofs), jobs)
	}
	if len(unseen) != 2 || !strings.Contains(unseen[0], "JobId 9 of blue: it is on 65") ||
		unseen[1] != "the volumes of the ended jobs of green: no grant" {
		t.Errorf("unseen: %q", unseen)
	}
	st := noted(t, nil, noon, proofs...)
	for _, c := range model.Clusters {
		if ids := later(s, time.Minute).Unrecorded(c, st); len(ids) > 0 {
			t.Errorf("%s: asked again for %v", c, ids)
		}
	}
	wrong := *s.Clusters[model.Blue]
	wrong.Catalog.Target = model.Fails
	s.Clusters[model.Blue] = &wrong
	if ids := s.Unrecorded(model.Blue, nil); len(ids) > 0 {
		t.Errorf("asked of another's catalog: %v", ids)
	}
}
