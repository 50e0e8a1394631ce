package record

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// Evidence is what was proven at once: by one look at the world, one test, one word. About and Says tell it to a program that knows no
// more of it, and are all that such a program wrote; what is shown is made from Proofs.
type Evidence struct {
	About  string  `json:"about"`
	Says   string  `json:"says"`
	Proofs []Proof `json:"proofs,omitempty"`
}

// RecordKind is KindEvidence.
func (Evidence) RecordKind() string { return KindEvidence }

// Proof is one claim about one thing: by what, how it came out, and for how long it counts.
type Proof struct {
	Of      Subject       `json:"of"`
	Claim   Proven        `json:"claim"`
	By      Means         `json:"by"`
	Verdict model.Verdict `json:"verdict"`        // Unknown: it could not be carried out, which says nothing of what it is about
	Why     string        `json:"why,omitempty"`  // it fails, or could not be carried out
	At      time.Time     `json:"at"`             // when that was seen
	Until   time.Time     `json:"until,omitzero"` // zero: until what it is bound to changes
}

// Means is by what something was proven. Who answers for it is the record's actor.
type Means struct {
	Kind      MeansKind `json:"kind"`
	Framework string    `json:"framework,omitempty"` // the name of one that is not ours; only of ByFramework
}

// MeansKind is one of the ways to prove something.
type MeansKind string

// The ways; the list is closed.
const (
	ByLook      MeansKind = "look"        // a source was asked
	ByTest      MeansKind = "test"        // a plan of ours tried it
	ByWord      MeansKind = "attestation" // a person says so
	ByFramework MeansKind = "framework"   // a framework that is not ours says so
)

func (m Means) String() string {
	switch m.Kind {
	case ByLook:
		return "a look"
	case ByTest:
		return "a test"
	case ByWord:
		return "a person's word"
	case ByFramework:
		return m.Framework
	}
	return "nothing that is known"
}

// NotCarriedOut is the word for what is no verdict: a test that did not come to one.
const NotCarriedOut = "not carried out"

// Word is the verdict's, or NotCarriedOut.
func (p *Proof) Word() string {
	if p.Verdict == model.Unknown {
		return NotCarriedOut
	}
	return p.Verdict.String()
}

// What one record of evidence may hold.
const (
	maxProofs   = 64
	maxSubjects = 1000    // JobIds, or volumes, of one subject
	maxName     = 256     // bytes of a name
	maxWhy      = 2 << 10 // bytes of a sentence
	longestTerm = 400 * 24 * time.Hour
)

// Prove makes the record of proofs.
func Prove(proofs ...Proof) Evidence {
	e := Evidence{Proofs: proofs, Says: proofsSay(proofs)}
	if len(proofs) > 0 {
		e.About = proofs[0].Of.String()
	}
	if n := len(proofs); n > 1 {
		e.About += fmt.Sprintf(" and %d more", n-1)
	}
	return e
}

// line tells a record of evidence.
func (e *Evidence) line() string {
	if len(e.Proofs) == 0 {
		return because("evidence of "+e.About, e.Says)
	}
	return "evidence: " + proofsSay(e.Proofs)
}

// toldProofs bounds how many proofs a line tells.
const toldProofs = 3

func proofsSay(proofs []Proof) string {
	var parts []string
	for i := range proofs[:min(len(proofs), toldProofs)] {
		parts = append(parts, proofs[i].String())
	}
	if n := len(proofs) - toldProofs; n > 0 {
		parts = append(parts, strconv.Itoa(n)+" more")
	}
	return strings.Join(parts, "; ")
}

// String says the proof in a line.
func (p *Proof) String() string {
	return because(fmt.Sprintf("%s, %s: %s, by %s", &p.Of, &p.Claim, p.Word(), p.By), p.Why)
}

// check refuses evidence that nobody could rely on; at is when it was recorded. What an older program wrote holds no proofs.
func (e *Evidence) check(at time.Time) error {
	if len(e.Proofs) > maxProofs {
		return fmt.Errorf("evidence of %d things at once, more than %d", len(e.Proofs), maxProofs)
	}
	for i := range e.Proofs {
		if err := e.Proofs[i].Check(at); err != nil {
			return fmt.Errorf("evidence %d: %w", i+1, err)
		}
	}
	return nil
}

// Check says what is wrong with a proof that is recorded at a moment.
func (p *Proof) Check(at time.Time) error {
	if err := p.Of.check(); err != nil {
		return err
	}
	if err := p.Claim.check(p); err != nil {
		return err
	}
	if err := p.By.check(); err != nil {
		return err
	}
	for _, bad := range []struct {
		is   bool
		says string
	}{
		{p.Verdict > model.Holds, "its verdict is none"},
		{p.Verdict == model.Unknown && p.By.Kind == ByLook, "a look that saw nothing proves nothing: it is not recorded"},
		{p.Verdict != model.Holds && p.Why == "", "what does not hold says why"},
		{p.Verdict == model.Holds && p.Why != "", "what holds gives no reason why not"},
		{!plain(p.Why, maxWhy), "its reason is not plain text of " + strconv.Itoa(maxWhy) + " bytes at most"},
		{p.At.IsZero(), "it does not say when it was seen"},
		{p.At.After(at.Add(model.ClockSlack)), "it was seen later than it is recorded"},
		{!p.Until.IsZero() && !p.Until.After(p.At), "it counts until before it was seen"},
		{!p.Until.IsZero() && p.Until.Sub(p.At) > longestTerm, "it counts for longer than " + model.Span(longestTerm)},
	} {
		if bad.is {
			return errors.New(bad.says)
		}
	}
	return nil
}

func (m Means) check() error {
	switch {
	case !slices.Contains([]MeansKind{ByLook, ByTest, ByWord, ByFramework}, m.Kind):
		return fmt.Errorf("it is by %.40q: write %s, %s, %s or %s", m.Kind, ByLook, ByTest, ByWord, ByFramework)
	case (m.Kind == ByFramework) != (m.Framework != ""):
		return errors.New("a framework that is not ours has a name, and nothing else has one")
	case !plain(m.Framework, maxName):
		return fmt.Errorf("the framework's name is not plain text of %d bytes at most", maxName)
	}
	return nil
}

// plain tells whether a text is as Clean leaves it, and not too long.
func plain(s string, limit int) bool { return len(s) <= limit && s == model.Clean(s) }
