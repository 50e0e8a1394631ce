package run

import (
	"context"
	"errors"
	"slices"
	"testing"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/plan"
)

// statuses is a catalog that knows volumes.
type statuses map[string]string

func (statuses) Rows(context.Context, []uint32) ([]bacula.Row, error) { return nil, nil }

func (s statuses) VolumeStatuses(context.Context, []string) (map[string]string, error) { return s, nil }

func (statuses) HighestVolume(context.Context) (uint64, error) { return 0, nil }

func (statuses) NewestVolumes(context.Context) ([]model.JobVolume, error) { return nil, nil }

// TestUsedVolumesAreRecycled: what is Used, Full or Purged in a catalog that knows no job in it is written over; only what Bacula neither
// writes to nor recycles is left alone.
func TestUsedVolumesAreRecycled(t *testing.T) {
	u := &plan.ReadOnly{OnInstance: plan.OnInstance{ID: "bacula-replica", Region: "eu-central-1"}, Volumes: []string{"vol-1"}}
	for status, want := range map[string]model.Verdict{"Append": model.Fails, "Used": model.Fails, "Full": model.Fails, "Purged": model.Fails,
		"Recycle": model.Fails, "Error": model.Fails, "Read-Only": model.Holds, "Archive": model.Holds, "Disabled": model.Holds,
		"": model.Fails} {
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

// TestVolumesAreSealedOnce tells the Director of what is not sealed yet, of the others too where an answer is lost, and of nothing where
// none could be told.
func TestVolumesAreSealedOnce(t *testing.T) {
	u := &plan.ReadOnly{OnInstance: plan.OnInstance{ID: "bacula-replica", Region: "eu-central-1"}, Director: "dir-new",
		Volumes: []string{"vol-1", "vol-2", "vol-3", "vol-none"}}
	for name, c := range map[string]struct {
		fails map[string]error
		want  []string
		not   bool
	}{
		"all is well":       {nil, []string{"vol-1", "vol-3"}, false},
		"an answer is lost": {map[string]error{"vol-1": model.ErrTimeout}, []string{"vol-1", "vol-3"}, false},
		"one is refused":    {map[string]error{"vol-1": model.ErrNotDone}, []string{"vol-1", "vol-3"}, true},
	} {
		is := statuses{"vol-1": "Append", "vol-2": "Read-Only", "vol-3": "Used"}
		var told []string
		h := &Amazon{Catalogs: map[string]Rows{AtInstance(u.ID, u.Region): is},
			Seals: func(_ context.Context, director, line, volume string) error {
				if director != "dir-new" || line != `update volume="`+volume+`" volstatus=Read-Only` {
					t.Errorf("%s: %s was told %q", name, director, line)
				}
				told = append(told, volume)
				return c.fails[volume]
			}}
		err := h.seal(t.Context(), u, plan.Past{})
		if !slices.Equal(told, c.want) || errors.Is(err, model.ErrNotDone) != c.not || (err == nil) != (c.fails == nil) {
			t.Errorf("%s: told of %q, %v", name, told, err)
		}
	}
	h := &Amazon{Catalogs: map[string]Rows{AtInstance(u.ID, u.Region): statuses{}}}
	if err := h.seal(t.Context(), u, plan.Past{}); !errors.Is(err, model.ErrNotDone) {
		t.Errorf("without a console: %v", err)
	}
}
