package plan

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Recover asks for the next part of a recovery after a disaster: first that a Director comes up on the catalog that is left, and restores
// the chains that others need; then for more chains, a tier at a time.
type Recover struct {
	Bundle  time.Time      `json:"bundle_made"`
	Up      *BringUp       `json:"up,omitempty"` // nil: the Director is up
	Chains  []RecoverChain `json:"chains,omitempty"`
	AtOnce  int            `json:"at_once"`
	Left    int            `json:"left"`              // chains that come back and are asked for later
	Lost    []string       `json:"lost,omitempty"`    // chains that are given up
	Doubt   []string       `json:"doubt,omitempty"`   // chains of which nobody knows, or which no catalog that answers knows
	Drill   bool           `json:"drill,omitempty"`   // everything is there, and stays as it is
	Anew    bool           `json:"anew,omitempty"`    // another disaster followed: what was brought back before is gone, too
	Scratch *Scratch       `json:"scratch,omitempty"` // what a drill brings up; nil: it goes by the Director that is there
	Before  int            `json:"before,omitempty"`  // chains that count as back although the Director which did it is gone
}

// BringUp is the Director that comes up, and what it must not meet.
type BringUp struct {
	Director string        `json:"director"` // green's
	Old      []OldDirector `json:"old"`      // that scheduled before, of both clusters
	On       *OnInstance   `json:"on"`       // of its catalog; nil: nobody can tell
	At       string        `json:"at"`       // host:port of that
	Storage  string        `json:"storage"`  // the Storage Daemon that proves that volumes are reached; empty: none has to be
}

// OldDirector is one that was there before the disaster: dead, or only cut off from here.
type OldDirector struct {
	OnDirector
	Answers model.Answer `json:"answers"`
}

// RecoverChain is the restore of a chain.
type RecoverChain struct {
	Restore
	Bytes  uint64 `json:"bytes"`            // of its set, as stored
	First  bool   `json:"first,omitempty"`  // others need it
	Verify *Call  `json:"verify,omitempty"` // compares what was restored; nil: nothing does
	Remove *Call  `json:"remove,omitempty"` // removes it again, in a drill
}

// mostRecovered bounds the chains of one part: the rest is asked for again.
const mostRecovered = 60

// Survey is what a recovery is planned from.
type Survey struct {
	Bundle    time.Time
	Survivors []model.Survivor // in the order of the recovery
	Up        BringUp          // used until it is up
	AtOnce    int
	Client    func(model.Cell) string
	Below     string
	Format    func(model.Cell) model.Format
	Verify    func(model.Format) *Call
	Drill     bool
	Anew      bool     // a person says that another disaster followed: nothing that this journal tells is back
	Remove    *Call    // of a drill: the command that removes what was restored
	Scratch   *Scratch // of a drill: what it brings up
}

// The verb of each part of a recovery, and the parts, as actions tell of them.
const (
	RecoverVerb = "recover"
	recoverUp   = "bring up"
	recoverMore = "restore"
	recoverTry  = "drill"
)

// recovery is the one that it is a part of: a journal may have seen others, drills and tests of restores.
func (r *Recover) recovery() *record.Recovery {
	of := &record.Recovery{Bundle: r.Bundle, Anew: r.Anew}
	if r.Up != nil {
		of.Director = model.Clean(r.Up.Director)
	}
	return of
}

// partOf tells whether an action is a part of the recovery by the bundle that was made then. A drill is of none: it leaves nothing.
func partOf(a *record.Action, bundle time.Time) bool {
	return a.Verb == RecoverVerb && a.Which != recoverTry && a.Recovery != nil && !bundle.IsZero() && a.Recovery.Bundle.Equal(bundle)
}

// parts are those of the recovery by the bundle that was made then, as this journal tells, since the last disaster.
func parts(s *record.State, bundle time.Time) (out []*record.Action) {
	if s == nil {
		return nil
	}
	for _, a := range s.Actions {
		if !partOf(a, bundle) {
			continue
		}
		if a.Recovery.Anew && (a.Intent > 0 || a.Done > 0) {
			out = nil
		}
		out = append(out, a)
	}
	return out
}

// BroughtUp tells whether the recovery by that bundle has brought this Director up.
func BroughtUp(s *record.State, bundle time.Time, director string) bool {
	return slices.ContainsFunc(parts(s, bundle), func(a *record.Action) bool {
		return a.Which == recoverUp && a.Recovery.Director == model.Clean(director) && a.State == record.ActionDone
	})
}

// Recovered are the chains that the recovery by that bundle has brought back, as this journal tells: verified, and not seen to be something
// else. What a drill, a test or anybody's restore left somewhere is none of it.
func Recovered(s *record.State, bundle time.Time) map[string]bool {
	back := map[string]bool{}
	for _, a := range parts(s, bundle) {
		last := ""
		for _, f := range a.Found {
			switch {
			case f.Restored != nil:
				name, of := strings.CutSuffix(path.Base(f.Restored.Where), "-"+a.ID)
				if last = name; of {
					back[name] = true
				}
			case f.Tested != nil && f.Tested.Verdict == model.Fails:
				delete(back, last)
			}
		}
	}
	return back
}

// RecoverOf is what is to be done next; ErrNone: nothing is left that could be, or it is not known yet on what. A Director that came up and
// is gone again comes up once more.
func RecoverOf(w World, v *Survey) (*Recover, error) {
	r := &Recover{Bundle: v.Bundle, AtOnce: max(1, v.AtOnce), Drill: v.Drill, Anew: v.Anew && !v.Drill}
	back := Recovered(w.State, v.Bundle)
	up := BroughtUp(w.State, v.Bundle, v.Up.Director)
	switch {
	case v.Drill, v.Anew:
		back = nil
	case up && w.gone(v.Up.Director):
		r.Before, up = len(back), false
	}
	if !v.Drill && (!up || v.Anew) {
		up := v.Up
		var known bool
		if up.On, up.At, known = w.left(); !known {
			return nil, fmt.Errorf("recovering: which instance takes writes is not known yet: %w", model.ErrNone)
		}
		r.Up = &up
	}
	if v.Drill {
		r.Scratch = v.Scratch
	}
	tier, first := -1, -1
	for i := range v.Survivors {
		c := &v.Survivors[i]
		switch {
		case c.Back == model.Answer(model.Fails):
			r.Lost = append(r.Lost, model.Clean(c.Chain))
			continue
		case c.Back != model.Answer(model.Holds) || strange(c):
			r.Doubt = append(r.Doubt, model.Clean(c.Chain))
			continue
		case back[c.Chain]:
			continue
		case tier < 0 && !c.First:
			tier = c.Tier
		}
		now := c.First || r.Up == nil && c.Tier == tier && len(r.Chains) < mostRecovered
		if v.Drill {
			now = c.First || len(r.Chains) < drillChains
		}
		if !now {
			if r.Left++; first < 0 {
				first = i
			}
			continue
		}
		r.Chains = append(r.Chains, v.chain(c))
	}
	if r.Up != nil && len(r.Chains) == 0 && first >= 0 { // only a job lets it be seen at work
		r.Chains, r.Left = append(r.Chains, v.chain(&v.Survivors[first])), r.Left-1
	}
	if r.Up == nil && len(r.Chains) == 0 {
		return nil, fmt.Errorf("recovering: nothing is left that could be restored: %w", model.ErrNone)
	}
	return r, nil
}

// gone tells whether nobody listens where green's Director of that name was.
func (w World) gone(director string) bool {
	listens, _ := w.listens(w.source(model.DirectorOf(model.Green, director)))
	return listens == model.Fails
}

// left is the instance of the catalog that is left; nil when nobody can tell, known false while it may still be told.
func (w World) left() (on *OnInstance, at string, known bool) {
	known = true
	if w.Snapshot.RDS == nil {
		return nil, "", true
	}
	for _, i := range []*model.Instance{w.Snapshot.RDS.Primary, w.Snapshot.RDS.Replica} {
		if i == nil {
			continue
		}
		if !i.Server.Seen() || !i.AWS.Seen() {
			known = known && (i.Server.Why != "" || i.AWS.Why != "")
			continue
		}
		if !i.Server.Value.ReadOnly && i.Server.Why == "" {
			return onInstance(i), cmp.Or(i.AWS.Value.Endpoint, i.AWS.Value.Address), true
		}
	}
	return nil, "", known
}

// strange tells that the catalog which is left does not know the chain's point: its volume must be read into it before.
func strange(c *model.Survivor) bool {
	return c.Point != nil && (c.Point.Card || c.Point.Key.Cluster != model.Green)
}

// drillChains is how many chains a drill restores.
const drillChains = 3

func (v *Survey) chain(c *model.Survivor) RecoverChain {
	p := &c.Point.RestorePoint
	format := v.Format(p.Cell)
	out := RecoverChain{Restore: *RestoreOf(p, format, v.Client(p.Cell), v.Below, nil), Bytes: p.Bytes, First: c.First}
	if c.First || v.Drill {
		out.Verify = v.Verify(format)
	}
	if v.Drill {
		out.Remove = v.Remove
	}
	return out
}

func (r *Recover) check() error {
	if r.AtOnce < 1 || len(r.Chains) > mostRecovered+1 {
		return fmt.Errorf("want %d chains at most, and 1 or more at once", mostRecovered)
	}
	if s := r.Scratch; s != nil {
		if !r.Drill {
			return errors.New("only a drill brings up a Director on a copy of the catalog")
		}
		if err := s.check(); err != nil {
			return err
		}
	}
	for i := range r.Chains {
		c := &r.Chains[i]
		if r.Drill != (c.Remove != nil) {
			return errors.New("a drill removes what it restored, and nothing else does")
		}
		if c.Point.Cluster != model.Green {
			return fmt.Errorf("%s: %s's catalog is not the one that is left", model.Clean(c.Cell.Chain), c.Point.Cluster)
		}
		if err := c.Check(); err != nil {
			return fmt.Errorf("%s: %w", model.Clean(c.Cell.Chain), err)
		}
	}
	return nil
}

func (r *Recover) words() (verb, says, confirm string) {
	what := model.Plural(len(r.Chains), "chain")
	switch {
	case r.Scratch != nil:
		return RecoverVerb, model.Clean(fmt.Sprintf("drill a recovery: let %s come up on a copy of the catalog, and restore %s to scratch "+
			"clients", r.Scratch.Director, what)), "drill recovery"
	case r.Drill:
		return RecoverVerb, "drill a recovery: restore " + what + " to scratch clients", "drill recovery"
	case r.Up != nil:
		with, again := "recover with ", ""
		if r.Anew {
			with, again = "recover anew with ", " anew"
		}
		if len(r.Chains) > 0 && r.Chains[0].First {
			what += " that others need"
		}
		return RecoverVerb, model.Clean(fmt.Sprintf("recover%s: let %s come up on the catalog that is left, and restore %s", again, r.Up.Director,
			what)), model.Clean(with + r.Up.Director)
	}
	return RecoverVerb, "recover: restore " + what, "recover " + what
}

// which part of a recovery it is.
func (r *Recover) which() string {
	switch {
	case r.Drill:
		return recoverTry
	case r.Up != nil:
		return recoverUp
	}
	return recoverMore
}

func (r *Recover) plan(w World, id string) (*Plan, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("planning a recovery: %w", err)
	}
	if of := w.Routing.Bundle; !of.IsZero() && !of.Equal(r.Bundle) {
		return nil, fmt.Errorf("planning a recovery: it was asked for by the bundle of %s UTC, and this is the one of %s: ask again",
			r.Bundle.UTC().Format("2 Jan 15:04:05"), of.UTC().Format("2 Jan 15:04:05"))
	}
	p := &Plan{ID: id, Ask: Ask{Recover: r}, Emergency: !r.Drill}
	p.Verb, p.Says, p.Confirm = r.words()
	guards := []string{"recover-bundle", "recover-catalog", "recover-alone", "recover-lost"}
	each := []string{"recover-catalog", "recover-alone"}
	if r.Up != nil {
		p.Steps = w.bringUp(r.Up)
	} else {
		guards = append([]string{"director-answers", "director-linked"}, guards...)
		each = append([]string{"director-answers"}, each...)
		guards = append(guards, guardFirst)
	}
	if r.Drill {
		guards = []string{"director-answers", "director-linked", "recover-bundle", "recover-catalog", "recover-lost", "recover-scratch"}
		each = []string{"director-answers", "recover-catalog"}
	}
	if r.Scratch != nil { // of what is in use nothing has to answer
		guards, each = []string{"recover-bundle", "recover-lost", "recover-scratch"}, []string{"recover-scratch"}
		p.Steps = r.Scratch.up()
	}
	steps, err := r.restores(w, id, each)
	if err != nil {
		return nil, fmt.Errorf("planning a recovery: %w", err)
	}
	if r.Up != nil {
		steps = w.proven(r.Up, steps)
	}
	p.Steps = append(p.Steps, steps...)
	if r.Scratch != nil {
		p.Steps = append(p.Steps, r.Scratch.down()...)
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("planning a recovery: it restores nothing: %w", model.ErrNone)
	}
	p.guarded(guards)
	p.nameLeft()
	p.Costs, p.Undo = r.costs(w), r.undo()
	return w.Finish(p, guards...)
}
