package plan

import (
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/routes"
)

// rdsHealthy wants an available primary behind green.
func (w World) rdsHealthy(_ *Plan, _ *shifting) model.Check {
	c := model.Check{Says: "green's RDS instance is available", Bar: model.Override}
	r := w.Snapshot.RDS
	if r == nil || r.Primary == nil {
		c.Value = "no RDS instance is watched"
		return c
	}
	for place, i := range []*model.Instance{r.Primary, r.Replica} {
		name := [...]string{"primary", "replica"}[place]
		if i == nil || i.Overtaken() || !i.AWS.Seen() || i.AWS.Value.IsReplica() {
			continue
		}
		s := w.source(model.Source{Kind: model.SourceInstance, Name: name})
		if heard, why := w.heard(s); !heard {
			c.Value = i.ID + ": " + why
			return c
		}
		d := &i.AWS.Value
		c.At, c.Fact, c.Value, c.Verdict = i.AWS.At, d.ResourceID, i.ID+" is "+d.Status, model.Fails
		if d.Status == "available" {
			c.Verdict = model.Holds
		}
		return c
	}
	c.Value = "AWS was not heard of an instance that takes writes"
	return c
}

// drReady asks for it before green alone has half of all cells.
func (w World) drReady(_ *Plan, v *shifting) model.Check {
	c := model.Check{Says: "the replica could take over before green alone has half of all cells", Bar: model.Override}
	if v.err != nil {
		c.Value = "it is not known which cells move"
		return c
	}
	alone := 0
	route := v.next.Walk()
	for i := range v.inv.Cells {
		if route(v.inv.Cells[i].Cell) == routes.Green {
			alone++
		}
	}
	share := fmt.Sprintf("afterwards green alone has %d of %d", alone, len(v.inv.Cells))
	switch r := w.Snapshot.RDS; {
	case 2*alone <= len(v.inv.Cells):
		c.Verdict, c.At, c.Value = model.Holds, w.Now, share
	case r == nil:
		c.Value = share + "; no RDS pair is watched"
	default:
		c.Verdict, c.At, c.Value = r.Emergency.Can, w.Now, strings.TrimSuffix(share+"; "+r.Emergency.Says, "; ")
	}
	return c
}
