package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// World is what gates are judged by. Nothing else is: whoever has the same snapshot sees the same gates.
type World struct {
	Snapshot  *board.Snapshot
	Inventory *model.Inventory
	Policy    model.Policy
	Needs     []model.Need // what is declared to need what
	// gates that are not available here and why, by ID; those of model.OfferedGates
	NotOffered map[string]string
	// accounts of the old catalog's server that people account for: Bacula's own, this program's, administrators
	Accounted []string
}

// Evaluate judges every gate. Each cell is looked at once.
func Evaluate(w World) *Report {
	f := newFacts(&w)
	f.candidate()
	f.nodes()
	f.instances()
	f.parallel()
	f.regional()
	f.split()
	f.size()
	f.offered()
	f.ask()
	r := &Report{At: f.now, Gates: f.gates, Loops: f.looped()}
	f.waive(r)
	f.stand(r)
	r.Undo, r.NoReturn, r.Past = f.undo(r)
	return r
}

// facts are what gates share, counted once.
type facts struct {
	*World
	now    time.Time
	snap   *board.Snapshot
	state  *record.State // nil: the journal does not answer, and nothing of it is believed
	tally  tally
	areas  []*areaFacts // by region and kind, in the order of the inventory
	words  map[string]*record.Proved
	gates  []Gate
	needs  *Graph          // nil: not made yet
	loops  *Loops          // nil: not looked for yet
	silent map[string]bool // gates of which a source tells nothing, by ID
}

func newFacts(w *World) *facts {
	f := &facts{World: w, now: w.Snapshot.At, snap: w.Snapshot, words: map[string]*record.Proved{}, silent: map[string]bool{}}
	if j := f.snap.Source(model.Journal); f.snap.State != nil && (j == nil || j.Why == "" || f.snap.State.Glass != nil) {
		f.state = f.snap.State
	}
	f.count()
	f.attested()
	return f
}

// add makes a gate that nobody has judged yet.
func (f *facts) add(p Phase, id, says string, bar model.Bar) *Gate {
	f.gates = append(f.gates, Gate{Check: model.Check{ID: id, Says: says, Bar: bar}, Phase: p})
	return &f.gates[len(f.gates)-1]
}

// judge gives a gate its verdict and its value.
func (g *Gate) judge(holds bool, at time.Time, value string) *Gate {
	g.Verdict, g.At, g.Value = model.Fails, at, value
	if holds {
		g.Verdict = model.Holds
	}
	return g
}

// theConfiguration is who tells that there is nothing to ask.
const theConfiguration = "the configuration"

// unknown says what stands in the way.
func (g *Gate) unknown(why string) *Gate {
	g.Verdict, g.Value = model.Unknown, why
	return g
}

// heard tells when a source answered, or why what it said does not count.
func (f *facts) heard(of model.Source) (at time.Time, why string) {
	s := f.snap.Source(of)
	switch {
	case s == nil:
		return time.Time{}, of.String() + " is not watched"
	case s.Why != "":
		return time.Time{}, of.String() + ": " + s.Why
	case s.At.IsZero():
		return time.Time{}, of.String() + " was not heard yet"
	case s.Freshness(f.now) != board.Live:
		return time.Time{}, of.String() + " was not heard for " + model.Age(f.now.Sub(s.At))
	case s.At.After(f.now.Add(model.ClockSlack)):
		return time.Time{}, of.String() + " was heard at a time that is to come"
	}
	return s.At, ""
}

// goneLately is how long ago it may have been seen that nobody is there, by the machine's own clock: whoever is gone is asked every few
// seconds, and each try takes its time.
const goneLately = time.Minute

// gone tells when it was seen that nobody is there where a source was, or by trouble that there is no such thing, and by what; an empty
// why: it was not, or not lately.
func (f *facts) gone(of model.Source, trouble model.Trouble) (at time.Time, why string) {
	s := f.snap.Source(of)
	if s == nil || s.Trouble != trouble || s.Early || s.Tried.IsZero() || s.Tried.After(f.now.Add(model.ClockSlack)) ||
		f.now.Sub(s.Tried) > max(3*s.Every, model.Passes(goneLately)) {
		return time.Time{}, ""
	}
	return s.Tried, s.Why
}

// another tells when a source answered that is not the one it is configured as, if it did lately.
func (f *facts) another(of model.Source) (at time.Time, is bool) {
	s := f.snap.Source(of)
	if s == nil || !s.Wrong {
		return time.Time{}, false
	}
	answers := *s
	answers.Wrong = false // else nothing that it says is fresh
	return s.At, answers.Freshness(f.now) == board.Live && !s.At.After(f.now.Add(model.ClockSlack))
}

// told is heard of several sources: the oldest of their answers, or the first that does not count.
func (f *facts) told(g *Gate, of ...model.Source) (at time.Time, ok bool) {
	var names []string
	for _, s := range of {
		names = append(names, s.String())
	}
	if g.Source = strings.Join(names, ", "); g.Source == "" {
		g.Source = theConfiguration
		g.unknown("no Director is watched")
		return time.Time{}, false
	}
	for _, s := range of {
		t, why := f.heard(s)
		if why != "" {
			g.unknown(why)
			f.silent[g.ID] = f.snap.Source(s) != nil
			return time.Time{}, false
		}
		if at.IsZero() || t.Before(at) {
			at = t
		}
	}
	return at, true
}

// ask is what moves a gate of which a source tells nothing: what would mend it if it failed may be needless, or harm.
func (f *facts) ask() {
	for i := range f.gates {
		if g := &f.gates[i]; g.Verdict == model.Unknown && f.silent[g.ID] {
			g.Do, g.Key = "see why it tells nothing: switchyard doctor", ""
		}
	}
}

func (f *facts) view(c model.Cluster) *board.ClusterView {
	if v := f.snap.Clusters[c]; v != nil {
		return v
	}
	return &board.ClusterView{Cluster: c}
}

// wordOf begins the sentence by which somebody vouches for a gate, so that evidence finds it.
func wordOf(id string) string { return "gate " + id + ": " }

// Attest is the proof by which a person vouches for a gate that nothing can be asked about; until is zero when it counts until
// somebody says otherwise.
func Attest(id, word string, holds model.Verdict, at, until time.Time) record.Proof {
	green := model.Green
	return record.Proof{
		Of: record.Subject{Cluster: &green}, Claim: record.Proven{Said: &record.Said{Says: wordOf(id) + word}},
		By: record.Means{Kind: record.ByWord}, Verdict: holds, At: at, Until: until,
	}
}

// attested finds the newest word on each gate.
func (f *facts) attested() {
	if f.state == nil {
		return
	}
	for _, p := range f.state.Evidence {
		if p.Claim.Said == nil || p.Verdict == model.Unknown {
			continue
		}
		rest, is := strings.CutPrefix(p.Claim.Said.Says, "gate ")
		id, _, named := strings.Cut(rest, ": ")
		if old := f.words[id]; is && named && (old == nil || old.At.Before(p.At)) {
			f.words[id] = p
		}
	}
}

// manual is a gate for which a person vouches; what they said counts for no longer than within, where that is not 0.
func (f *facts) manual(p Phase, id, says string, within time.Duration) *Gate {
	g := f.add(p, id, says, model.Override)
	g.Manual, g.Source = true, "a person's word"
	g.Do = fmt.Sprintf("see to it, then: switchyard gates attest %s --word TEXT", id)
	g.Wait = "when somebody vouches for it"
	if within > 0 {
		g.Limit = "not older than " + model.Span(within)
	}
	return f.vouched(g, within)
}

// vouched judges a gate by the newest word on it, as far as that counts.
func (f *facts) vouched(g *Gate, within time.Duration) *Gate {
	w := f.words[g.ID]
	switch {
	case f.state == nil:
		return g.unknown("the journal was not read")
	case w == nil:
		return g.unknown("nobody has said so")
	}
	said := fmt.Sprintf("%s on %s: %s", w.Who, w.At.UTC().Format("2 Jan 2006"), strings.TrimPrefix(w.Claim.Said.Says, wordOf(g.ID)))
	switch stands, why := w.Stands(f.now, f.snap.Present); {
	case stands == model.Unknown:
		return g.unknown(said + "; " + why)
	case stands == model.Fails:
		return g.unknown(said + "; " + why)
	case within > 0 && f.now.Sub(w.At) > within:
		return g.unknown(said + ", which is too long ago")
	}
	return g.judge(w.Verdict == model.Holds, w.At, said)
}

// waive puts waivers on their gates.
func (f *facts) waive(r *Report) {
	if f.state == nil {
		return
	}
	for i := range f.state.Waivers {
		if g := r.Find(f.state.Waivers[i].Gate); g != nil {
			g.Waived = &f.state.Waivers[i]
		}
	}
}

// stand tells how far each phase is.
func (f *facts) stand(r *Report) {
	begun := f.begun()
	for p := range phases {
		s := PhaseStands{Phase: p, Name: p.String(), Begun: begun[p], Stands: Passed}
		for i := range r.Gates {
			g := &r.Gates[i]
			if g.Phase != p || g.Bar == model.Caution {
				continue
			}
			s.Of++
			if g.Passes() {
				s.Passes++
			}
			if g.Word() == "waived" {
				s.Waived++
			}
		}
		if s.Passes < s.Of {
			s.Stands = Open
		}
		if s.Begun == "" {
			s.Stands = Ahead
		}
		r.Phases = append(r.Phases, s)
	}
}

// begun says by what each phase has begun; empty where it has not. What a Director has done does not end with it: where none tells, the
// catalogs and the journal's routes do. Nor does that of AWS: that it is silent takes no instance away, and one that is deleted was there.
func (f *facts) begun() (by [phases]string) {
	t := &f.tally
	by[Candidate] = "somebody watches both clusters"
	if d := f.view(model.Green).Directors; len(d) > 0 && !d[0].At.IsZero() {
		by[Nodes] = "green's Director has answered"
	} else if len(f.view(model.Green).Recent) > 0 {
		by[Nodes] = "green's Director has run the jobs that its catalog tells"
	}
	r := f.snap.RDS
	if r != nil {
		by[Instances], by[Regional] = f.there(r.Primary), f.there(r.Replica)
	}
	if t.onGreen > 0 {
		by[Parallel] = plural(t.onGreen, "cell") + " taken by green"
	} else if n := t.given[model.Green]; n > 0 {
		by[Parallel] = plural(n, "cell") + " given to green by the routes"
	}
	if t.cells > 0 && t.given[model.Green] == t.cells && t.given[model.Blue] == 0 && t.givenUntold == 0 {
		why := "green alone takes every cell"
		if t.untold > 0 {
			why = "the routes give every cell to green alone"
		}
		by[Split], by[Size] = why, why
	}
	return by
}

// there says by what an instance counts as one that was made; empty: by AWS there is none, and nobody knows that there ever was.
func (f *facts) there(in *model.Instance) string {
	switch {
	case in == nil:
		return ""
	case in.AWS.Trouble == model.TroubleMissing || !in.Missing.IsZero():
		if in.AWS.Seen() || in.Server.Seen() || f.recorded(in) {
			return in.ID + " was there"
		}
		return ""
	case in.AWS.Seen():
		return in.ID + " is there"
	}
	return in.ID + " is configured, and AWS does not tell whether it is there"
}

// recorded tells whether the journal has how an instance of that name was set once.
func (f *facts) recorded(in *model.Instance) bool {
	return f.state != nil && slices.ContainsFunc(f.state.Evidence, func(p *record.Proved) bool {
		return p.Claim.Settings != nil && slices.ContainsFunc(p.Of.Instances, func(of record.ProvenInstance) bool {
			return of.ID == in.ID && of.Region == in.Region
		})
	})
}

// undo says what going back would take, where it ends, and whether that is behind.
func (f *facts) undo(r *Report) (undo, noReturn string, past bool) {
	noReturn = "when the old schema is dropped: what only blue can restore is gone then, and so is the way back"
	t := &f.tally
	if g := r.Find("schema-dropped"); g != nil && g.Verdict == model.Holds {
		return "there is no way back: " + g.Value, noReturn, true
	}
	_, catalog := f.heard(model.CatalogOf(model.Blue))
	switch {
	case t.untold > 0:
		undo = fmt.Sprintf("not known: the routes of %s are not", plural(t.untold, "cell"))
	case t.onGreen == 0:
		undo = "nothing: green takes no cell"
	case catalog != "":
		undo = fmt.Sprintf("not possible now: %s", catalog)
	case t.greenOnly == 0:
		undo = fmt.Sprintf("%s leave green; blue has them still", plural(t.onGreen, "cell"))
	default:
		undo = fmt.Sprintf("%s go back to both, then to blue; blue begins again with a full backup of each", plural(t.greenOnly, "cell"))
		if both := t.onGreen - t.greenOnly; both > 0 {
			undo += fmt.Sprintf("; %d more leave green, and blue has them still", both)
		}
	}
	return undo, noReturn, false
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// List is every gate by a world of which nothing is known: what there are, and which of them are manual or block.
func List() *Report {
	return Evaluate(World{Snapshot: &board.Snapshot{}, Inventory: &model.Inventory{}, Policy: model.DefaultPolicy()})
}
