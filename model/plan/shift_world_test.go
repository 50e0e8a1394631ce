package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// wideInventory has chains with two regions and kinds each.
func wideInventory(chains int) *model.Inventory {
	return inventoryOf(chains, func(i int) string { return fmt.Sprintf("orders-eu-%05d", i+1) })
}

// inventoryOf has four cells for each chain.
func inventoryOf(chains int, name func(i int) string) *model.Inventory {
	daily := must(model.ParseSchedule("daily at 02:00"))
	var ps []model.Placement
	for i := range chains {
		for region := range 2 {
			for _, k := range model.Kinds {
				chain := name(i)
				ps = append(ps, model.Placement{
					Cell: model.Cell{Chain: chain, Region: fmt.Sprintf("region%d", region+1), Kind: k}, Client: chain + "-fd", Storage: "sd1",
					Promise: 26 * time.Hour, Retention: 10 * 24 * time.Hour, Schedule: daily,
				})
			}
		}
	}
	return must(model.NewInventory(ps))
}

// blueTakesAll, and green those of the chains whose number a predicate takes, by name.
func routesFor(inv *model.Inventory, blue, green func(model.Cell) bool) *routes.Document {
	var takes [2][]model.Cell
	for i := range inv.Cells {
		for c, of := range []func(model.Cell) bool{blue, green} {
			if of(inv.Cells[i].Cell) {
				takes[c] = append(takes[c], inv.Cells[i].Cell)
			}
		}
	}
	return routes.Naming(takes)
}

func always(model.Cell) bool { return true }

func never(model.Cell) bool { return false }

// wideWorld is one in which every guard of every shift holds: both clusters have two Directors each that do what the routes say.
func wideWorld(inv *model.Inventory, doc *routes.Document) World {
	names := must(model.BindNames(inv, must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")), model.NameTemplate{}))
	s := &board.Snapshot{At: t0, Environment: "prod", RDS: &model.RDS{Primary: &model.Instance{ID: "bacula"}}}
	s.RDS.Primary.AWS = model.Reading[model.Description]{At: t0, Value: model.Description{ResourceID: "db-A", Status: "available"}}
	s.RDS.Emergency.Can = model.Holds
	s.Seen = append(s.Seen, board.Sighting{Source: model.Source{Kind: model.SourceInstance, Name: "primary"}, At: t0, Every: time.Second})
	ran := [2]*model.Job{}
	for _, c := range model.Clusters {
		v := &board.ClusterView{Cluster: c, Linked: model.Holds, Catalog: model.Catalog{Host: "db:3306", At: t0, Target: model.Holds}}
		for i, name := range []string{"dir-" + c.String(), "dir-" + c.String() + "-2"} {
			v.Directors = append(v.Directors, model.Director{Name: name, Active: i == 0, At: t0, OffKnown: true, Jobs: []string{}})
			s.Seen = append(s.Seen, board.Sighting{Source: model.DirectorOf(c, name), At: t0, Every: 2 * time.Second, Gates: i == 0})
		}
		s.Seen = append(s.Seen, board.Sighting{Source: model.CatalogOf(c), At: t0, Every: time.Second, Gates: true})
		v.Week.Read = true
		for _, region := range inv.Regions {
			for _, k := range model.Kinds {
				v.Week.By = append(v.Week.By, board.TallyPart{Region: region, Kind: k, Backups: board.Tally{OK: 100}})
			}
		}
		ran[c] = &model.Job{ID: 40 + uint32(c), Type: model.TypeBackup, Level: 'F', Status: 'T', Outcome: model.OK, Start: t0.Add(-6 * time.Hour),
			End: t0.Add(-6*time.Hour + 3*time.Minute), Files: 3, Bytes: 2.3e9, Protected: model.Holds}
		v.Recent = []model.Job{*ran[c]}
		s.Clusters[c] = v
	}
	w := World{Now: t0, Snapshot: s, Names: names, Policy: model.DefaultPolicy(),
		Routing: Routing{Extensions: true, Times: [2]Times{model.Green: {Apart: 3 * time.Hour}}},
		State:   &record.State{Environment: "prod", RoutesSeq: 1, Routes: must(json.Marshal(doc))}}
	for _, region := range inv.Regions {
		for _, k := range model.Kinds {
			green := model.Green
			p := record.Proof{Of: record.Subject{Cluster: &green, Cell: &model.Cell{Chain: "orders-eu-00001", Region: region, Kind: k}},
				Claim: record.Proven{Restored: &record.Restored{Files: 3}}, Verdict: model.Holds, At: t0.Add(-time.Hour)}
			w.State.Evidence = append(w.State.Evidence, &record.Proved{Proof: p})
		}
	}
	for i := range inv.Cells {
		cell := inv.Cells[i].Cell
		v := board.CellView{Cell: cell, Promise: inv.Cells[i].Promise, Desired: doc.Route(cell)}
		for _, c := range model.Clusters {
			v.On[c] = board.Standing{Has: v.Desired[c], Read: true}
			for d := range v.On[c].At {
				v.On[c].At[d] = board.Starts{Is: v.Desired[c], Why: board.IdleNoJob}
			}
			if v.Desired[c] != model.Holds {
				continue
			}
			job := names.Name(cell)
			for d := range s.Clusters[c].Directors {
				s.Clusters[c].Directors[d].Jobs = append(s.Clusters[c].Directors[d].Jobs, job)
			}
			v.On[c].Last, v.On[c].LastGood, v.On[c].LastFull = ran[c], ran[c], ran[c]
			v.On[c].Median, v.On[c].Due, v.On[c].Since = 2.3e9, t0.Add(14*time.Hour), t0.Add(-11*24*time.Hour)
		}
		s.Cells = append(s.Cells, v)
	}
	for _, c := range model.Clusters {
		for d := range s.Clusters[c].Directors {
			own := &s.Clusters[c].Directors[d]
			own.Jobs = append(own.Jobs, model.CanaryName(c.String()))
			slices.Sort(own.Jobs)
		}
	}
	return w
}

// plainly is a world whose routes have no extensions.
func plainly(w World) World {
	w.Routing.Extensions = false
	return w
}

func shiftOf(to model.Route, cells ...model.Cell) Ask {
	return Ask{Shift: &Shift{Cells: cells, To: to}}
}

func allOf(inv *model.Inventory) (cells []model.Cell) {
	for i := range inv.Cells {
		cells = append(cells, inv.Cells[i].Cell)
	}
	return cells
}

func steps(p *Plan) (names []string) {
	for i := range p.Steps {
		r := must(p.Steps[i].Order.Row())
		name := r.Name
		if d := cmpOr(p.Steps[i].Order.Push, p.Steps[i].Order.Effective); d != nil {
			name += " " + d.Director
		}
		if p.Steps[i].Spares {
			name += " (spared)"
		}
		names = append(names, name)
	}
	return names
}

func cmpOr(a, b *OnDirector) *OnDirector {
	if a != nil {
		return a
	}
	return b
}

func notHolding(p *Plan) (ids []string) {
	for _, g := range p.Guards {
		if g.Verdict != model.Holds {
			ids = append(ids, fmt.Sprintf("%s %s: %s", GuardWord(g), g.ID, g.Value))
		}
	}
	return ids
}

// allOfBoth takes every chain, those that are added later too.
func allOfBoth() *routes.Document {
	const all = `{"region1":{"take_regular_backups":true,"take_immutable_backups":true},
		"region2":{"take_regular_backups":true,"take_immutable_backups":true}}`
	return must(routes.Parse("x", []byte(`{"bacula-blue":`+all+`,"bacula-green":`+all+`}`), routes.Options{}))
}
