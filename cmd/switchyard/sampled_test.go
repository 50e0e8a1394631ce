package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"switchyard/backend/journal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

var (
	sampledShifts = flag.Int("shifts", 4, "how many random shifts TestNoShiftLeavesACell samples")
	sampledSeed   = flag.Uint64("shifts-seed", 0, "what they are drawn from; 0: the time")
)

// sampleEvery is how often both clusters' Directors are looked at.
const sampleEvery = 200 * time.Millisecond

// shiftFaults are what may meet a shift. Nobody but the shifts takes a job from a Director by them.
var shiftFaults = []string{"reload-refused", "reload-ignored", "reload-slow", "disk-full", "file-linked", "director-down", "director-hung",
	"director-slow", "director-password", "catalog-slow", "catalog-down"}

// sampling is a world on which shifts are drawn at random.
type sampling struct {
	*stage
	dice    *rand.Rand
	names   *model.Names
	journal *journal.Journal
	breaks  sync.Mutex // held while nothing may be broken
	ends    map[string]int
}

// TestNoShiftLeavesACell draws shifts at random, under faults that are drawn at random, and with processes that are killed in the middle.
// Meanwhile the Directors are looked at every 200 ms: whichever notch a cell is at, one of them has a job of it that its schedule starts.
func TestNoShiftLeavesACell(t *testing.T) {
	t.Parallel()
	seed := *sampledSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	s := newSampling(t, seed)
	s.pushed() // a Director that nobody has pushed to yet has no file that any shift could go by
	ctx, end := context.WithCancel(t.Context())
	var running sync.WaitGroup
	samples := 0
	running.Go(func() { samples = s.sample(ctx) })
	running.Go(func() { s.trouble(ctx, rand.New(rand.NewPCG(seed, 2))) })
	began, drawn := time.Now(), 0
	for done := 0; done < *sampledShifts && drawn < 20**sampledShifts && !t.Failed(); drawn++ {
		if s.shift() {
			done++
		}
	}
	end()
	running.Wait()
	s.healed()
	s.pushed()
	for _, c := range model.Clusters { // what the routes say is then what all of them have
		doc := s.document()
		for _, cell := range s.cells() {
			for _, d := range s.Cluster(c).Directors() {
				if want := doc.Route(cell)[c] == model.Holds; d.Starts(cell) != want {
					t.Errorf("in the end %s starts %s: %v", d.Name(), cell, !want)
				}
			}
		}
	}
	t.Logf("%d samples in %v of %d shifts that were drawn: %v", samples, time.Since(began).Round(time.Second), drawn, s.ends)
	if samples == 0 || s.ends["done"] == 0 {
		t.Errorf("%d samples, %v", samples, s.ends)
	}
}

func newSampling(t *testing.T, seed uint64) *sampling {
	t.Helper()
	s := &sampling{stage: newStageAt(t, "settling", worldclock.New(model.Now(), 20), "policy: {act_every: 1s, claim_life: 60s, answer: 4s}\n"),
		dice: rand.New(rand.NewPCG(seed, 1)), ends: map[string]int{}}
	s.names = opened(t, s.ConfigPath()).names
	store, err := journal.OpenDir(filepath.Join(s.Dir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if s.journal, err = journal.Open(t.Context(), store, journal.Options{Environment: "rehearsal", Rehearsal: "settling"}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *sampling) cells() (out []model.Cell) {
	for i := range s.names.Inventory().Cells {
		out = append(out, s.names.Inventory().Cells[i].Cell)
	}
	return out
}

func (s *sampling) state() *record.State {
	s.t.Helper()
	if _, err := s.journal.Refresh(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return s.journal.State()
}

func (s *sampling) document() *routes.Document {
	s.t.Helper()
	doc, err := plan.RoutesOf(s.state())
	if err != nil {
		s.t.Fatal(err)
	}
	return doc
}

// pushed gives every Director what the routes come to.
func (s *sampling) pushed() {
	s.t.Helper()
	for _, c := range model.Clusters {
		s.does(0, apply([]string{"routes", "push", c.String()}, "--confirm=push "+c.String())...)
	}
}

// sample looks at the Directors that schedule, until the context ends.
func (s *sampling) sample(ctx context.Context) (samples int) {
	for tick := time.NewTicker(sampleEvery); ; samples++ {
		for _, cell := range s.cells() {
			if !s.Cluster(model.Blue).Active().Starts(cell) && !s.Cluster(model.Green).Active().Starts(cell) {
				s.t.Errorf("%s: no Director has a job of %s that its schedule starts", time.Now().UTC().Format("15:04:05.0"), cell)
				return samples
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return samples
		}
	}
}

// trouble breaks and heals, up to two things at once.
func (s *sampling) trouble(ctx context.Context, dice *rand.Rand) {
	for ctx.Err() == nil {
		s.breaks.Lock()
		if in := s.Injected(); len(in) > 1 || len(in) > 0 && dice.IntN(3) > 0 {
			name, target, _ := strings.Cut(in[dice.IntN(len(in))], " ")
			_ = s.Heal(name, target)
		} else {
			_ = s.Fault(shiftFaults[dice.IntN(len(shiftFaults))], model.Clusters[dice.IntN(2)].String())
		}
		s.breaks.Unlock()
		select {
		case <-time.After(time.Second + time.Duration(dice.IntN(4000))*time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// healed ends whatever is broken.
func (s *sampling) healed() {
	for in := s.Injected(); len(in) > 0; in = s.Injected() {
		name, target, _ := strings.Cut(in[0], " ")
		if err := s.Heal(name, target); err != nil {
			s.t.Errorf("healing %s: %v", in[0], err)
			return
		}
	}
	for _, c := range model.Clusters {
		for _, d := range s.Cluster(c).Directors() {
			if d.Running() {
				continue
			}
			if err := d.Start(); err != nil {
				s.t.Errorf("starting %s: %v", d.Name(), err)
			}
		}
	}
}

// calmAfter ends whatever is broken after a while, and nothing more is until the shift is over: some that are drawn let no step be done.
const calmAfter = 8 * time.Second

// draw is a shift of some cells of one route.
func (s *sampling) draw() (cells []model.Cell, from, to model.Route) {
	doc := s.document()
	by := map[model.Route][]model.Cell{}
	for _, cell := range s.cells() {
		by[doc.Route(cell)] = append(by[doc.Route(cell)], cell)
	}
	ways := [][2]model.Route{{routes.Blue, routes.Both}, {routes.Both, routes.Green}, {routes.Both, routes.Green}, {routes.Green, routes.Both},
		{routes.Both, routes.Blue}}
	way := ways[s.dice.IntN(len(ways))]
	cells = by[way[0]]
	if len(cells) == 0 {
		return nil, way[0], way[1]
	}
	s.dice.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
	return cells[:1+s.dice.IntN(len(cells))], way[0], way[1]
}

// shift draws one, has it planned and carried out, sometimes kills what does, and brings it to an end. It is false when none began.
func (s *sampling) shift() bool {
	s.t.Helper()
	cells, from, to := s.draw()
	if len(cells) == 0 {
		return false
	}
	args := []string{"shift", "--from", from.String(), "--to", to.String(), "--leave-out", "--reason", "drawn", "--json"}
	for _, c := range cells {
		if !slices.Contains(args, c.Chain) {
			args = append(args, "--chain", c.Chain)
		}
	}
	cmd := s.command(args...)
	var out bytes.Buffer
	cmd.Stdout = &out
	_ = cmd.Run()
	var made applied
	if err := json.Unmarshal(out.Bytes(), &made); err != nil || made.Plan == nil || made.Plan.Blocked() != nil {
		s.ends["refused"]++
		return false
	}
	ask := request{Plan: plain(s.t, made.Plan)}
	ask.Approval = plan.Approval{By: operator(), Confirm: made.Plan.Confirm, Reasons: map[string]string{}}
	for _, g := range made.Plan.Guards {
		ask.Approval.Reasons[g.ID] = "drawn"
	}
	in, err := json.Marshal(ask)
	if err != nil {
		s.t.Fatal(err)
	}
	act := s.command("act")
	act.Stdin = bytes.NewReader(in)
	s.ran(act)
	s.over()
	a := s.state().Action(made.Plan.ID)
	if a == nil {
		s.ends["refused when approved"]++
		return false
	}
	for try := 0; a.Unfinished() || a.Resumable(); try++ {
		if try == 6 {
			s.t.Fatalf("action %d never ends: %v after step %d: %s\n%s", a.Seq, a.State, a.Done, a.Why, s.does(0, "actions", fmt.Sprint(a.Seq)))
		}
		s.ends["gone on with"]++
		s.breaks.Lock()
		s.healed()
		told, _ := s.command("act", fmt.Sprint(a.Seq)).CombinedOutput()
		s.t.Logf("action %d is gone on with: %s", a.Seq, told)
		s.over()
		s.breaks.Unlock()
		a = s.state().Action(made.Plan.ID)
	}
	s.ends[a.State.String()]++
	return true
}

// ran runs what acts, and kills one of four in the middle.
func (s *sampling) ran(act *exec.Cmd) {
	s.t.Helper()
	if err := act.Start(); err != nil {
		s.t.Fatal(err)
	}
	if s.dice.IntN(4) == 0 {
		kill := time.AfterFunc(time.Duration(s.dice.IntN(4000))*time.Millisecond, func() {
			for _, pid := range s.runners() {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			_ = act.Process.Kill() // who waits for it
		})
		defer kill.Stop()
	}
	ended := make(chan struct{})
	calm := time.AfterFunc(calmAfter, func() {
		s.breaks.Lock()
		defer s.breaks.Unlock()
		s.healed()
		<-ended
	})
	late := time.AfterFunc(patience, func() {
		s.t.Errorf("nothing is broken, and the action does not end:\n%s", s.does(0, "actions"))
		_ = act.Process.Kill()
	})
	err := act.Wait()
	close(ended)
	calm.Stop()
	late.Stop()
	if killed := (*exec.ExitError)(nil); errors.As(err, &killed) && !killed.Exited() {
		s.ends["killed"]++
	} else if err != nil && killed == nil {
		s.t.Fatal(err)
	}
}

// over waits until no process acts any more.
func (s *sampling) over() {
	s.until("no process acts", func() bool { return len(s.runners()) == 0 })
}

func plain(t *testing.T, p *plan.Plan) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
