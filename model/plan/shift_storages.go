package plan

import (
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// storagesThere goes by what a cluster has written, and by what its Storage Daemons said when they were asked through the Director that
// schedules there. That an immutable one protects volumes only a backup proves that lies there.
func (w World) storagesThere(_ *shifting, on model.Cluster) cellJudge {
	used, asked := w.used(on, func(p *model.Placement) string { return p.Storage }), w.State.Storages(on)
	protects := w.protects(on)
	through := ""
	if v := w.view(on); len(v.Directors) > 0 {
		through = v.Scheduler().Name
	}
	unused := fmt.Sprintf("%s has not written to its storage yet, and it was not asked through it", on)
	return func(c *board.CellView, p *model.Placement) (model.Verdict, string) {
		said, is := asked.Client(p.Storage)
		is = is && through != "" && said.Through == through && w.Now.Sub(said.At) <= w.Policy.EvidenceLife &&
			!said.At.After(w.Now.Add(model.ClockSlack))
		switch {
		case p.Storage == "":
			return model.Holds, "" // it is that of the template
		case is && said.Why != "" && !used[p.Storage]:
			return model.Fails, fmt.Sprintf("asked through %s: %s", model.Clean(said.Through), said.Why)
		case !is && !used[p.Storage]:
			return model.Unknown, unused
		case c.Cell.Kind != model.Immutable || protects[p.Storage] == model.Holds:
			return model.Holds, ""
		case protects[p.Storage] == model.Fails:
			return model.Fails, fmt.Sprintf("its storage does not protect volumes: the newest immutable backup of %s there is on open ones", on)
		}
		return model.Unknown, fmt.Sprintf("no immutable backup of %s proves that its storage protects volumes", on)
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
