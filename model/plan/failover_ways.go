package plan

import (
	"cmp"
	"strings"

	"switchyard/model"
)

// wayToFailover is past what holds up a failover.
func (w World) wayToFailover(c *model.Check) string {
	name, _ := w.writing()
	s := w.source(model.Source{Kind: model.SourceInstance, Name: name})
	toAWS := w.wayToSource(&s)
	if strings.HasPrefix(c.ID, "pair-") && c.Verdict == model.Unknown { // what is not heard of the replica is not known
		for _, of := range sourcesOf("replica") {
			s := w.source(of)
			if way := w.wayToSource(&s); way != "" && s.Why != "" {
				return way
			}
		}
	}
	if way := cmp.Or(w.wayToTakeover(c.ID), w.wayAfterFailover(c.ID)); way != "" {
		return way
	}
	switch c.ID {
	case "rds-identity":
		return cmp.Or(toAWS, "see page 4: correct rds in the configuration, or what stands under that name, before anybody acts on it")
	case "rds-available":
		return cmp.Or(toAWS, "wait until AWS calls it available; page 4 says what it is at")
	case "rds-multi-az":
		return cmp.Or(toAWS, "it can only be rebooted: make it Multi-AZ first, or switch over to the replica")
	case "rds-lately":
		return cmp.Or(toAWS, "wait; the events of page 4 tell of the last one and of its standby's recovery")
	case "rds-jobs":
		if way := w.wayToHear(model.Green); way != "" {
			return way
		}
		return "wait until they have ended, cancel them (c), or say why they may die"
	}
	return ""
}
