package run

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"switchyard/backend/rds"
	"switchyard/backend/rehearsal/amazon"
	"switchyard/model"
	"switchyard/model/plan"
)

// TestAStatusThatFlaps is believed when two looks agree on it, one after the other, and not because it was seen before. A change that waits
// for a window of maintenance holds nothing up.
func TestAStatusThatFlaps(t *testing.T) {
	const region, id = "eu-west-1", "bacula"
	cloud := amazon.New(amazon.Options{Instances: []amazon.Instance{{ID: id, Region: region}}, Readers: []string{rds.RehearsalKey}})
	t.Cleanup(cloud.Close)
	srv := httptest.NewServer(cloud)
	t.Cleanup(srv.Close)
	reader, err := rds.New(t.Context(), rds.Options{Endpoint: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cloud.Set(region, id, "pending-change"); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	h := &Amazon{Reader: reader, Now: func() time.Time { return now }}
	d, err := reader.Describe(t.Context(), rds.Target{ID: id, Region: region})
	if err != nil {
		t.Fatal(err)
	}
	is := plan.OnInstance{ID: id, Region: region, ResourceID: d.ResourceID}
	for i, c := range []struct {
		status string
		want   model.Verdict
	}{
		{"available", model.Unknown}, {"backing-up", model.Fails}, {"available", model.Unknown}, {"modifying", model.Fails},
		{"available", model.Unknown}, {"available", model.Holds}, {"failed", model.Fails}, {"available", model.Unknown},
	} {
		cloud.SetStatus(region, id, c.status)
		now = now.Add(2 * time.Second)
		sight, err := h.Look(context.Background(), plan.Order{Settled: &is}, plan.Past{})
		if err != nil || sight.Verdict != c.want || sight.Refused != (c.status == "failed") {
			t.Errorf("look %d, %s: %+v, %v; want %v", i, c.status, sight, err, c.want)
		}
	}
	cloud.Recreate(region, id)
	if sight, err := h.Look(context.Background(), plan.Order{Settled: &is}, plan.Past{}); err == nil {
		t.Errorf("another instance under the name: %+v", sight)
	}
}

// TestNumbersGoOnAboveWhatWasGiven: what is known of a table, far beyond its own number where nothing is, and never below that.
func TestNumbersGoOnAboveWhatWasGiven(t *testing.T) {
	n := &plan.Numbers{Above: []model.NextID{{Table: "Job", Next: 20_000}, {Table: "Media", Next: 50}}}
	for _, c := range []struct {
		is   model.NextID
		want uint64
	}{
		{model.NextID{Table: "Job", Next: 900}, 20_000},
		{model.NextID{Table: "Media", Next: 900}, 10_900},
		{model.NextID{Table: "Log", Next: 7}, 10_000_007},
	} {
		if got := atLeast(n, c.is); got.Next != c.want {
			t.Errorf("%+v: %d, want %d", c.is, got.Next, c.want)
		}
	}
}
