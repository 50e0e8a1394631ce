package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// RecoverFar is how far a recovery is.
type RecoverFar struct {
	Chains, Back, Lost, Doubt int
	Left                      time.Duration // until what comes back is back, as fast as it was written; 0: nothing is left, or nobody knows
	Next                      string        // the chain that is restored next; empty: none is left
}

// FarOf tells how far a recovery is by its journal, and how long what is left takes with so many restores at once.
func FarOf(s *record.State, bundle time.Time, all []model.Survivor, atOnce int) RecoverFar {
	f := RecoverFar{Chains: len(all)}
	back := Recovered(s, bundle)
	var left []model.Survivor
	for i := range all {
		c := &all[i]
		switch {
		case back[c.Chain]:
			f.Back++
		case c.Back == model.Answer(model.Fails):
			f.Lost++
		case c.Back != model.Answer(model.Holds) || strange(c):
			f.Doubt++
		default:
			left = append(left, *c)
		}
	}
	if len(left) > 0 {
		f.Next = left[0].Chain
		_, f.Left = model.Finish(left, atOnce)
	}
	return f
}

// RecoverState says how a chain stands in a recovery, in words.
func RecoverState(s *record.State, bundle time.Time, c *model.Survivor) string {
	switch {
	case Recovered(s, bundle)[c.Chain]:
		return "back"
	case c.Back == model.Answer(model.Fails):
		return "LOST: " + model.Clean(c.Why)
	case c.Back != model.Answer(model.Holds) && c.Scan != nil:
		return "not known: " + model.Clean(c.Why) + "; " + Scanning(c.Scan)
	case c.Back != model.Answer(model.Holds):
		return "not known: " + model.Clean(c.Why)
	case strange(c):
		return ScanOf(c)
	}
	says := fmt.Sprintf("waits: as of %s UTC", c.Point.At.UTC().Format("2 Jan 15:04"))
	if c.About > 0 {
		says += ", about " + model.Age(c.About)
	}
	if c.Scan != nil {
		says += "; a newer one is " + model.Clean(c.Newer) + "; " + Scanning(c.Scan)
	}
	return says
}

// ScanOf says how the volumes of a chain come into the catalog that is left, where it does not know them: one by one, by a person, as bscan
// writes to a catalog whatever a volume says.
func ScanOf(c *model.Survivor) string {
	if c.Point == nil || !strange(c) {
		return ""
	}
	if !c.Point.Card {
		return model.Clean(fmt.Sprintf("%s's catalog knows its point: switchyard restore --from %[1]s", c.Point.Key.Cluster))
	}
	return "no catalog that is left knows its point: " + Scanning(c.Point)
}

// Scanning says what reads the first volume of a point into a catalog, and how many there are besides.
func Scanning(p *model.SurvivingPoint) string {
	var volumes []model.Volume
	for _, v := range p.Volumes {
		if v.Storage != "" && (len(p.Missing) == 0 || slices.Contains(p.Missing, v.Name)) {
			volumes = append(volumes, v)
		}
	}
	if len(volumes) == 0 {
		return "nobody tells on which Storage Daemon its volumes lie"
	}
	name := strings.ReplaceAll(volumes[0].Name, "'", `'\''`)
	says := fmt.Sprintf("bscan -s -m -v -V '%s' DEVICE on the host of %s reads that volume, as of %s UTC, into it", name,
		volumes[0].Storage, p.At.UTC().Format("2 Jan 15:04"))
	if n := len(volumes) - 1; n > 0 {
		says += fmt.Sprintf(", and %d more likewise", n)
	}
	return model.Clean(says + "; then ask again")
}
