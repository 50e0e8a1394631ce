package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/backend/rds"
	"switchyard/backend/rds/act"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// Amazon is the hand for RDS instances. It is for one runner: not safe for concurrent use.
type Amazon struct {
	Reader  *rds.Reader
	Acts    *act.Client            // nil: nothing is changed
	Servers map[string]*rds.Server // by instance, as atInstance names it; none: its server is not asked
	// Accounts are makers and lockers of accounts, by instance; none: its accounts are not changed.
	Accounts  map[string]*act.Accounts
	Catalogs  map[string]Rows          // by instance; none: what is in its catalog is not known
	Numberers map[string]*act.Numberer // likewise; none: people raise its numbers
	// Seals marks a volume Read-Only by a line in a console of a Director; nil: people do.
	Seals func(ctx context.Context, director, line, volume string) error
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error

	// Open is the server of an instance that no configuration names, by what AWS says of it; nil: none is asked.
	Open func(id, region, address string) (*rds.Server, error)

	agreed map[string]agreement // by what was looked for
	once   bool                 // the look came to something that one more must come to, too
}

// agreement is when a look first came to what it still comes to.
type agreement struct {
	says     string
	at, last time.Time
}

// Two looks that agree are so far apart at least, and belong together no longer than that. What flaps in AWS's answers is told by another
// of its servers at the next call; a takeover takes two looks at three of its steps, and each second of them is one without backups.
const (
	agreeApart = 300 * time.Millisecond
	agreeSpan  = time.Minute
)

// instances are what the hand does, by the orders' names in their table.
var instances = map[string]struct {
	look func(*Amazon, context.Context, plan.Order, plan.Past) (Sight, error)
	do   func(*Amazon, context.Context, plan.Order, plan.Past) error // nil of an order that only looks
}{
	"fail_over": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.failedOver(ctx, o.FailOver, past)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.Acts.FailOver(ctx, target(o.FailOver))
		},
	},
	"fence": {look: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
		return h.fenced(ctx, o.Fence)
	}},
	"caught_up": {look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
		return h.caughtUp(ctx, o.CaughtUp, past)
	}},
	"settled": {look: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
		return h.settled(ctx, o.Settled)
	}},
	"promote": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.promoted(ctx, o.Promote, past)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.Acts.Promote(ctx, target(&o.Promote.OnInstance), o.Promote.Retention, o.Promote.Window)
		},
	},
	"modify": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.modified(ctx, o.Modify, past)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) error {
			m := o.Modify
			return h.Acts.Modify(ctx, target(&m.OnInstance),
				act.Settings{MultiAZ: m.MultiAZ, Protected: m.Protected, Retention: m.Retention, Window: m.Window})
		},
	},
	"resize": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.resized(ctx, o.Resize, past)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.Acts.Resize(ctx, target(&o.Resize.OnInstance), o.Resize.From, o.Resize.To)
		},
	},
	"session": {look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
		return h.session(ctx, o.Session, past)
	}},
	"create_replica": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.created(ctx, o.CreateReplica, past)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.createReplica(ctx, o.CreateReplica)
		},
	},
	"replicates": {look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
		return h.replicates(ctx, o.Replicates, past)
	}},
	"halt": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.halted(ctx, o.Halt, past)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.Acts.Halt(ctx, target(o.Halt))
		},
	},
	"account": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
			return h.accounts(ctx, o.Account)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.fenceAccount(ctx, o.Account)
		},
	},
	"account_by_hand": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
			return h.accountsByHand(ctx, o.AccountByHand)
		},
		do: func(*Amazon, context.Context, plan.Order, plan.Past) error { return nil }, // a person does it
	},
	"numbers": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.numbers(ctx, o.Numbers, past)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) error {
			return h.raise(ctx, o.Numbers, past)
		},
	},
	"numbers_by_hand": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.numbers(ctx, o.NumbersByHand, past)
		},
		do: byPeople,
	},
	"read_only": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.used(ctx, o.ReadOnly, past)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) error {
			return h.seal(ctx, o.ReadOnly, past)
		},
	},
	"read_only_by_hand": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
			return h.used(ctx, o.ReadOnlyByHand, past)
		},
		do: byPeople,
	},
	"lost": {look: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
		return h.lost(ctx, o.Lost)
	}},
	"quarantine": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
			return h.closed(ctx, o.Quarantine, true)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.Acts.ReadOnly(ctx, target(&o.Quarantine.OnInstance), o.Quarantine.Group, "1")
		},
	},
	"release": {
		look: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
			return h.closed(ctx, o.Release, false)
		},
		do: func(h *Amazon, ctx context.Context, o plan.Order, _ plan.Past) error {
			return h.Acts.ReadOnly(ctx, target(&o.Release.OnInstance), o.Release.Group, "{TrueIfReplica}")
		},
	},
}

// byPeople does nothing: somebody else does, and it is looked at.
func byPeople(*Amazon, context.Context, plan.Order, plan.Past) error { return nil }

// Look asks AWS and the servers.
func (h *Amazon) Look(ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
	row, err := o.Row()
	if err != nil {
		return Sight{}, fmt.Errorf("looking at a step: %w", err)
	}
	d, known := instances[row.Name]
	if !known {
		return Sight{}, fmt.Errorf("looking at a step: to %s is nothing that is done to RDS", row.Does)
	}
	h.once = false
	sight, err := d.look(h, ctx, o, past)
	if err == nil && h.once && h.Sleep != nil && h.Sleep(ctx, agreeApart) == nil {
		return d.look(h, ctx, o, past)
	}
	return sight, err
}

// Do asks AWS once.
func (h *Amazon) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	row, err := o.Row()
	if err == nil && instances[row.Name].do == nil {
		err = errors.New("its order only looks, or is nothing that is done to RDS")
	}
	if err == nil && h.Acts == nil {
		err = errors.New("nothing here may change an RDS instance")
	}
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	return instances[row.Name].do(h, ctx, o, past)
}

func target(i *plan.OnInstance) rds.Target {
	return rds.Target{ID: i.ID, Region: i.Region, ResourceID: i.ResourceID}
}

// AtInstance is the name of an instance among the hand's servers.
func AtInstance(id, region string) string { return region + " " + id }

// describe is what AWS says of the instance that is meant; another one under its name is an error.
func (h *Amazon) describe(ctx context.Context, i *plan.OnInstance) (model.Description, error) {
	d, err := h.Reader.Describe(ctx, target(i))
	if err == nil && (i.ResourceID == "" || d.ResourceID != i.ResourceID) {
		err = &model.Fault{Kind: model.ErrIdentity, Says: fmt.Sprintf("%s is %s now, and the plan is for %s", i.ID, d.ResourceID, i.ResourceID)}
	}
	return d, err
}

// server asks an instance's own server.
func (h *Amazon) server(ctx context.Context, i *plan.OnInstance) (model.Server, error) {
	s := h.Servers[AtInstance(i.ID, i.Region)]
	if s == nil {
		return model.Server{}, fmt.Errorf("the server of %s is not known: there is no login for it", i.ID)
	}
	return s.Look(ctx)
}

// agree lets a look hold once a later one came to the same.
func (h *Amazon) agree(what string, sight Sight) Sight {
	now := h.Now()
	was, seen := h.agreed[what]
	if h.agreed == nil {
		h.agreed = map[string]agreement{}
	}
	if !seen || was.says != sight.Says || now.Sub(was.last) > agreeSpan || now.Before(was.at) {
		h.agreed[what], h.once = agreement{sight.Says, now, now}, true
		return Sight{Says: sight.Says + ": seen once, and looked at again"}
	}
	was.last = now
	h.agreed[what] = was
	if now.Sub(was.at) < agreeApart {
		return Sight{Says: sight.Says + ": seen once, and looked at again"}
	}
	return sight
}

// disagree forgets what looks came to.
func (h *Amazon) disagree(what string) { delete(h.agreed, what) }

// absentAfter is how long AWS and the server say nothing of a call before it certainly never arrived: a call is answered, or given up,
// within seconds, and AWS goes on calling an instance available for some seconds after it took one.
const absentAfter = 2 * time.Minute

// newestFailover is the name under which a step finds the last event of a failover before it asks for one.
const newestFailover = "the newest event of a failover"

// failedOver wants AWS's word that the failover is over, a server that began anew since it was asked for, and two reads that agree.
func (h *Amazon) failedOver(ctx context.Context, i *plan.OnInstance, past plan.Past) (Sight, error) {
	d, err := h.describe(ctx, i)
	if err != nil {
		return Sight{}, err
	}
	events, err := h.Reader.Events(ctx, target(i), h.Now().Add(-time.Hour))
	if err != nil {
		return Sight{}, err
	}
	if past.Intended.IsZero() {
		mark := ""
		for _, e := range events {
			if e.OfFailover() {
				mark = eventMark(&e)
			}
		}
		return Sight{Verdict: model.Fails, Says: i.ID + " was not asked to fail over", Found: []record.Found{{
			Setting: &record.FoundSetting{Of: i.ID, Name: newestFailover, Value: mark}}}}, nil
	}
	mark, marked := "", false
	for _, f := range past.Found {
		if s := f.Setting; s != nil && f.Step == past.Step && s.Of == i.ID && s.Name == newestFailover {
			mark, marked = s.Value, true
		}
	}
	if !marked {
		return Sight{}, fmt.Errorf("nobody noted what AWS had told of %s before", i.ID)
	}
	last := since(events, mark)
	server, serr := h.server(ctx, i)
	age := elapsed(past.Intended, h.Now())
	anew := serr == nil && server.Uptime < age+time.Second
	what := "fail_over " + i.ID
	if last == nil || last.Kind != model.EventFailoverDone || d.Status != "available" || !anew || server.ReadOnly {
		h.disagree(what)
	}
	switch {
	case last == nil && d.Status != "available":
		return Sight{Says: i.ID + " is " + d.Status + ", and AWS tells no event yet"}, nil
	case last == nil && serr != nil:
		return Sight{}, fmt.Errorf("AWS tells nothing of it, and its server does not answer: %w", serr)
	case last == nil && anew:
		return Sight{Says: "its server is up anew, and AWS tells no event yet"}, nil
	case last == nil:
		return Sight{Verdict: model.Fails, Absent: age >= absentAfter,
			Says: fmt.Sprintf("AWS tells of no failover of %s, and its server is up since before it was asked for", i.ID)}, nil
	case last.Kind == model.EventFailoverRefused || last.Kind == model.EventFailoverFailed:
		return Sight{Verdict: model.Fails, Refused: true, Says: model.Clean("AWS says: " + last.Says)}, nil
	case last.Kind != model.EventFailoverDone:
		return Sight{Says: model.Clean(fmt.Sprintf("AWS says: %s; it is %s", last.Says, d.Status))}, nil
	case d.Status != "available":
		return Sight{Says: "AWS tells its end, and calls it " + d.Status}, nil
	case serr != nil:
		return Sight{}, fmt.Errorf("AWS tells its end, and its server does not answer: %w", serr)
	case !anew || server.ReadOnly:
		return Sight{
			Says: fmt.Sprintf("AWS tells its end; its server is up for %s, read_only %v", model.Span(server.Uptime), server.ReadOnly),
		}, nil
	}
	return h.agree(what, Sight{Verdict: model.Holds,
		Says: fmt.Sprintf("%s failed over at %s UTC, is available and takes writes", i.ID, last.At.UTC().Format(time.TimeOnly))}), nil
}

// eventMark tells an event from others: AWS gives no ids.
func eventMark(e *model.RDSEvent) string { return e.At.UTC().Format(time.RFC3339Nano) + " " + e.Says }

// since is the newest event of a failover that is not the marked one or older; nil when there is none.
func since(events []model.RDSEvent, mark string) (last *model.RDSEvent) {
	begun := mark == ""
	at, _ := time.Parse(time.RFC3339Nano, first(mark))
	for i := range events {
		e := &events[i]
		switch {
		case !e.OfFailover():
		case begun || e.At.After(at) || e.At.Equal(at) && eventMark(e) != mark:
			last = e
		}
	}
	return last
}

func first(words string) string {
	for i, r := range words {
		if r == ' ' {
			return words[:i]
		}
	}
	return words
}
