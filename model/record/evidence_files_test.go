package record

import (
	"strings"
	"testing"

	"switchyard/model"
)

func TestFilesOfDirectors(t *testing.T) {
	green, sum := model.Green, strings.Repeat("0a", 32)
	proof := func(change func(*Proof)) Proof {
		p := Proof{Of: Subject{Cluster: &green}, By: Means{Kind: ByLook}, Verdict: model.Fails, Why: "dir-new: edited", At: t0,
			Claim: Proven{Files: &Files{Of: []FileOf{{Director: "dir-new", Read: t0, SHA256: sum, First: sum, Differs: "edited"}}}}}
		change(&p)
		return p
	}
	whole := proof(func(*Proof) {})
	if err := whole.Check(t0); err != nil || whole.String() != "green, files are those that are loaded: fails, by a look: dir-new: edited" {
		t.Errorf("%v: %s", err, whole.String())
	}
	for says, change := range map[string]func(*Proof){
		"of no cluster":   func(p *Proof) { p.Of.Cluster = nil; p.Of.Cell = &model.Cell{Chain: "c", Region: "r"} },
		"of nobody":       func(p *Proof) { p.Claim.Files.Of = nil },
		"without a time":  func(p *Proof) { p.Claim.Files.Of[0].Read = p.Until },
		"of no hash":      func(p *Proof) { p.Claim.Files.Of[0].SHA256 = "x" },
		"with an escape":  func(p *Proof) { p.Claim.Files.Of[0].Differs = "\x1b[2J" },
		"holds, although": func(p *Proof) { p.Verdict, p.Why = model.Holds, "" },
		"fails, although": func(p *Proof) { p.Claim.Files.Of[0].Differs = "" },
		"by a test":       func(p *Proof) { p.By.Kind = ByTest },
	} {
		p := proof(change)
		if err := p.Check(t0); err == nil {
			t.Errorf("%s is taken", says)
		}
	}
}
