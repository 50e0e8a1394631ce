package board

import (
	"slices"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestWhoIsAskedThroughADirector: the file daemons that nobody knows of, those asked longest ago first, and none while too many are silent
// or the Director is not heard.
func TestWhoIsAskedThroughADirector(t *testing.T) {
	inv, err := model.NewInventory([]model.Placement{
		{Cell: model.Cell{Chain: "a", Region: "r"}, Client: "a-fd"}, {Cell: model.Cell{Chain: "b", Region: "r"}, Client: "b-fd"},
		{Cell: model.Cell{Chain: "c", Region: "r"}, Client: "c-fd"}, {Cell: model.Cell{Chain: "d", Region: "r"}, Client: "d-fd"},
		{Cell: model.Cell{Chain: "e", Region: "r"}, Client: "e-fd"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ok, bad := &model.Job{Outcome: model.OK, End: midday}, &model.Job{Outcome: model.Failed, End: midday}
	s := &Snapshot{At: midday, Seen: []Sighting{{Source: model.CatalogOf(model.Green), At: midday, Every: time.Second, Gates: true},
		{Source: model.DirectorOf(model.Green, "dir"), At: midday, Every: time.Second, Gates: true}}}
	s.Clusters[model.Green] = &ClusterView{Cluster: model.Green, Catalog: model.Catalog{Host: "x", At: midday, Target: model.Holds},
		Directors: []model.Director{{Name: "dir", Active: true, At: midday}}}
	for i := range inv.Cells {
		s.Cells = append(s.Cells, CellView{Cell: inv.Cells[i].Cell})
	}
	on := func(i int) *Standing { return &s.Cells[i].On[model.Green] }
	on(0).LastGood, on(0).Last = ok, ok  // it has worked
	on(1).LastGood, on(1).Last = ok, bad // and does no more
	p := model.DefaultPolicy()
	ask := func(of ...record.ReachedClient) []string {
		t.Helper()
		green := model.Green
		st := &record.State{Evidence: []*record.Proved{{Proof: record.Proof{Of: record.Subject{Cluster: &green},
			Claim: record.Proven{Reached: &record.Reached{Of: of}}}}}}
		names, _ := s.Unreached(model.Green, inv, st, p)
		return names
	}
	at := func(name string, ago time.Duration, why string, silent bool) record.ReachedClient {
		return record.ReachedClient{Client: name, At: midday.Add(-ago), Version: "9.6.7", Why: why, Silent: silent, Through: "dir"}
	}
	for name, c := range map[string]struct{ got, want []string }{
		"nobody was asked": {ask(), []string{"b-fd", "c-fd", "d-fd", "e-fd"}},
		"some were":        {ask(at("c-fd", time.Hour, "", false), at("d-fd", 25*time.Hour, "", false)), []string{"b-fd", "e-fd", "d-fd"}},
		"another was asked": {ask(record.ReachedClient{Client: "c-fd", At: midday, Version: "9.6.7", Through: "dir2"}),
			[]string{"b-fd", "d-fd", "e-fd", "c-fd"}},
		"asked again sooner": {ask(at("c-fd", 10*time.Minute, "x", false), at("d-fd", 2*time.Hour, "x", false)), []string{"b-fd", "e-fd",
			"d-fd"}},
		"two are silent": {ask(at("c-fd", time.Minute, "x", true), at("d-fd", time.Minute, "x", true)), []string{"b-fd", "e-fd"}},
		"three are silent": {ask(at("c-fd", time.Minute, "x", true), at("d-fd", time.Minute, "x", true), at("e-fd", time.Minute, "x", true)),
			nil},
		"three were": {ask(at("c-fd", 2*time.Hour, "x", true), at("d-fd", 3*time.Hour, "x", true), at("e-fd", 4*time.Hour, "x", true)),
			[]string{"b-fd", "e-fd", "d-fd", "c-fd"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	on(0).LastGood = &model.Job{Outcome: model.OK, End: midday.Add(-p.EvidenceLife - time.Hour)}
	if got := ask(); !slices.Contains(got, "a-fd") {
		t.Errorf("of one that has done nothing for longer than evidence counts: %v", got)
	}
	s.Seen[1].Why = "no answer"
	if got := ask(); got != nil {
		t.Errorf("through a Director that is not heard: %v", got)
	}
	s.Seen[1].Why, s.Clusters[model.Green].Catalog.Target = "", model.Unknown
	if got := ask(); got != nil {
		t.Errorf("while nobody knows whose catalog it is: %v", got)
	}
}
