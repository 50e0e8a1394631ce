package main

import (
	"switchyard/backend/feed"
	"switchyard/model"
)

// cards tells how old the oldest restore card is, where the configuration says where they are.
func (d *doctor) cards() {
	dir := d.site.cfg.Cards.Dir
	if dir == "" {
		return
	}
	kept, err := feed.CardsIn(dir, d.site.inv)
	if err != nil {
		d.note(model.Cards.String(), model.Unknown, "see cards.dir in the configuration", "%s", model.Clean(err.Error()))
		return
	}
	c := kept.Judge(model.Now(), d.site.cfg.Policy.CardsOld)
	do := ""
	if c.Verdict != model.Holds {
		do = model.FreshenCards
	}
	d.note(model.Cards.String(), c.Verdict, do, "%s", c.Value)
}
