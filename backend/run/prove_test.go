package run_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/record"
)

// provers are runners on one journal, each with a view of its own.
func provers(t *testing.T, n int) (out []*run.Runner) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "journal")
	made, err := journal.MakeDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Close() })
	if _, err := journal.Begin(t.Context(), made, journal.Options{Environment: "toy"}, "ann", nil); err != nil {
		t.Fatal(err)
	}
	for range n {
		d, err := journal.OpenDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		j, err := journal.Open(t.Context(), d, journal.Options{Environment: "toy"})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, &run.Runner{Journal: j, Actor: "timer", Now: model.Now})
	}
	return out
}

func said(says string) record.Proof {
	green := model.Green
	return record.Proof{Of: record.Subject{Cluster: &green}, Claim: record.Proven{Said: &record.Said{Says: says}},
		By: record.Means{Kind: record.ByWord}, Verdict: model.Holds, At: model.Now().UTC().Truncate(time.Millisecond)}
}

// TestManyThatObserveRecordOnce: whoever is late is asked again, by what is in the journal then.
func TestManyThatObserveRecordOnce(t *testing.T) {
	all := provers(t, 6)
	p := said("the same")
	var wg sync.WaitGroup
	recorded := make([]int, len(all))
	for i, r := range all {
		wg.Go(func() {
			got, err := r.Observe(t.Context(), func(s *record.State) []record.Proof {
				if s.Proof(&p) != nil {
					return nil
				}
				return []record.Proof{p}
			})
			if err != nil {
				t.Error(err)
			}
			recorded[i] = len(got)
		})
	}
	wg.Wait()
	n := 0
	for i, r := range all {
		if _, err := r.Journal.Refresh(t.Context()); err != nil || r.Journal.State().Head.Seq != 2 || r.Journal.State().Proven != 1 {
			t.Errorf("%v: %+v", err, r.Journal.State().Head)
		}
		n += recorded[i]
	}
	if n != 1 {
		t.Errorf("%d say that they recorded it", n)
	}
}

func TestAProofIsRecordedOnce(t *testing.T) {
	r := provers(t, 1)[0]
	p := said("nobody reads the old catalog")
	for range 2 {
		if err := r.Prove(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if st := r.Journal.State(); st.Head.Seq != 2 || st.Proof(&p).Who != "timer" {
		t.Errorf("%+v", st.Head)
	}
	bad := p
	bad.Verdict = model.Unknown
	if err := r.Prove(t.Context(), bad); !errors.Is(err, model.ErrGuard) || !strings.Contains(err.Error(), "what does not hold says why") {
		t.Error(err)
	}
}
