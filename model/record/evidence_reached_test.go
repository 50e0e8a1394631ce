package record

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func reachedAt(at time.Time, of ...ReachedClient) Proof {
	c := model.Green
	for i := range of {
		of[i].At = at
	}
	p := Proof{Of: Subject{Cluster: &c}, Claim: Proven{Reached: &Reached{Of: of}}, By: Means{Kind: ByLook}, At: at, Until: at.Add(time.Hour)}
	p.Verdict, p.Why = p.Claim.Reached.Verdict()
	return p
}

// TestTheNewestWordOfEachFileDaemonIsKept, whichever record brought it, and the verdict is that of all of them.
func TestTheNewestWordOfEachFileDaemonIsKept(t *testing.T) {
	const mute = "its file daemon lets the Director wait"
	a, b := ReachedClient{Client: "a-fd", Version: "9.6.7"}, ReachedClient{Client: "b-fd", Why: mute, Silent: true}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := &State{}
	add := func(at time.Time, of ...ReachedClient) {
		t.Helper()
		p := reachedAt(at, of...)
		if err := p.Check(at); err != nil {
			t.Fatal(err)
		}
		s.Evidence = taken(s.Evidence, &Proved{Proof: p, key: p.key()})
	}
	add(now, a, b)
	add(now.Add(time.Hour), ReachedClient{Client: "c-fd", Version: "9.6.7"})
	p := s.Proof(&Proof{Of: s.Evidence[0].Of, Claim: Proven{Reached: &Reached{}}})
	if len(s.Evidence) != 1 || p.Verdict != model.Fails || p.Why != "b-fd: "+mute ||
		p.Claim.String() != "2 file daemons answered, 1 cannot be had to work" {
		t.Fatalf("%v: %v, %s", p.Claim.String(), p.Verdict, p.Why)
	}
	if err := p.Check(p.At); err != nil { // as it is carried into another journal
		t.Error(err)
	}
	if got, is := s.Reached(model.Green).Client("b-fd"); !is || !got.Silent || !got.At.Equal(now) {
		t.Errorf("%+v, %v", got, is)
	}
	if _, is := s.Reached(model.Blue).Client("a-fd"); is {
		t.Error("what was asked through green is known of blue")
	}
	b = ReachedClient{Client: "b-fd", Version: "9.6.7"}
	add(now.Add(2*time.Hour), b)
	add(now.Add(90*time.Minute), ReachedClient{Client: "b-fd", Why: mute}) // it comes late
	if p = s.Evidence[0]; p.Verdict != model.Holds || p.Why != "" {
		t.Errorf("%v, %s", p.Verdict, p.Why)
	}
	all := &Reached{}
	for i := range keptReached + 3 {
		all = &Reached{Of: append(all.Of, ReachedClient{Client: fmt.Sprintf("%06d", i), At: now.Add(time.Duration(i) * time.Second)})}
	}
	if all = all.with(nil); len(all.Of) != keptReached || all.Of[0].Client != "000003" {
		t.Errorf("%d are kept, the first is %s", len(all.Of), all.Of[0].Client)
	}
}

func TestWordsOfFileDaemonsThatAreNone(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	ok := ReachedClient{Client: "a-fd", Version: "9.6.7"}
	cell := model.Cell{Chain: "c", Region: "r"}
	for says, change := range map[string]func(*Proof){
		"is what only a look proves":      func(p *Proof) { p.By.Kind = ByTest },
		"asked through one cluster":       func(p *Proof) { p.Of.Cell = &cell },
		"0 file daemons":                  func(p *Proof) { p.Claim.Reached.Of = nil },
		"not told in plain text":          func(p *Proof) { p.Claim.Reached.Of[0].Client = "a\x1b" },
		"not in order, each once":         func(p *Proof) { p.Claim.Reached.Of = append(p.Claim.Reached.Of, ok, ok) },
		"asked at no time":                func(p *Proof) { p.Claim.Reached.Of[0].At = now.Add(time.Hour) },
		"its version is not told":         func(p *Proof) { p.Claim.Reached.Of[0].Version = "" },
		"where each can be had to work":   func(p *Proof) { p.Verdict, p.Why = model.Fails, "x" },
		"answered, and its version is no": func(p *Proof) { p.Claim.Reached.Of[0].Silent = true },
	} {
		p := reachedAt(now, ok)
		change(&p)
		if err := p.Check(now); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
