package board

import (
	"slices"
	"time"

	"switchyard/model"
)

// standbyAlerts tell of catalogs of which only a read-only host is read: an alarm where cells need one, else a cluster at rest. Where a
// writable host may well be there and only does not let this reader in, nothing is known to be wrong with the cluster.
func (b *Board) standbyAlerts(now time.Time) []Alert {
	var out []Alert
	for _, s := range b.sides {
		why, c := s.catalog.WhyNoWrites(), s.ledger.cluster
		if why == "" || !b.freshCatalog(s, now) {
			continue
		}
		a := Alert{
			ID:       "standby:" + c.String(),
			Severity: b.withoutWrites(s, &s.catalog),
			rank:     rankSource,
			Cluster:  &c,
			Says:     c.String() + " catalog " + why,
			Brief:    c.String() + " catalog " + s.catalog.WhyNoWritesBriefly(),
			Do:       "see whether its writer runs: until one takes writes, jobs of " + c.String() + " can neither start nor end well",
		}
		if wait := b.atWork(model.CatalogOf(c), model.TroubleGone, now); wait != "" {
			a.Do = wait
		}
		if s.catalog.TakesWrites() == model.Unknown {
			mend := let(s.catalog.Untold())
			if s.catalog.Untold() == model.TroubleRefused { // there, as the standby takes it
				mend = "let the watch account in, where it is refused, again"
			}
			a.Do = mend + ": whether " + c.String() + "'s catalog takes writes is not known, and what is shown is a standby's"
		}
		out = append(out, a)
	}
	return out
}

// withoutWrites is how urgent it is, for alert and event alike, that no writable host of a catalog is seen: only where it is known that it
// takes no writes, and cells need it or may, has it failed.
func (b *Board) withoutWrites(s *side, c *model.Catalog) model.Severity {
	needed := func(p model.Placement) bool { return s.hasJob(p.Cell) != model.Fails }
	if c.TakesWrites() == model.Fails && slices.ContainsFunc(b.inv.Cells, needed) {
		return model.Fail
	}
	return model.Warn
}
