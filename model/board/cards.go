package board

import (
	"time"

	"switchyard/model"
)

// Cards takes in how old the restore cards are that are kept.
func (b *Board) Cards(kept *model.CardsKept) {
	was := b.kept
	if b.kept = kept; was == nil || !was.Made.Equal(kept.Made) || len(was.Missing) != len(kept.Missing) || was.Oldest != kept.Oldest {
		b.dirty = true
	}
}

// cardAlerts tell of cards that are missing or old. Of a directory that cannot be read its source tells.
func (b *Board) cardAlerts(now time.Time) []Alert {
	if b.kept == nil {
		return nil
	}
	c := b.kept.Judge(now, b.policy.CardsOld)
	if c.Verdict == model.Holds {
		return nil
	}
	return []Alert{{ID: "cards", Severity: model.Warn, rank: rankStray, Source: model.Cards, Says: "restore cards: " + c.Value,
		Brief: "restore cards are old or missing", Do: model.FreshenCards}}
}
