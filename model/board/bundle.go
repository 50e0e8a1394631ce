package board

import (
	"time"

	"switchyard/model"
)

// Bundle takes in how old the recovery bundle is.
func (b *Board) Bundle(kept *model.BundleKept) {
	was := b.bundle
	if b.bundle = kept; was == nil || !was.Made.Equal(kept.Made) || was.Why != kept.Why {
		b.dirty = true
	}
}

// bundleAlerts tell of a bundle that is missing or old: the night it is for comes unannounced. Of one that cannot be read its source tells.
func (b *Board) bundleAlerts(now time.Time) []Alert {
	if b.bundle == nil {
		return nil
	}
	c := b.bundle.Judge(now, b.policy.BundleAge)
	if c.Verdict == model.Holds {
		return nil
	}
	return []Alert{{ID: "bundle", Severity: model.Fail, rank: rankStray, Source: model.Bundle, Says: "recovery bundle: " + c.Value,
		Brief: "the recovery bundle is old or missing", Do: model.FreshenBundle}}
}
