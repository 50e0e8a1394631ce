package plan

import (
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// storages are what is known of the Storage Daemons of a cluster: what it has written there, and what they said when they were asked
// through the Director that schedules there.
type storages struct {
	w       World
	asked   *record.Reached
	through string
	used    map[string]bool
}

func (w World) storages(on model.Cluster) *storages {
	of := &storages{w: w, asked: w.State.Storages(on), used: w.used(on, func(p *model.Placement) string { return p.Storage })}
	if v := w.view(on); len(v.Directors) > 0 {
		of.through = v.Scheduler().Name
	}
	return of
}

// said is what a storage said, however long ago; false where it was not asked through that Director.
func (of *storages) said(name string) (record.ReachedClient, bool) {
	said, is := of.asked.Client(name)
	return said, is && of.through != "" && said.Through == of.through && !said.At.After(of.w.Now.Add(model.ClockSlack))
}

// stale tells that what was said is too old to count.
func (of *storages) stale(said *record.ReachedClient) bool {
	return of.w.Now.Sub(said.At) > of.w.Policy.EvidenceLife
}

// storagesThere is about storages that nobody has asked, and about immutable ones: that one protects volumes only a backup proves that lies
// there.
func (w World) storagesThere(_ *shifting, on model.Cluster) cellJudge {
	of, protects := w.storages(on), w.protects(on)
	unused := fmt.Sprintf("%s has not written to its storage yet, and it was not asked through it", on)
	return func(c *board.CellView, p *model.Placement) (model.Verdict, string) {
		said, asked := of.said(p.Storage)
		switch {
		case p.Storage == "":
			return model.Holds, "" // it is that of the template
		case !asked && !of.used[p.Storage]:
			return model.Unknown, unused
		case !of.used[p.Storage] && (said.Why != "" || of.stale(&said)):
			return model.Holds, "" // storages-asked holds it up
		case c.Cell.Kind != model.Immutable || protects[p.Storage] == model.Holds:
			return model.Holds, ""
		case protects[p.Storage] == model.Fails:
			return model.Fails, fmt.Sprintf("its storage does not protect volumes: the newest immutable backup of %s there is on open ones", on)
		}
		return model.Unknown, fmt.Sprintf("no immutable backup of %s proves that its storage protects volumes", on)
	}
}

// storagesAsked is about storages that were asked: who was can be asked again, so that an answer that is a no, or too old, is overridden by
// nobody.
func (w World) storagesAsked(_ *shifting, on model.Cluster) cellJudge {
	of := w.storages(on)
	return func(_ *board.CellView, p *model.Placement) (model.Verdict, string) {
		said, asked := of.said(p.Storage)
		switch {
		case !asked || of.used[p.Storage] || p.Storage == "":
			return model.Holds, ""
		case of.stale(&said):
			return model.Unknown, fmt.Sprintf("its storage was asked last on %s", said.At.UTC().Format("2 Jan"))
		case said.Why != "":
			return model.Fails, fmt.Sprintf("asked through %s: %s", model.Clean(said.Through), said.Why)
		}
		return model.Holds, ""
	}
}

// protects tells by storage whether the newest good immutable backup of a cluster there is on protected volumes.
func (w World) protects(on model.Cluster) map[string]model.Verdict {
	out, newest := map[string]model.Verdict{}, map[string]time.Time{}
	w.placed(func(c *board.CellView, p *model.Placement) {
		good := c.On[on].LastGood
		if c.Cell.Kind == model.Immutable && good != nil && good.Protected != model.Unknown && good.When().After(newest[p.Storage]) {
			newest[p.Storage], out[p.Storage] = good.When(), good.Protected
		}
	})
	return out
}
