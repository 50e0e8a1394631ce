package main

import (
	"time"

	"switchyard/model"
)

// cardsOld is the age at which a card is no longer what a timer keeps fresh.
const cardsOld = 26 * time.Hour

// cards tells how old the oldest restore card is, where the configuration says where they are.
func (d *doctor) cards() {
	dir := d.site.cfg.Cards.Dir
	if dir == "" {
		return
	}
	const of, do = "restore cards", "let a timer run switchyard cards DIR, and see what it says"
	var chains []string
	for _, c := range d.site.inv.Cells {
		if n := len(chains); n == 0 || chains[n-1] != c.Cell.Chain {
			chains = append(chains, c.Cell.Chain)
		}
	}
	chain, made, missing, err := oldestCard(dir, chains)
	age := model.Now().Sub(made)
	switch {
	case err != nil:
		d.note(of, model.Unknown, "see cards.dir in the configuration", "%s", model.Clean(err.Error()))
	case len(missing) > 0:
		d.note(of, model.Fails, do, "%d of %d chains have none in %s, such as %s", len(missing), len(chains), dir, missing[0])
	case age < -model.ClockSlack:
		d.note(of, model.Unknown, "see the clocks of who writes them", "that of %s says that it was made at %s, which is to come", chain,
			made.UTC().Format(time.DateTime))
	case age > cardsOld:
		d.note(of, model.Fails, do, "the oldest of %d in %s, that of %s, is %s old, older than %s", len(chains), dir, chain, model.Age(age),
			model.Span(cardsOld))
	default:
		d.note(of, model.Holds, "", "the oldest of %d in %s is %s old", len(chains), dir, model.Age(max(0, age)))
	}
}
