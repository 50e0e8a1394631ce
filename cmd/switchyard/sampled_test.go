package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
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
	sampledShifts = flag.Int("shifts", 6, "how many shifts TestNoMomentHasAGap carries out")
	sampledSeed   = flag.Uint64("shifts-seed", 1, "what they and their faults are drawn from")
)

// shiftsOfOneWorld bounds how long a world lives: nothing is backed up in it, and a proof that is older than its promise settles nothing.
const shiftsOfOneWorld = 20

// hurts are what goes wrong while a shift is carried out; the empty one is nothing.
var hurts = []string{"", "director-down", "director-hung", "reload-refused", "reload-ignored", "director-slow", "disk-full", "catalog-slow"}

// TestNoMomentHasAGap reads what the Directors have loaded five times in each second of their world, while shifts at random are carried
// out, are broken at random and are gone on with: in each moment every cell has a cluster, each Director of which would start it.
func TestNoMomentHasAGap(t *testing.T) {
	t.Parallel()
	done, all, samples := 0, 0, 0
	for from := 0; from < *sampledShifts; from += shiftsOfOneWorld {
		w := newSampled(t, *sampledSeed+uint64(from))
		for range min(shiftsOfOneWorld, *sampledShifts-from) {
			w.shift()
		}
		done, all = done+w.done, all+w.all
		samples += w.end()
	}
	t.Logf("%d of %d shifts are done, the others ended otherwise; %d samples", done, all, samples)
	if done == 0 {
		t.Error("no shift came to its end")
	}
}

// sampled is a world in which shifts are made at random while somebody looks.
type sampled struct {
	*stage
	rand      *rand.Rand
	journal   *journal.Journal
	inv       *model.Inventory
	done, all int
	last      int64           // the newest action
	proven    map[string]bool // chains that green had from the beginning

	mu      sync.Mutex
	doing   string
	gaps    []string
	samples int
	stop    func()
	ended   chan struct{}
}

func newSampled(t *testing.T, seed uint64) *sampled {
	t.Helper()
	w := &sampled{stage: newStageBy(t, worldclock.New(model.Now(), 40), ""), rand: rand.New(rand.NewPCG(seed, 2)), ended: make(chan struct{}),
		proven: map[string]bool{}}
	for _, c := range model.Clusters {
		for place := range w.Cluster(c).Directors() { // as if they had been pushed to
			w.has(c, place, wantedBy(t, w.World, c).Text)
		}
	}
	s := opened(t, w.ConfigPath())
	w.inv = s.inv
	var err error
	if w.journal, err = openJournal(t.Context(), s.cfg); err != nil {
		t.Fatal(err)
	}
	doc, err := plan.RoutesOf(w.journal.State())
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.inv.Cells {
		if cell := w.inv.Cells[i].Cell; doc.Route(cell)[model.Green] == model.Holds {
			w.proven[cell.Chain] = true
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	w.stop = stop
	go w.watch(ctx)
	t.Cleanup(stop)
	return w
}

// watch looks every 200 ms of the world's time.
func (w *sampled) watch(ctx context.Context) {
	defer close(w.ended)
	every := time.NewTicker(200 * time.Millisecond / 40)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			w.sample()
		}
	}
}

func (w *sampled) sample() {
	var bad []string
	for i := range w.inv.Cells {
		if cell := w.inv.Cells[i].Cell; !w.covered(cell) {
			bad = append(bad, cell.String())
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.samples++
	if len(bad) > 0 && len(w.gaps) < 5 {
		w.gaps = append(w.gaps, fmt.Sprintf("%s: nobody starts %s", w.doing, strings.Join(bad, ", ")))
	}
}

// covered tells whether a cluster starts a cell whichever of its Directors schedules, by what each has loaded.
func (w *sampled) covered(cell model.Cell) bool {
	for _, c := range []model.Cluster{model.Green, model.Blue, model.Green} { // it may go over while both are asked
		if pair := w.Cluster(c).Directors(); pair[0].Starts(cell) && pair[1].Starts(cell) {
			return true
		}
	}
	return false
}

// shift moves chains by a notch, and breaks something meanwhile.
func (w *sampled) shift() {
	w.t.Helper()
	ask, phrase := w.drawn()
	fault, on := hurts[w.rand.IntN(len(hurts))], model.Clusters[w.rand.IntN(2)].String()
	w.mu.Lock()
	w.doing = fmt.Sprintf("shift %d, %s, with %s on %s", w.all+1, phrase, fault, on)
	w.mu.Unlock()
	w.all++
	cmd := w.command(apply(ask, "--confirm="+phrase, "--reason=tried by hand")...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select { // at any moment of it
	case err := <-ended:
		ended <- err
	case <-time.After(time.Duration(w.rand.IntN(3000)) * time.Millisecond):
	}
	if fault != "" {
		if err := w.Fault(fault, on); err != nil {
			w.t.Fatal(err)
		}
	}
	heal := func() {
		if fault != "" {
			if err := w.Heal(fault, on); err != nil {
				w.t.Fatal(err)
			}
			fault = ""
		}
	}
	select {
	case <-ended:
	case <-time.After(time.Duration(2+w.rand.IntN(10)) * time.Second):
		heal()
		<-ended
	}
	heal()
	w.over()
	w.mu.Lock()
	defer w.mu.Unlock()
	if a := w.action(); a != nil && a.Seq != w.last {
		w.last = a.Seq
		w.t.Logf("%s: %s %s", w.doing, a, a.Why)
	} else {
		w.t.Logf("%s: refused before it was begun: %s", w.doing, model.Clean(said.String()[max(0, said.Len()-400):]))
	}
}

// drawn is a shift of chains that have one route, to the next notch.
func (w *sampled) drawn() (ask []string, phrase string) {
	if _, err := w.journal.Refresh(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	doc, err := plan.RoutesOf(w.journal.State())
	if err != nil {
		w.t.Fatal(err)
	}
	by := map[model.Route][]string{}
	for i := range w.inv.Cells {
		cell := w.inv.Cells[i].Cell
		if of := by[doc.Route(cell)]; len(of) == 0 || of[len(of)-1] != cell.Chain {
			by[doc.Route(cell)] = append(of, cell.Chain)
		}
	}
	from := []model.Route{routes.Blue, routes.Both, routes.Green}[w.rand.IntN(3)]
	for len(by[from]) == 0 {
		from = []model.Route{routes.Blue, routes.Both, routes.Green}[w.rand.IntN(3)]
	}
	to := routes.Both
	if from == routes.Both {
		to = []model.Route{routes.Blue, routes.Green, routes.Green}[w.rand.IntN(3)]
	}
	chains := by[from]
	if to == routes.Green { // of the others green has no backup, and gets none here
		if chains = slices.DeleteFunc(slices.Clone(chains), func(c string) bool { return !w.proven[c] }); len(chains) == 0 {
			chains, to = by[from], routes.Blue
		}
	}
	w.rand.Shuffle(len(chains), func(i, j int) { chains[i], chains[j] = chains[j], chains[i] })
	chains = chains[:1+w.rand.IntN(len(chains))]
	return []string{"shift", "--chain", strings.Join(chains, ","), "--to", to.String()}, fmt.Sprintf("shift %d cells to %s", 4*len(chains), to)
}

// over brings the newest action to an end: gone on with, or let be.
func (w *sampled) over() {
	w.t.Helper()
	for try := 0; ; try++ {
		a := w.action()
		switch {
		case a == nil || a.Seq == w.last: // it was refused before it was begun
			return
		case a.State == record.ActionDone && try == 0:
			w.done++
			return
		case !a.Unfinished() && a.State != record.ActionRunning && a.State != record.ActionApproved:
			return
		case try > 2:
			w.does(0, "act", fmt.Sprint(a.Seq), "--acknowledge", "--reason=let be")
			return
		}
		_ = w.command("act", fmt.Sprint(a.Seq), "--reason=gone on with").Run() // however it ends
	}
}

// end stops looking, once it is known that a gap would have been seen.
func (w *sampled) end() int {
	w.t.Helper()
	w.mu.Lock()
	gaps := slices.Clone(w.gaps)
	w.mu.Unlock()
	for _, g := range gaps {
		w.t.Error(g)
	}
	cell := w.inv.Cells[0].Cell
	for _, c := range model.Clusters {
		say(w.t, w.World, c, "disable job=backup-"+cell.Chain+"-"+cell.Region+"-"+cell.Kind.String())
	}
	w.until("a gap that is made by hand is seen", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.gaps) > len(gaps) || len(w.gaps) == 5
	})
	w.stop()
	<-w.ended
	return w.samples
}
