package plan

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// World is what a plan is made from.
type World struct {
	Now      time.Time
	Snapshot *board.Snapshot
	State    *record.State // nil: the journal was not read
	Names    *model.Names
	Policy   model.Policy
	Routing  Routing

	Restore *model.RestoreSight // what was read for a restore; nil: nothing was
	Kept    Kept                // what sessions of this user saw end

	// Unmade says why what the routes come to could not be made for the cluster that a plan pushes to; empty: it was, or nobody tried.
	Unmade string

	batch *Batch // that is being planned
	known Known  // of the plan that is made anew
	memo  *memo  // nil: nothing is kept from one guard to the next

	// Makes makes the plans of this world; nil: each ask makes its own.
	Makes func(World, Ask, string) (*Plan, error)
}

// The guards of every plan.
const (
	GuardFree   = "journal-free"
	guardFreeze = "no-freeze"
)

// journalFree holds when no action that is not over touches what the plan touches.
func (w World) journalFree(p *Plan) model.Check {
	c := model.Check{ID: GuardFree, Says: "nobody else acts on it", Bar: model.Block}
	if c.Value = w.unread(); c.Value != "" {
		return c
	}
	var ids, says []string
	for _, a := range p.Meets(w.State, w.Now) {
		ids = append(ids, a.ID)
		says = append(says, fmt.Sprintf("action %d (%s) by %s is %s", a.Seq, a.Verb, a.By, a))
	}
	c.Verdict, c.At, c.Fact, c.Value = model.Holds, w.Now, strings.Join(ids, " "), "free"
	g, own := w.State.Glass, w.State.Action(p.ID)
	switch {
	case len(ids) > 0:
		c.Verdict, c.Value = model.Fails, strings.Join(says, "; ")
	case g != nil && (own == nil || !own.Carried): // what was begun on the shared journal is known to be there
		c.Bar, c.Verdict, c.Value = model.Override, model.Unknown, "this is a break-glass journal, and nothing of the shared one is known"
		if g.Seq > 0 {
			c.Value = fmt.Sprintf("this is a break-glass journal: what others began after record %d of the shared one is not known", g.Seq)
			if g.LeftOut > 0 {
				c.Value += fmt.Sprintf(", nor are its %d oldest proofs", g.LeftOut)
			}
		}
	}
	return c
}

// unread says why nothing is known of the journal now, whatever was read of it before; empty when it answers, or nobody watches it.
func (w World) unread() string {
	switch j := w.Snapshot.Source(model.Journal); {
	case w.State == nil:
		return "the journal was not read"
	case j != nil && j.Why != "" && w.State.Glass == nil:
		return "the journal does not answer: " + j.Why
	}
	return ""
}

// noFreeze asks for a reason, and only warns of an emergency.
func (w World) noFreeze(p *Plan) model.Check {
	c := model.Check{ID: guardFreeze, Says: "no freeze window", Bar: model.Override, Verdict: model.Holds, At: w.Now, Value: "none now"}
	if p.Emergency {
		c.Bar = model.Caution
	}
	if window, until, frozen := w.Policy.Freeze.At(w.Now); frozen {
		c.Verdict, c.Fact, c.Value = model.Fails, window, fmt.Sprintf("%s, until %s", window, until.UTC().Format("2 Jan 15:04"))
	}
	return c
}

// cell is what is known of a cell; nil when the inventory has none.
func (w World) cell(c model.Cell) *board.CellView { return w.Snapshot.Cell(c) }

// source is the sighting of a source; one that says so when it is not watched.
func (w World) source(of model.Source) board.Sighting {
	if s := w.Snapshot.Source(of); s != nil {
		return *s
	}
	return board.Sighting{Source: of, Why: "not watched"}
}

// heard tells whether a source answered when it was last asked, and that not long ago; why says what stands in the way.
func (w World) heard(s board.Sighting) (heard bool, why string) {
	switch {
	case s.Why != "":
		return false, s.Why
	case s.At.IsZero():
		return false, "not heard yet"
	case s.Freshness(w.Now) != board.Live:
		return false, "not heard for " + model.Age(w.Now.Sub(s.At))
	}
	return true, ""
}

// view is what is known of a cluster; an empty one when nothing is: an open plan may meet a snapshot that has lost it.
func (w World) view(c model.Cluster) *board.ClusterView {
	if v := w.Snapshot.Clusters[c]; v != nil {
		return v
	}
	return &board.ClusterView{Cluster: c}
}

// active is the Director of a cluster that schedules, as far as it shows, and what is known of it as a source. One that never answered has
// no name, and says why it does not.
func (w World) active(c model.Cluster) (model.Director, board.Sighting) {
	v := w.Snapshot.Clusters[c]
	if v == nil || len(v.Directors) == 0 {
		never := board.Sighting{Why: "no Director is known"}
		for i := range w.Snapshot.Seen {
			if s := &w.Snapshot.Seen[i]; s.Is(model.DirectorOf(c, "")) && s.Why != "" {
				never = *s
			}
		}
		return model.Director{}, never
	}
	return v.Directors[v.Acting], w.source(v.Scheduler())
}

func (w World) catalog(c model.Cluster) board.Sighting { return w.source(model.CatalogOf(c)) }

// directorAnswers is bound to which Director it is: what acts reaches the one that is configured as active alone.
func (w World) directorAnswers(c model.Cluster) model.Check {
	d, s := w.active(c)
	g := model.Check{ID: "director-answers", Says: fmt.Sprintf("%s's Director answers", c), Bar: model.Block, Fact: d.Name,
		At: s.At, Value: d.Name}
	switch heard, why := w.heard(s); {
	case s.Wrong:
		g.Verdict, g.At, g.Value = model.Fails, s.Tried, wrongTarget(why)
	case w.view(c).Both:
		g.Verdict, g.Value = model.Fails, "two Directors may schedule: "+w.view(c).ActingSays
	case w.view(c).Acting != 0:
		g.Verdict, g.Value = model.Fails, "it is not the one that schedules: "+w.view(c).ActingSays
	case heard && w.Snapshot.Namesakes(c) && w.view(c).Catalog.Target != model.Holds:
		g.Value = fmt.Sprintf("%s's Director is called %s, too, and nothing else proves who answers: %s", model.Clusters[1-c], d.Name,
			cmp.Or(w.view(c).Catalog.TargetSays, "which catalog it uses is not known"))
	case heard:
		g.Verdict = model.Holds
	default:
		g.Value = why
	}
	return g
}

func wrongTarget(why string) string {
	return "wrong target: " + strings.TrimPrefix(why, "wrong target: ")
}

// catalogWrites holds when the catalog answers and takes writes. A job can be canceled without.
func (w World) catalogWrites(p *Plan) model.Check {
	c, bar := p.on(), model.Block
	if p.Ask.Cancel != nil {
		bar = model.Override
	}
	if p.Ask.Shift != nil && c == model.Blue && p.adds() {
		bar = model.Caution // a cluster that has cells too many harms nobody
	}
	s := w.catalog(c)
	g := model.Check{ID: "catalog-writes", Says: fmt.Sprintf("%s's catalog answers and takes writes", c), Bar: bar, At: s.At}
	heard, why := w.heard(s)
	switch v := w.view(c); {
	case s.Wrong:
		g.Bar, g.Verdict, g.At, g.Value = model.Block, model.Fails, s.Tried, wrongTarget(why)
	case c == model.Green && w.Snapshot.RDS != nil && w.Snapshot.RDS.TwoWriters != "":
		g.Bar, g.Verdict, g.Value = model.Block, model.Fails, wrongTarget(w.Snapshot.RDS.TwoWriters)
	case !heard:
		g.Value = why
	case v.Catalog.Target == model.Fails:
		g.Bar, g.Verdict, g.Value = model.Block, model.Fails, wrongTarget(v.Catalog.TargetSays)
	case v.Catalog.ReadOnly:
		g.Verdict, g.Value = model.Fails, v.Catalog.Host+" is read-only"
	case v.Catalog.Target == model.Unknown && v.Catalog.TargetSays != "":
		g.Bar, g.Value = model.Override, "not proven to be the catalog that its Director uses: "+v.Catalog.TargetSays
	default:
		g.Verdict, g.Value = model.Holds, v.Catalog.Host
	}
	return g
}

// linked fails when the Director is held to have lost its catalog: it would take the command and start nothing. That nothing says so is all
// that can be known from outside, and only once the catalog was heard after what the Director told.
func (w World) linked(c model.Cluster) model.Check {
	d, s := w.active(c)
	g := model.Check{ID: "director-linked", Says: fmt.Sprintf("%s's Director reaches its catalog", c), Bar: model.Override, At: s.At}
	switch heard, why := w.heard(s); {
	case !heard:
		g.Value = why
	case w.view(c).Linked == model.Fails:
		g.Verdict, g.Value = model.Fails, d.Name+": "+w.view(c).LinkSays
	case w.view(c).Linked == model.Unknown:
		g.Value = d.Name + ": " + cmp.Or(w.view(c).LinkSays, "not known yet")
	default:
		g.Verdict, g.Value = model.Holds, w.view(c).LinkSays
	}
	return g
}

// fresh tells whether both the catalog and the active Director of a cluster were just heard, and the older of their ages.
func (w World) fresh(c model.Cluster) (at time.Time, why string) {
	_, d := w.active(c)
	for _, s := range []board.Sighting{d, w.catalog(c)} {
		if heard, not := w.heard(s); !heard {
			return time.Time{}, not
		}
		if at.IsZero() || s.At.Before(at) {
			at = s.At
		}
	}
	return at, ""
}

// mark is the newest job that a cluster's catalog and Director are known to have.
func (w World) mark(c model.Cluster) (m Mark) {
	v := w.view(c)
	for _, jobs := range [][]model.Job{v.Recent, v.Open} {
		for i := range jobs {
			if jobs[i].ID > m.ID {
				m = Mark{ID: jobs[i].ID, Job: jobs[i].Key.Job}
			}
		}
	}
	return m
}
