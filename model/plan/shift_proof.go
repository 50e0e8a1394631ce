package plan

import (
	"errors"
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/routes"
)

func refusalOf(err error) []routes.Cause {
	if r := (*routes.Refusal)(nil); errors.As(err, &r) {
		return r.Causes
	}
	return nil
}

type cellJudge = func(*board.CellView, *model.Placement) (model.Verdict, string)

// cellGuards is the table of the guards that judge each cell.
var cellGuards = map[string]cellGuard{
	"stay-effective": {
		says:  func(on model.Cluster) string { return fmt.Sprintf("every Director of %s starts these cells", on) },
		do:    "let the Directors have what the routes say (M pushes again), then ask again",
		judge: World.startsOn,
		source: func(w World, on model.Cluster) (time.Time, string) {
			_, s := w.active(on)
			if heard, why := w.heard(s); !heard {
				return time.Time{}, why
			}
			return s.At, ""
		},
	},
	"proven-good": {
		says: func(on model.Cluster) string {
			return fmt.Sprintf("%s has a good backup of each, within its promise", on)
		},
		do: "have one first (b on the cell): the cluster that is left alone with them must have backed them up",
		judge: func(w World, _ *shifting, on model.Cluster) cellJudge {
			return func(c *board.CellView, _ *model.Placement) (model.Verdict, string) {
				switch s := &c.On[on]; {
				case s.LastGood == nil && !s.Read:
					return model.Unknown, fmt.Sprintf("%s's catalog was not read yet", on)
				case s.LastGood == nil:
					return model.Fails, fmt.Sprintf("%s has no good backup of it", on)
				case c.Promise > 0 && w.Now.Sub(s.LastGood.When()) > c.Promise:
					return model.Fails, fmt.Sprintf("the newest good one on %s is older than its promise", on)
				}
				return model.Holds, ""
			}
		},
	},
	"tried-well": {
		says:  func(on model.Cluster) string { return fmt.Sprintf("the newest try of each on %s ended well", on) },
		do:    "mend what its newest try says (enter on the cell, then on the job), then have a good backup there (b)",
		judge: World.triedWell,
	},
	"volumes-protected": {
		says: func(on model.Cluster) string { return fmt.Sprintf("immutable ones are on protected volumes of %s", on) },
		do:   "let its storage protect volumes, then have a backup (b on the cell): until then it is not immutable",
		judge: func(_ World, _ *shifting, on model.Cluster) cellJudge {
			return func(c *board.CellView, _ *model.Placement) (model.Verdict, string) {
				good := c.On[on].LastGood
				switch {
				case c.Cell.Kind != model.Immutable:
					return model.Holds, ""
				case good == nil || good.Protected == model.Unknown:
					return model.Unknown, "nobody tells whether the volumes of its newest good backup are protected"
				case good.Protected == model.Fails:
					return model.Fails, "the volumes of its newest good backup are not protected"
				}
				return model.Holds, ""
			}
		},
	},
	"proven-size": {
		says: func(on model.Cluster) string { return fmt.Sprintf("the newest on %s is of a plausible size", on) },
		bar:  model.Override,
		limit: func(w World) string {
			return fmt.Sprintf("%g to %g times the other's", w.Policy.SizeLow, w.Policy.SizeHigh)
		},
		do:    "compare the two (enter on the cell): what is far smaller lacks something",
		judge: World.plausible,
	},
	"proven-rate": {
		says: func(on model.Cluster) string { return fmt.Sprintf("%s's backups of that region and kind end well", on) },
		bar:  model.Override,
		limit: func(w World) string {
			return fmt.Sprintf(">= %g %% of %d or more in 7 d", w.Policy.RateLeast*100, w.Policy.RateOf)
		},
		do:    "wait until it has shown it",
		judge: World.rated,
	},
	"proven-restored": {
		says: func(on model.Cluster) string {
			return fmt.Sprintf("a restore test of that region and kind has passed on %s", on)
		},
		bar:   model.Override,
		limit: func(w World) string { return "not older than " + model.Span(w.Policy.EvidenceLife) },
		do:    "test one (T on the cell, or switchyard test-restores), or record what another framework proved: switchyard evidence add",
		judge: World.restored,
		source: func(w World, _ model.Cluster) (time.Time, string) {
			return w.Now, w.unread()
		},
	},
	"proven-retention": {
		says: func(on model.Cluster) string {
			return fmt.Sprintf("%s's good backups reach back as far as they are kept", on)
		},
		bar:   model.Override,
		do:    "wait until then, or give one reason for the whole wave; older ones are restored from the other cluster alone",
		judge: World.covered,
	},
	"clients-answer": {
		says: func(on model.Cluster) string {
			return fmt.Sprintf("their file daemons answer %s", on)
		},
		bar: model.Override,
		do: "let switchyard observe ask it, which it does once the Director has it; or have one backup of its client there, or say why " +
			"as the reason",
		judge: World.clientsAnswer,
	},
	"clients-asked": {
		says:  func(on model.Cluster) string { return fmt.Sprintf("file daemons that %s can ask let it work", on) },
		do:    "mend what its file daemon says, then let switchyard observe ask it again; or have one backup of its client there",
		judge: World.clientsAsked,
	},
	"storages-there": {
		says:  func(on model.Cluster) string { return fmt.Sprintf("%s has the storages that they would use", on) },
		bar:   model.Override,
		do:    "let switchyard observe ask it; that an immutable one protects volumes one backup there proves, or say why as the reason",
		judge: World.storagesThere,
	},
	"storages-asked": {
		says:  func(on model.Cluster) string { return fmt.Sprintf("storages that %s can ask answer it", on) },
		do:    "mend what stands there, then let switchyard observe ask it again",
		judge: World.storagesAsked,
	},
}

// startsOn judges every Director of a cluster by what it was seen to start: one that is silent now is not judged by what it said before.
func (w World) startsOn(_ *shifting, on model.Cluster) cellJudge {
	names, _ := w.directors(on)
	silent := make([]string, len(names)) // of the passive ones: the active one is the guard's own source
	for i := 1; i < len(names); i++ {
		if heard, why := w.heard(w.source(model.DirectorOf(on, names[i]))); !heard {
			silent[i] = names[i] + ": " + why
		}
	}
	return func(c *board.CellView, _ *model.Placement) (model.Verdict, string) {
		s := &c.On[on]
		for i := range s.At[:min(len(names), len(s.At))] {
			if i > 0 && silent[i] != "" {
				return model.Unknown, silent[i]
			}
			if is := s.At[i]; is.Is != model.Holds {
				return is.Is, fmt.Sprintf("%s: %s", model.DirectorCalled(names[i], i), is.Why)
			}
		}
		return model.Holds, ""
	}
}

// plausible compares at one level: with the other's median, or where there is none yet with its newest.
func (w World) plausible(_ *shifting, on model.Cluster) cellJudge {
	other := model.Clusters[1-on]
	return func(c *board.CellView, _ *model.Placement) (model.Verdict, string) {
		is, was := c.On[on].LastGood, c.On[other].LastGood
		usual := uint64(0)
		switch {
		case is == nil:
			return model.Unknown, fmt.Sprintf("%s has no good backup of it", on)
		case was != nil && was.Level == is.Level:
			if usual = c.On[other].Median; usual == 0 {
				usual = was.Bytes
			}
		default: // one of them was full last
			if is, was = c.On[on].LastFull, c.On[other].LastFull; is == nil || was == nil {
				return model.Unknown, fmt.Sprintf("there is none of the same level on %s to compare it with", other)
			}
			usual = was.Bytes
		}
		if is.Bytes == usual {
			return model.Holds, ""
		}
		if low, high := w.Policy.SizeLow*float64(usual), w.Policy.SizeHigh*float64(usual); float64(is.Bytes) < low {
			return model.Fails, fmt.Sprintf("it is less than %g times %s's", w.Policy.SizeLow, other)
		} else if float64(is.Bytes) > high {
			return model.Fails, fmt.Sprintf("it is more than %g times %s's", w.Policy.SizeHigh, other)
		}
		return model.Holds, ""
	}
}

// area is a region and kind.
type area struct {
	region string
	kind   model.Kind
}

func (w World) rated(_ *shifting, on model.Cluster) cellJudge {
	week := w.view(on).Week
	by := map[area]board.Tally{}
	for _, part := range week.By {
		by[area{part.Region, part.Kind}] = part.Backups
	}
	return func(c *board.CellView, _ *model.Placement) (model.Verdict, string) {
		t := by[area{c.Cell.Region, c.Cell.Kind}]
		rate, _ := t.Rate()
		where := c.Cell.Region + " " + c.Cell.Kind.String()
		switch {
		case !week.Read:
			return model.Unknown, fmt.Sprintf("%s's catalog was not read yet", on)
		case t.Total() < w.Policy.RateOf:
			return model.Unknown, fmt.Sprintf("%s: only %d in 7 d", where, t.Total())
		case rate < w.Policy.RateLeast:
			return model.Fails, fmt.Sprintf("%s: %.1f %% of %d", where, rate*100, t.Total())
		}
		return model.Holds, ""
	}
}

// restored looks for the newest test of each region and kind that passed and has not lapsed, and for cells whose own newest test did not.
func (w World) restored(_ *shifting, on model.Cluster) cellJudge {
	passed, failed, unsure := map[area]time.Time{}, map[model.Cell]bool{}, map[area]string{}
	if w.State != nil {
		for _, p := range w.State.Evidence {
			of := p.Of.Cell
			if p.Claim.Restored == nil || of == nil || p.Of.Cluster == nil || *p.Of.Cluster != on {
				continue
			}
			switch p.Verdict {
			case model.Holds:
				at := area{of.Region, of.Kind}
				switch v, says := p.Stands(w.Now, w.Snapshot.Present); {
				case v == model.Unknown:
					unsure[at] = says
				case v == model.Holds && p.At.After(passed[at]):
					passed[at] = p.At
				}
			case model.Fails:
				failed[*of] = true
			case model.Unknown:
			}
		}
	}
	return func(c *board.CellView, _ *model.Placement) (model.Verdict, string) {
		at, there := passed[area{c.Cell.Region, c.Cell.Kind}]
		where := c.Cell.Region + " " + c.Cell.Kind.String()
		switch {
		case failed[c.Cell]:
			return model.Fails, "its own newest restore test failed"
		case !there && unsure[area{c.Cell.Region, c.Cell.Kind}] != "":
			return model.Unknown, where + ": " + unsure[area{c.Cell.Region, c.Cell.Kind}]
		case !there:
			return model.Unknown, where + ": none has passed that still counts"
		case w.Now.Sub(at) > w.Policy.EvidenceLife:
			return model.Fails, where + ": the newest passed on " + at.UTC().Format("2 Jan 2006")
		}
		return model.Holds, ""
	}
}

// CoveredOn is when a cluster's good backups of a cell will reach back as far as they are kept, if none goes wrong: false when it has none,
// or nobody says for how long they are kept. What is older than the window that was read is not counted, so that it is never too early.
func CoveredOn(c *board.CellView, on model.Cluster, p *model.Placement) (time.Time, bool) {
	since := c.On[on].Since
	if since.IsZero() || p.Retention <= 0 {
		return time.Time{}, false
	}
	return since.Add(p.Retention), true
}

func (w World) covered(_ *shifting, on model.Cluster) cellJudge {
	return func(c *board.CellView, p *model.Placement) (model.Verdict, string) {
		at, known := CoveredOn(c, on, p)
		switch {
		case p.Retention <= 0:
			return model.Unknown, "the inventory does not say how long they are kept"
		case !known:
			return model.Unknown, fmt.Sprintf("%s has no good backup of it", on)
		case w.Now.Before(at):
			return model.Fails, "covered on " + at.UTC().Format("2 Jan 2006")
		}
		return model.Holds, ""
	}
}

// triedWell holds until a try goes wrong: a good backup that is still young enough says nothing of a file daemon that trusts the cluster no
// more.
func (w World) triedWell(_ *shifting, on model.Cluster) cellJudge {
	untried := fmt.Sprintf("%s has not tried it yet", on)
	return func(c *board.CellView, _ *model.Placement) (model.Verdict, string) {
		switch last := c.On[on].Last; {
		case last == nil:
			return model.Unknown, untried
		case last.Bad():
			return model.Fails, badly(last, on)
		case last.Hollow():
			return model.Fails, fmt.Sprintf("its newest try on %s is no good backup: %s", on, last.HollowSays())
		}
		return model.Holds, ""
	}
}

// The words of a Director's log by which causes are told apart; the rest of a note names the client, so that no two would be alike.
var (
	distrusts   = model.Pattern(`(?i)unable to authenticate with (the )?file ?daemon`)
	unreachable = model.Pattern(`(?i)unable to connect to client`)
)

// badly says why a try went wrong, in words that are alike for all of one cause.
func badly(j *model.Job, on model.Cluster) string {
	switch {
	case distrusts().MatchString(j.Note):
		return fmt.Sprintf("its file daemon does not trust %s", on)
	case unreachable().MatchString(j.Note):
		return fmt.Sprintf("%s does not reach its file daemon", on)
	}
	return fmt.Sprintf("its newest try on %s ended badly", on)
}

// placed goes through the cells that are known, with where the inventory puts them.
func (w World) placed(do func(*board.CellView, *model.Placement)) {
	places := w.Names.Inventory().Cells
	for i := range w.Snapshot.Cells { // both are in one order
		c := &w.Snapshot.Cells[i]
		places = places[skip(len(places), func(n int) bool { return places[n].Cell.Compare(c.Cell) < 0 }):]
		if len(places) > 0 && places[0].Cell == c.Cell {
			do(c, &places[0])
		}
	}
}

// used are the names of all cells of which a cluster has a good backup.
func (w World) used(on model.Cluster, name func(*model.Placement) string) map[string]bool {
	out := map[string]bool{}
	w.placed(func(c *board.CellView, p *model.Placement) {
		if c.On[on].LastGood != nil {
			out[name(p)] = true
		}
	})
	return out
}
