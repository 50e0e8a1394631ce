package run

import (
	"context"
	"testing"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/plan"
)

// statuses is a catalog that knows volumes.
type statuses map[string]string

func (statuses) Rows(context.Context, []uint32) ([]bacula.Row, error) { return nil, nil }

func (s statuses) VolumeStatuses(context.Context, []string) (map[string]string, error) { return s, nil }

// TestUsedVolumesAreRecycled: what is Used, Full or Purged in a catalog that knows no job in it is written over; only what Bacula neither
// writes to nor recycles is left alone.
func TestUsedVolumesAreRecycled(t *testing.T) {
	u := &plan.ReadOnly{OnInstance: plan.OnInstance{ID: "bacula-replica", Region: "eu-central-1"}, Volumes: []string{"vol-1"}}
	for status, want := range map[string]model.Verdict{"Append": model.Fails, "Used": model.Fails, "Full": model.Fails, "Purged": model.Fails,
		"Recycle": model.Fails, "Error": model.Fails, "Read-Only": model.Holds, "Archive": model.Holds, "Disabled": model.Holds, "": model.Holds} {
		is := statuses{}
		if status != "" {
			is["vol-1"] = status
		}
		h := &Amazon{Catalogs: map[string]Rows{AtInstance(u.ID, u.Region): is}}
		if got, err := h.used(t.Context(), u, plan.Past{}); err != nil || got.Verdict != want {
			t.Errorf("%q: %v %q (%v), want %v", status, got.Verdict, got.Says, err, want)
		}
	}
}
