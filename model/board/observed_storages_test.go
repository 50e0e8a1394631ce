package board

import (
	"slices"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestWhichStoragesAreAsked: those that nobody has written to, those asked longest ago first, and again when they are due or through
// another Director.
func TestWhichStoragesAreAsked(t *testing.T) {
	inv, err := model.NewInventory([]model.Placement{
		{Cell: model.Cell{Chain: "a", Region: "r"}, Storage: "sd-a"}, {Cell: model.Cell{Chain: "b", Region: "r"}, Storage: "sd-b"},
		{Cell: model.Cell{Chain: "c", Region: "r"}, Storage: "sd-c"}, {Cell: model.Cell{Chain: "d", Region: "r"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	green := model.Green
	s := &Snapshot{At: midday, Seen: []Sighting{{Source: model.CatalogOf(green), At: midday, Every: time.Second},
		{Source: model.DirectorOf(green, "dir"), At: midday, Every: time.Second}}}
	s.Clusters[green] = &ClusterView{Cluster: green, Catalog: model.Catalog{Host: "x", At: midday, Target: model.Holds},
		Directors: []model.Director{{Name: "dir", Active: true, At: midday}}}
	for i := range inv.Cells {
		s.Cells = append(s.Cells, CellView{Cell: inv.Cells[i].Cell})
	}
	s.Cells[0].On[green].LastGood = &model.Job{Outcome: model.OK, End: midday}
	was := func(name, through, why string, ago time.Duration) record.ReachedClient {
		return record.ReachedClient{Client: name, Through: through, Why: why, At: midday.Add(-ago)}
	}
	for name, c := range map[string]struct {
		of   []record.ReachedClient
		want []string
	}{
		"nobody asked":     {nil, []string{"sd-b", "sd-c", "sd-a"}},
		"one answered":     {[]record.ReachedClient{was("sd-b", "dir", "", time.Hour)}, []string{"sd-c", "sd-a"}},
		"long ago":         {[]record.ReachedClient{was("sd-b", "dir", "", 30*time.Hour)}, []string{"sd-c", "sd-b", "sd-a"}},
		"another Director": {[]record.ReachedClient{was("sd-b", "dir2", "", time.Hour)}, []string{"sd-c", "sd-b", "sd-a"}},
		"it did not answer": {[]record.ReachedClient{was("sd-b", "dir", "x", 2*time.Hour), was("sd-c", "dir", "x", time.Minute)}, []string{"sd-b",
			"sd-a"}},
		"one with backups": {[]record.ReachedClient{was("sd-a", "dir", "", time.Hour)}, []string{"sd-b", "sd-c"}},
		"one with backups, long ago": {[]record.ReachedClient{was("sd-a", "dir", "", 30*time.Hour), was("sd-b", "dir", "", time.Hour),
			was("sd-c", "dir", "", time.Hour)}, []string{"sd-a"}},
	} {
		st := &record.State{Evidence: []*record.Proved{{Proof: record.Proof{Of: record.Subject{Cluster: &green},
			Claim: record.Proven{Storages: &record.Reached{Of: c.of}}}}}}
		if got := s.Unasked(green, inv, st, model.DefaultPolicy()); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	with := s.WithStorages(green, []record.ReachedClient{was("sd-c", "dir", "no answer", 0), was("sd-b", "dir", "", 0)})
	proofs, _ := Observed(with, nil, model.DefaultPolicy())
	i := slices.IndexFunc(proofs, func(p record.Proof) bool { return p.Claim.Storages != nil })
	if i < 0 || proofs[i].Verdict != model.Fails || proofs[i].Why != "sd-c: no answer" ||
		proofs[i].Claim.String() != "1 storage answered, 1 cannot be had to work" {
		t.Errorf("%+v", proofs)
	}
	// What took a while to ask makes nothing older that was seen before.
	_, before := Observed(s, nil, model.DefaultPolicy())
	slow, after := Observed(
		s.WithStorages(green, []record.ReachedClient{was("sd-b", "dir", "no answer in 8s", -10*time.Minute)}),
		nil,
		model.DefaultPolicy(),
	)
	if !slices.Equal(before, after) || !slices.ContainsFunc(slow, func(p record.Proof) bool { return p.Claim.Storages != nil }) {
		t.Errorf("%v\nwithout: %v", after, before)
	}
	s.Seen[1].Why = "down"
	if got := s.Unasked(green, inv, nil, model.DefaultPolicy()); got != nil {
		t.Errorf("through a Director that is not heard: %v", got)
	}
}
