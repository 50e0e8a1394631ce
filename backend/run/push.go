package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/backend/bacula/push"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// Pushed is one Director that orders may be about.
type Pushed struct {
	push.Target
	// Cannot says why nothing is pushed to it; empty: it is. Where another control plane pushes, nothing of its files is known.
	Cannot string
	Greets string // the name that its Director greets with, which another one may have too; empty: nobody else has it
	// CatalogFile has its Catalog resource, on its host; empty: nobody but a person changes that.
	CatalogFile string
	Owned       bool // by another control plane
	// Refuses asks that control plane whether it refuses the routes, and why; nil: there is nothing to be asked.
	Refuses func(context.Context) (says string, refuses bool, err error)
}

// Directors is the hand that gives Directors their configuration. It is for one runner: not safe for concurrent use.
type Directors struct {
	Of   map[plan.OnDirector]*Pushed
	Want func(context.Context, model.Cluster) (*push.Wanted, error) // by the newest routes record
	Hold func(context.Context, model.Cluster) (*push.Wanted, error) // the same, with nothing that starts by itself; nil: nothing is held
	Now  func() time.Time
	// Managers are the configuration managers of the clusters' Directors; nil: that one is not held.
	Managers [2]*Manager

	// bad is why a push of this process failed although its jobs are loaded, by Director: the Director said so once, and says it to
	// nobody again.
	bad map[plan.OnDirector]string
}

// pushes are what the hand does, by the orders' names in their table.
var pushes = map[string]struct {
	on   func(plan.Order) *plan.OnDirector
	look func(*Directors, context.Context, *Pushed, plan.OnDirector, plan.Past) (Sight, error)
	do   func(*Directors, context.Context, *Pushed, plan.OnDirector, plan.Past) error // nil of an order that only looks
}{
	"push":      {func(o plan.Order) *plan.OnDirector { return o.Push }, (*Directors).pushed, (*Directors).push},
	"put_back":  {func(o plan.Order) *plan.OnDirector { return o.PutBack }, (*Directors).isBack, (*Directors).putBack},
	"enable":    {func(o plan.Order) *plan.OnDirector { return &o.Enable.OnDirector }, nil, nil},
	"effective": {func(o plan.Order) *plan.OnDirector { return o.Effective }, (*Directors).effective, nil},
}

// Look reads the Director and its file, and compares them with what the newest routes come to.
func (h *Directors) Look(ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
	switch {
	case o.Repoint != nil:
		return h.repointed(ctx, o.Repoint)
	case o.Hold != nil:
		return h.held(ctx, o.Hold, true)
	case o.LetGo != nil:
		return h.held(ctx, o.LetGo, false)
	}
	row, on, err := h.find(o)
	if err != nil {
		return Sight{}, fmt.Errorf("looking at a step: %w", err)
	}
	if o.Enable != nil {
		return enabled(ctx, h.Of[on.Itself()], o.Enable)
	}
	return pushes[row].look(h, ctx, h.Of[on.Itself()], on, past)
}

// Do pushes, or puts back.
func (h *Directors) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	switch {
	case o.Repoint != nil:
		return h.repoint(ctx, o.Repoint)
	case o.Hold != nil:
		return h.hold(ctx, o.Hold, true)
	case o.LetGo != nil:
		return h.hold(ctx, o.LetGo, false)
	}
	row, on, err := h.find(o)
	if err == nil && pushes[row].do == nil && o.Enable == nil {
		err = errors.New("its order only looks")
	}
	if d := h.Of[on.Itself()]; err == nil && d.Cannot != "" {
		err = errors.New(d.Cannot)
	}
	if err == nil {
		err = h.itself(ctx, on)
	}
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	if o.Enable != nil {
		return enable(ctx, h.Of[on.Itself()], o.Enable)
	}
	return pushes[row].do(h, ctx, h.Of[on.Itself()], on, past)
}

// itself refuses a Director for which another one of its name answers: only the process tells them apart. One that is silent does not
// answer for anybody.
func (h *Directors) itself(ctx context.Context, on plan.OnDirector) error {
	stopped := on.Stopped
	on = on.Itself()
	d := h.Of[on]
	for other, of := range h.Of {
		if other == on || d.Greets == "" || of.Greets != d.Greets || of.Reach == nil {
			continue
		}
		is, err := d.Reach.Loaded(ctx)
		switch {
		case err != nil && stopped: // only its file is written
			return nil
		case err != nil:
			return err
		}
		if its, err := of.Reach.Loaded(ctx); err == nil && its.PID == is.PID && its.Started.Equal(is.Started) {
			return fmt.Errorf("wrong target: the Director that answers for %s of %s is %s of %s (process %d): %w", model.Clean(on.Director),
				on.Cluster, model.Clean(other.Director), other.Cluster, is.PID, model.ErrIdentity)
		}
	}
	return nil
}

func (h *Directors) find(o plan.Order) (row string, on plan.OnDirector, err error) {
	r, err := o.Row()
	if err != nil {
		return "", on, err
	}
	d, known := pushes[r.Name]
	if !known {
		return "", on, fmt.Errorf("to %s is nothing that is done to a Director's configuration", r.Does)
	}
	if on = *d.on(o); h.Of[on.Itself()] == nil {
		return "", on, fmt.Errorf("the configuration has no Director %s of %s", model.Clean(on.Director), on.Cluster)
	}
	return r.Name, on, nil
}

// pushed holds when the Director has loaded just what the newest routes come to, and has it in its file. Before a push it finds what is
// there, to be put back.
func (h *Directors) pushed(ctx context.Context, d *Pushed, on plan.OnDirector, _ plan.Past) (Sight, error) {
	if d.Cannot != "" {
		return Sight{}, fmt.Errorf("looking at %s: %s", on.Director, d.Cannot)
	}
	if on.Stopped {
		return h.placed(ctx, d, on)
	}
	w, s, err := h.see(ctx, d, on)
	if err != nil {
		return Sight{}, err
	}
	epoch := record.Found{Epoch: &record.FoundEpoch{
		Cluster: on.Cluster, Director: on.Director, Loaded: s.Loaded.Reloaded.UTC(), PID: s.Loaded.PID,
	}}
	lacks := s.Lacks(w)
	if lacks == "" {
		lacks = h.bad[on]
	}
	if lacks == "" {
		return Sight{Verdict: model.Holds, Found: []record.Found{epoch},
			Says: fmt.Sprintf("%s has loaded %s, %d jobs of %s", on.Director, w.Canary, len(w.Jobs), w.Routes)}, nil
	}
	sight := Sight{Verdict: model.Fails, Says: lacks, Found: []record.Found{epoch}}
	if s.Keeps(w) {
		sight.Found = append(sight.Found, record.Found{
			File: &record.FoundFile{Host: on.Director, Path: d.File, SHA256: push.SHA256(s.Text), Unloaded: s.Unloaded() != ""},
		})
	}
	return sight, nil
}

func (h *Directors) see(ctx context.Context, d *Pushed, on plan.OnDirector) (w *push.Wanted, s push.Seen, err error) {
	if w, err = h.wants(on)(ctx); err != nil {
		return nil, s, err
	}
	if d.Owned { // nothing is rendered for it
		listed := *w
		listed.Text, w = "", &listed
		s.Loaded, err = d.Reach.Loaded(ctx)
	} else {
		s, err = d.See(ctx)
	}
	return w, s, err
}

// wants is what a Director is given.
func (h *Directors) wants(on plan.OnDirector) func(context.Context) (*push.Wanted, error) {
	return func(ctx context.Context) (*push.Wanted, error) {
		switch {
		case !on.Held:
			return h.Want(ctx, on.Cluster)
		case h.Hold == nil:
			return nil, errors.New("nothing here knows how its jobs are held")
		}
		return h.Hold(ctx, on.Cluster)
	}
}

// placed holds when the file of a Director that does not run is what is wanted.
func (h *Directors) placed(ctx context.Context, d *Pushed, on plan.OnDirector) (Sight, error) {
	w, err := h.wants(on)(ctx)
	if err != nil {
		return Sight{}, err
	}
	text, err := d.Files.Read(ctx, d.File)
	switch {
	case err != nil:
		return Sight{}, err
	case text == w.Text:
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s's file has %d jobs of %s", on.Director, len(w.Jobs), w.Routes)}, nil
	}
	return Sight{Verdict: model.Fails, Says: on.Director + "'s file is another one", Found: []record.Found{{
		File: &record.FoundFile{Host: on.Director, Path: d.File, SHA256: push.SHA256(text)}}}}, nil
}

// lastGood is the file that was there before the first push of this step; without a hash none is to be put back.
func lastGood(on plan.OnDirector, past plan.Past) record.FoundFile {
	for _, f := range past.Found {
		if f.Step == past.Step && f.File != nil && f.File.Host == on.Director {
			return *f.File
		}
	}
	return record.FoundFile{}
}

func (h *Directors) push(ctx context.Context, d *Pushed, on plan.OnDirector, past plan.Past) error {
	delete(h.bad, on)
	if on.Stopped {
		return d.Place(ctx, h.wants(on), lastGood(on, past).SHA256)
	}
	d.Pressing = on.Pressing
	err := d.Push(ctx, h.wants(on), lastGood(on, past).SHA256)
	if errors.Is(err, model.ErrNotDone) {
		if h.bad == nil {
			h.bad = map[plan.OnDirector]string{}
		}
		h.bad[on] = model.Clean(err.Error())
	}
	return err
}

// isBack holds when the Director has the file that it had before the push, on disk and loaded; when there never was one to be put back;
// and when the push was there before this action.
func (h *Directors) isBack(ctx context.Context, d *Pushed, on plan.OnDirector, past plan.Past) (Sight, error) {
	was := lastGood(on, past)
	hash := was.SHA256
	if on.Stopped && hash != "" {
		text, err := d.Files.Read(ctx, d.File)
		if err != nil || push.SHA256(text) != hash {
			return Sight{Verdict: model.Fails, Says: "the file is not the last good one"}, err
		}
		return Sight{Verdict: model.Holds, Says: "the last good file is in its place"}, nil
	}
	if hash == "" {
		return Sight{Verdict: model.Holds, Says: "there is no file to be put back on " + on.Director}, nil
	}
	s, err := d.See(ctx)
	if err != nil {
		return Sight{}, err
	}
	switch {
	case push.SHA256(s.Text) != hash:
		return Sight{Verdict: model.Fails, Says: "the file is not the last good one"}, nil
	case was.Unloaded:
		return Sight{Verdict: model.Holds, Says: "the file that was there is in its place, and as before it is not what is loaded"}, nil
	case !s.Has(s.Text):
		return Sight{Verdict: model.Fails, Says: "the last good file is in its place, and is not loaded"}, nil
	}
	return Sight{Verdict: model.Holds, Says: on.Director + " has loaded its last good file", Found: []record.Found{{
		Epoch: &record.FoundEpoch{Cluster: on.Cluster, Director: on.Director, Loaded: s.Loaded.Reloaded.UTC(), PID: s.Loaded.PID},
	}}}, nil
}

func (h *Directors) putBack(ctx context.Context, d *Pushed, on plan.OnDirector, past plan.Past) error {
	if on.Stopped {
		return d.PlaceBack(ctx, lastGood(on, past).SHA256)
	}
	d.Pressing = on.Pressing
	was := lastGood(on, past)
	return d.PutBack(ctx, was.SHA256, !was.Unloaded)
}

// effective holds when the Director has and starts just what the newest routes come to. Until then it says for how long it waits, and
// what for.
func (h *Directors) effective(ctx context.Context, d *Pushed, on plan.OnDirector, past plan.Past) (Sight, error) {
	if d.Cannot != "" && !d.Owned {
		return Sight{}, fmt.Errorf("looking at %s: %s", on.Director, d.Cannot)
	}
	w, s, err := h.see(ctx, d, on)
	if err != nil {
		return Sight{}, err
	}
	why, err := d.Ineffective(ctx, &s, w)
	switch {
	case err != nil:
		return Sight{}, err
	case why == "":
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s has and starts %d jobs of %s", on.Director, len(w.Jobs), w.Routes)}, nil
	}
	if len(past.Found) == 0 && !d.Owned { // no step before it changed anything, so none of this plan will make it so
		if why, err = d.Unstarted(ctx, &s, w); err != nil {
			return Sight{}, err
		}
		if why == "" {
			return Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s has and starts %d jobs of %s, by what was pushed to it before", on.Director,
				len(w.Jobs), w.Routes)}, nil
		}
		return Sight{
			Verdict: model.Fails,
			Refused: true,
			Says: model.Clean(fmt.Sprintf("%s does not do what the routes say, and nothing of this plan "+
				"makes it: %s; push the routes to it first (switchyard routes push %s)", on.Director, why, on.Cluster)),
		}, nil
	}
	if bad := h.bad[on.Itself()]; bad != "" { // nor does one that did not take it take it later
		return Sight{Verdict: model.Fails, Refused: true, Says: model.Clean(why + ": " + bad)}, nil
	}
	waits := ""
	if !past.Intended.IsZero() {
		waits = fmt.Sprintf("for %s: ", model.Span(elapsed(past.Intended, h.Now()).Truncate(time.Minute)))
	}
	if d.Owned {
		waits = "its own control plane is waited for, " + strings.TrimSuffix(waits, " ") + " "
	}
	if d.Refuses != nil {
		says, refuses, err := d.Refuses(ctx)
		switch {
		case err != nil:
			return Sight{}, err
		case refuses:
			return Sight{Verdict: model.Fails, Refused: true, Says: model.Clean("its own control plane refuses: " + says + "; " + why)}, nil
		}
	}
	return Sight{Verdict: model.Fails, Says: model.Clean(waits + why)}, nil
}
