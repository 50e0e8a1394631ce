package feed

import (
	"fmt"
	"slices"
	"testing"

	"switchyard/model"
	"switchyard/model/board"
)

// A good row whose backup no volume holds is no backup: its cell rests on the newest that one holds, from the first look on.
func TestBackupsOnNoVolume(t *testing.T) {
	const chains, nights = 40, 14
	for name, c := range map[string]struct {
		gone string // which of JobMedia
		good uint32 // of chain 3 afterwards; 0: none
	}{
		"all are on one":             {"JobId = 0", 524},
		"the newest is on none":      {"JobId = 524", 484},
		"one that nothing rests on":  {"JobId = 484", 524},
		"the newest six are on none": {"JobId > 320", 284},
		"none is on any":             {"JobId > 0", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := watchedCatalog(t, chains)
			w.nights(nights)
			w.sql("DELETE FROM JobMedia WHERE " + c.gone)
			s := w.look()
			for range nights { // a statement a tick, beyond the first look's
				s = w.look()
				if n, _ := w.cost(); n > 2 {
					t.Errorf("%d statements in one tick", n)
				}
			}
			on := w.cell(s, 3)
			switch good := on.LastGood; {
			case c.good == 0 && good != nil:
				t.Errorf("it rests on %d", good.ID)
			case c.good != 0 && (good == nil || good.ID != c.good || good.Stored != model.Holds):
				t.Errorf("it rests on %+v, want %d", good, c.good)
			}
			if on.Last == nil || on.Last.ID != 524 || (on.Doubt == model.NoVolume) != (c.good != 524) {
				t.Errorf("its newest is %+v: %v", on.Last, on.Doubt)
			}
			if slices.ContainsFunc(s.Events, func(e board.Event) bool { return !e.Past }) {
				t.Error("what was so at the start is told as news")
			}
			if s = w.look(); w.cell(s, 3).LastGood != on.LastGood {
				t.Error("it rests on another one at the next look")
			}
		})
	}
}

// The newest of a cell is asked about when it comes, and once.
func TestABackupOnNoVolumeThatComes(t *testing.T) {
	w := watchedCatalog(t, 4)
	next := w.nights(3)
	w.look()
	w.row(next, 3, "T", 0)
	w.sql(fmt.Sprintf("DELETE FROM JobMedia WHERE JobId = %d", next))
	w.look()
	s := w.look()
	if on := w.cell(s, 3); on.LastGood == nil || on.LastGood.ID == next || on.Doubt != model.NoVolume {
		t.Errorf("it rests on %+v: %v", on.LastGood, on.Doubt)
	}
	if says := fmt.Sprintf("%d c3 r1 regular: no volume of its catalog holds it", next); !told(s, 0, says) {
		t.Errorf("no event says %q", says)
	}
	w.look()
	if n, _ := w.cost(); n != 1 {
		t.Errorf("a quiet tick takes %d statements", n)
	}
}

// TestVolumesAreAskedForInTurn: a volume is deleted, or read in again, and the rows of its jobs stay as they are.
func TestVolumesAreAskedForInTurn(t *testing.T) {
	w := watchedCatalog(t, 4)
	next := w.nights(3)
	for range 3 {
		w.look()
	}
	newest := next - 1
	of := w.cell(w.look(), 3).LastGood.ID
	if of > newest {
		t.Fatalf("it rests on %d", of)
	}
	w.sql(fmt.Sprintf("DELETE FROM JobMedia WHERE JobId = %d", of))
	w.look()
	w.source.replace = w.source.replace.Add(-2 * placesEvery)
	w.look()
	s := w.look()
	if on := w.cell(s, 3); on.LastGood == nil || on.LastGood.ID >= of || on.Doubt != model.NoVolume {
		t.Fatalf("its volume is gone: it rests on %+v: %v", on.LastGood, on.Doubt)
	}
	w.sql(fmt.Sprintf("INSERT INTO JobMedia VALUES (%d, %d, 1)", of, of))
	w.source.replace = w.source.replace.Add(-2 * placesEvery)
	w.look()
	s = w.look()
	if on := w.cell(s, 3); on.LastGood == nil || on.LastGood.ID != of || on.Doubt != model.NotJudged {
		t.Errorf("its volume is back: it rests on %+v: %v", on.LastGood, on.Doubt)
	}
	if !told(s, 0, "no volume of its catalog holds it") || !told(s, 0, "a volume of its catalog holds it after all") {
		t.Errorf("it is not told: %+v", s.Events)
	}
}

// Where the table cannot be read, nothing is known of volumes, and the rest goes on.
func TestACatalogThatTellsNoVolumes(t *testing.T) {
	w := watchedCatalog(t, 4)
	w.nights(3)
	w.sql("DROP TABLE JobMedia")
	var s *board.Snapshot
	for range 3 {
		s = w.look()
	}
	if good := w.cell(s, 3).LastGood; good == nil || good.Stored != model.Unknown {
		t.Errorf("it rests on %+v", good)
	}
	if n, _ := w.cost(); n != 1 {
		t.Errorf("it is asked again: %d statements", n)
	}
}

// TestOneLookProvesAllVolumes: whoever acts looks once, and is refused what is not known then.
func TestOneLookProvesAllVolumes(t *testing.T) {
	w := watchedCells(t, 3*proofsAtOnce+1, model.Immutable)
	w.sql("INSERT INTO Media VALUES (1, 1)")
	w.nights(2)
	s := w.look()
	for i := range s.Cells {
		if good := s.Cells[i].On[model.Blue].LastGood; good == nil || good.Protected != model.Holds {
			t.Fatalf("%v rests on %+v", s.Cells[i].Cell, good)
		}
	}
	w.look()
	if n, _ := w.cost(); n != 1 {
		t.Errorf("a quiet tick takes %d statements", n)
	}
}
