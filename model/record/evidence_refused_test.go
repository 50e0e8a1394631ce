package record

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// TestEvidenceIsRefused is every way in which a proof is none.
func TestEvidenceIsRefused(t *testing.T) {
	said := func(change func(*Proof)) Proof {
		p := Proof{Of: Subject{Cluster: on(model.Blue)}, Claim: Proven{Said: &Said{"nobody reads it"}}, By: Means{Kind: ByWord},
			Verdict: model.Holds, At: t0}
		change(&p)
		return p
	}
	with := func(p Proof, change func(*Proof)) Proof { change(&p); return p }
	for says, p := range map[string]Proof{
		"names no cluster, no cell":      said(func(p *Proof) { p.Of = Subject{} }),
		"are those of a cluster":         with(restored(t0), func(p *Proof) { p.Of.Cluster = nil }),
		"a name in what it is about":     with(restored(t0), func(p *Proof) { p.Of.Volumes = []string{""} }),
		"JobId 0":                        with(restored(t0), func(p *Proof) { p.Of.Jobs = []ProvenJob{{}} }),
		"about 1001 jobs":                with(restored(t0), func(p *Proof) { p.Of.Jobs = slices.Repeat(p.Of.Jobs, 1001) }),
		"which is not plain text of 256": with(restored(t0), func(p *Proof) { p.Of.Storage = "\x1b[2J" }),
		"SHA-256 of its command":         with(restored(t0), func(p *Proof) { p.Of.Command = "abc" }),
		"its cell is of no kind":         with(restored(t0), func(p *Proof) { c := *p.Of.Cell; c.Kind = 7; p.Of.Cell = &c }),
		"claims 0 things":                said(func(p *Proof) { p.Claim = Proven{} }),
		"claims 2 things":                said(func(p *Proof) { p.Claim.Restored = &Restored{} }),
		"settings is what only a look":   with(settings(t0, "db-A", "c"), func(p *Proof) { p.By.Kind = ByWord }),
		"restored is what no look":       with(restored(t0), func(p *Proof) { p.By.Kind = ByLook }),
		"plain text of 1 to":             said(func(p *Proof) { p.Claim.Said.Says = "" }),
		"a restore is one of a cell":     with(restored(t0), func(p *Proof) { p.Of.Cell, p.Of.Jobs = nil, nil }),
		"tables and rows are those":      with(restored(t0), func(p *Proof) { p.Claim.Restored = &Restored{Rows: 1} }),
		"less than no time":              with(restored(t0), func(p *Proof) { p.Claim.Restored = &Restored{Took: -1} }),
		"settings are those of one":      with(settings(t0, "db-A", "c"), func(p *Proof) { p.Of.Instances = slices.Repeat(p.Of.Instances, 2) }),
		"nobody has read them":           settings(t0, "db-A", ""),
		"parity is that of two":          with(settings(t0, "db-A", "c"), func(p *Proof) { p.Claim = Proven{Parity: &Parity{}} }),
		"parity holds where nothing": with(settings(t0, "db-A", "c"), func(p *Proof) {
			p.Of.Instances = slices.Repeat(p.Of.Instances, 2)
			p.Claim = Proven{Parity: &Parity{Differences: []model.Difference{{What: "class"}}}}
		}),
		"a tail is that of one cluster":  with(tailOf(t0, model.Blue), func(p *Proof) { p.Of.Cell = &oneCell }),
		"has not ended":                  tailOf(t0, model.Blue, ended("j", time.Time{})),
		"is in the tail twice":           tailOf(t0, model.Blue, ended("j", t0), ended("j", t0)),
		"which is none of an ended one":  tailOf(t0, model.Blue, TailJob{Job: "j", Status: 'R', End: t0}),
		"no plain name":                  tailOf(t0, model.Blue, TailJob{Job: "j", Status: 'T', End: t0, Volumes: []string{"\x07"}}),
		"a tail of 1001":                 tailOf(t0, model.Blue, make([]TailJob, TailJobs+1)...),
		"write look, test, attestation":  said(func(p *Proof) { p.By.Kind = "rumour" }),
		"has a name, and nothing else":   said(func(p *Proof) { p.By.Kind = ByFramework }),
		"the framework's name":           said(func(p *Proof) { p.By = Means{ByFramework, "\x1b]0;x\x07y"} }),
		"its verdict is none":            said(func(p *Proof) { p.Verdict = 9 }),
		"a look that saw nothing":        with(settings(t0, "db-A", "c"), func(p *Proof) { p.Verdict, p.Why = model.Unknown, "silent" }),
		"what does not hold says why":    said(func(p *Proof) { p.Verdict = model.Fails }),
		"what holds gives no reason":     said(func(p *Proof) { p.Why = "because" }),
		"not plain text of 2048":         said(func(p *Proof) { p.Verdict, p.Why = model.Fails, strings.Repeat("x", 2049) }),
		"does not say when it was seen":  said(func(p *Proof) { p.At = time.Time{} }),
		"later than it is recorded":      said(func(p *Proof) { p.At = t0.Add(time.Hour) }),
		"until before it was seen":       said(func(p *Proof) { p.Until = t0 }),
		"counts for longer than":         said(func(p *Proof) { p.Until = t0.Add(500 * 24 * time.Hour) }),
		"evidence 2: what does not hold": said(func(p *Proof) { p.Verdict = model.Fails }),
		"evidence of 65 things":          said(func(*Proof) {}),
	} {
		e := Prove(p)
		switch {
		case strings.HasPrefix(says, "evidence 2"):
			e = Prove(restored(t0), p)
		case strings.HasPrefix(says, "evidence of"):
			e = Prove(slices.Repeat([]Proof{p}, 65)...)
		}
		if err := e.check(t0); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	s := story(t, nil)
	bad := restored(t0)
	bad.At = time.Time{}
	refuses(t, s, "ann", Prove(bad), "does not say when it was seen")
	if _, err := Fold(s, follow(t, s, "ann", t0, Prove(bad))); !errors.Is(err, ErrIllegal) {
		t.Error(err)
	}
}
