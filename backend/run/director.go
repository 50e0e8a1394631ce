package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// Served is one Director whose process orders may be about.
type Served struct {
	Vectors plan.ServiceVectors
	// Tell runs one of them, and gives what it prints, what it says on standard error, and the status it ended with.
	Tell    func(ctx context.Context, argv []string) (out, said string, exit int, err error)
	Listens func(context.Context) (model.Verdict, error) // fails when its port refuses, as Dials has it
	Read    func(context.Context) (bacula.DirectorSight, error)
}

// Dials tells whether something listens at host:port. It fails when the port refuses; what does not answer at all is unknown.
func Dials(address string) func(context.Context) (model.Verdict, error) {
	return func(ctx context.Context) (model.Verdict, error) {
		d := net.Dialer{Timeout: time.Second}
		conn, err := d.DialContext(ctx, "tcp", address)
		switch {
		case err == nil:
			_ = conn.Close()
			return model.Holds, nil
		case errors.Is(err, syscall.ECONNREFUSED):
			return model.Fails, nil
		}
		return model.Unknown, model.ErrUnreachable
	}
}

// Services is the hand that ends and starts Directors. It is for one runner: not safe for concurrent use.
type Services struct {
	Of    map[plan.OnDirector]*Served
	Drill *Drilled // of the Director that a drill brings up; nil: there is none
}

// unit is how a Director's service is, by its host's own word.
type unit struct {
	runs, masked model.Verdict
	says         string
}

// Look asks the service manager where a vector does, and the Director's port and Console.
func (h *Services) Look(ctx context.Context, o plan.Order, _ plan.Past) (Sight, error) {
	if o.Idle != nil {
		return h.idle(ctx, *o.Idle)
	}
	if o.Apart != nil {
		if h.Drill == nil {
			return Sight{}, errors.New("looking at a step: the configuration has no Director for a drill")
		}
		return h.Drill.look(ctx, o.Apart)
	}
	s, at, err := h.find(o)
	if err != nil {
		return Sight{}, fmt.Errorf("looking at a step: %w", err)
	}
	switch s.Do {
	case plan.Stop:
		return at.stopped(ctx, s.Director)
	case plan.Start:
		return at.started(ctx, s)
	case plan.Mask, plan.Unmask:
		return at.isMasked(ctx, s)
	}
	return Sight{}, fmt.Errorf("looking at a step: nothing can be seen of a Director that is told to %s", model.Clean(string(s.Do)))
}

// lostLink is the status of an ssh that cannot tell what the other end did.
const lostLink = 255

// Do runs the vector, when it is still the one that the plan was made with. What a person does is only waited for.
func (h *Services) Do(ctx context.Context, o plan.Order, _ plan.Past) error {
	s, at, err := h.find(o)
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	if o.ServiceByHand != nil {
		return nil // the journal's intent tells everybody that it is wanted
	}
	argv := at.Vectors.Do[s.Do]
	if len(argv) == 0 || !slices.Equal(argv, s.Argv) {
		return fmt.Errorf("telling %s's service: %w: the configuration has not this argument vector to %s it", s.Director, model.ErrNotDone,
			model.Clean(string(s.Do)))
	}
	if err := h.alone(ctx, s); err != nil {
		return fmt.Errorf("telling %s's service: %w: %w", s.Director, model.ErrNotDone, err)
	}
	out, said, exit, err := at.Tell(ctx, argv)
	switch {
	case err != nil:
		return fmt.Errorf("telling %s's service: %w", s.Director, err)
	case exit == 0:
		return nil
	}
	err = fmt.Errorf("%s ended with status %d: %s", model.Clean(argv[0]), exit, model.Clean(strings.Join(strings.Fields(said+" "+out), " ")))
	if (s.Do == plan.Mask || s.Do == plan.Unmask) && exit != lostLink { // a mask is there when the command ends, or never
		err = fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	return fmt.Errorf("telling %s's service: %w", s.Director, err)
}

// idle holds when the Director has ended every job, those too that wait.
func (h *Services) idle(ctx context.Context, on plan.OnDirector) (Sight, error) {
	at := h.Of[on]
	if at == nil {
		return Sight{}, fmt.Errorf("looking at a step: the configuration has no Director %s of %s", model.Clean(on.Director), on.Cluster)
	}
	sight, err := at.Read(ctx)
	if err != nil {
		return Sight{}, err
	}
	var open []string
	for i := range sight.Running {
		j := &sight.Running[i]
		open = append(open, fmt.Sprintf("JobId %d %s: %s", j.ID, j.Name, j.Status))
	}
	if len(open) > 0 {
		return waitsFor(open, on.Director+" still has"), nil
	}
	return Sight{Verdict: model.Holds, Says: on.Director + " runs nothing"}, nil
}

// alone refuses to start a Director beside another one that runs, or that anybody could start.
func (h *Services) alone(ctx context.Context, s *plan.Service) error {
	if s.Do != plan.Start || s.Alone == "" {
		return nil
	}
	other := h.Of[plan.OnDirector{Cluster: s.Cluster, Director: s.Alone}]
	if other == nil {
		return fmt.Errorf("the configuration has no Director %s of %s", model.Clean(s.Alone), s.Cluster)
	}
	if sight, err := other.stopped(ctx, s.Alone); err != nil || sight.Verdict != model.Holds {
		return errors.Join(fmt.Errorf("two would schedule: %s is not seen stopped: %s", s.Alone, sight.Says), err)
	}
	if len(other.Vectors.State) == 0 { // a person said so
		return nil
	}
	u, err := other.state(ctx)
	if err != nil || u.masked != model.Holds {
		return errors.Join(fmt.Errorf("two could schedule: %s is not masked: %s", s.Alone, u.says), err)
	}
	return nil
}

func (h *Services) find(o plan.Order) (*plan.Service, *Served, error) {
	s := o.Service
	if s == nil {
		s = o.ServiceByHand
	}
	if s == nil {
		return nil, nil, errors.New("it is nothing that is done to a Director's service")
	}
	at := h.Of[plan.OnDirector{Cluster: s.Cluster, Director: s.Director}]
	if at == nil {
		return nil, nil, fmt.Errorf("the configuration has no Director %s of %s", model.Clean(s.Director), s.Cluster)
	}
	return s, at, nil
}

// stopped holds when the Director's host says that it does not run, and nothing answers its port; without a word of the host, when the port
// refuses. One whose host is not heard is not known to be stopped.
func (at *Served) stopped(ctx context.Context, name string) (Sight, error) {
	listens, why := at.Listens(ctx)
	if len(at.Vectors.State) == 0 {
		switch listens {
		case model.Holds:
			return Sight{Verdict: model.Fails, Says: name + " still answers its port"}, nil
		case model.Fails:
			return Sight{Verdict: model.Holds, Says: name + "'s port refuses"}, nil
		}
		return Sight{}, fmt.Errorf("whether %s runs is not known: %w", name, why)
	}
	u, err := at.state(ctx)
	switch {
	case err != nil:
		return Sight{}, err
	case u.runs == model.Holds:
		return Sight{Verdict: model.Fails, Says: name + ": " + u.says}, nil
	case u.runs == model.Unknown:
		return Sight{}, fmt.Errorf("whether %s runs is not known: %s", name, u.says)
	case listens == model.Holds:
		return Sight{Verdict: model.Fails, Says: fmt.Sprintf("%s: %s, and its port is answered all the same", name, u.says)}, nil
	}
	return Sight{Verdict: model.Holds, Says: name + ": " + u.says}, nil
}

// started holds when the Director answers its Console by its own name, and its host says that it runs.
func (at *Served) started(ctx context.Context, s *plan.Service) (Sight, error) {
	if len(at.Vectors.State) > 0 {
		u, err := at.state(ctx)
		switch {
		case err != nil:
			return Sight{}, err
		case u.runs == model.Fails:
			return Sight{Verdict: model.Fails, Says: s.Director + ": " + u.says}, nil
		}
	}
	sight, err := at.Read(ctx)
	switch d := &sight.Director; {
	case err == nil:
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s answers, process %d", s.Director, d.PID), Found: []record.Found{{
			Epoch: &record.FoundEpoch{Cluster: s.Cluster, Director: s.Director, Loaded: d.Reloaded.UTC(), PID: d.PID}}}}, nil
	case errors.Is(err, model.ErrUnreachable):
		if listens, _ := at.Listens(ctx); listens == model.Fails {
			return Sight{Verdict: model.Fails, Says: s.Director + "'s port refuses"}, nil
		}
	}
	return Sight{}, fmt.Errorf("whether %s runs is not known: %w", s.Director, err)
}

func (at *Served) isMasked(ctx context.Context, s *plan.Service) (Sight, error) {
	u, err := at.state(ctx)
	wants := map[plan.ServiceWord]model.Verdict{plan.Mask: model.Holds, plan.Unmask: model.Fails}[s.Do]
	switch {
	case err != nil:
		return Sight{}, err
	case u.masked == model.Unknown && s.Do == plan.Unmask:
		return Sight{}, fmt.Errorf("whether %s is masked is not known: %s", s.Director, u.says)
	case u.masked == wants:
		return Sight{Verdict: model.Holds, Says: s.Director + ": " + u.says}, nil
	}
	return Sight{Verdict: model.Fails, Says: s.Director + ": " + u.says}, nil
}

var errNoState = errors.New("it has no vector that says how it is")

// state asks the host.
func (at *Served) state(ctx context.Context) (unit, error) {
	argv := at.Vectors.State
	if len(argv) == 0 {
		return unit{}, fmt.Errorf("asking a Director's service: %w", errNoState)
	}
	out, said, exit, err := at.Tell(ctx, argv)
	switch {
	case err != nil:
		return unit{}, fmt.Errorf("asking a Director's service: %w", err)
	case exit != 0:
		return unit{}, fmt.Errorf("asking a Director's service: %s ended with status %d: %s", model.Clean(argv[0]), exit, said)
	}
	return unitOf(out)
}

// unitOf reads what systemctl show prints of ActiveState, UnitFileState and, where it is asked, LoadState. A mask that is gone when the
// host is started again is none.
func unitOf(out string) (u unit, err error) {
	props := map[string]string{}
	for line := range strings.Lines(out) {
		key, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if _, twice := props[key]; twice {
			return u, fmt.Errorf("asking a Director's service: it says twice what %s is", model.Clean(key))
		}
		if found {
			props[key] = model.Clean(value)
		}
	}
	active, file := props["ActiveState"], props["UnitFileState"]
	switch {
	case active == "":
		return u, errors.New("asking a Director's service: it does not say ActiveState=")
	case props["LoadState"] == "not-found" || props["LoadState"] == "error":
		return u, fmt.Errorf("asking a Director's service: there is no such unit: LoadState=%s", props["LoadState"])
	}
	switch active {
	case "active", "activating", "reloading", "refreshing", "deactivating":
		u.runs = model.Holds
	case "inactive", "failed":
		u.runs = model.Fails
	}
	u.says = active
	switch file {
	case "masked":
		u.masked = model.Holds
	case "masked-runtime":
		u.says += ", masked only until its host is started again"
		return u, nil
	case "":
		u.says += ", whether it is masked is not told"
		return u, nil
	default:
		u.masked = model.Fails
	}
	u.says += ", " + file
	return u, nil
}
