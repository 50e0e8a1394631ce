package board

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// unread is a board whose blue catalog never answered, for the reason given, or was not asked yet.
func unread(t *testing.T, why string) *boardWorld {
	w := newBoard(t, midday)
	w.Rewalk(model.Blue, "test", midday)
	w.sides[model.Blue].catalog = model.Catalog{}
	w.events = nil
	tried := w.now
	if why == "" {
		tried = time.Time{}
	}
	for i := range w.seen {
		if w.seen[i].Source == model.CatalogOf(model.Blue) {
			w.seen[i].At, w.seen[i].Tried, w.seen[i].Why = time.Time{}, tried, why
		}
	}
	w.Catalog(model.Green, model.Catalog{Host: "db-2"}, nil, nil, w.now)
	return w
}

// What was never read is nowhere a zero.
func TestWhatWasNeverReadIsNoZero(t *testing.T) {
	w := unread(t, "connection refused")
	s := w.Snapshot(w.now)
	if v := s.Clusters[model.Blue]; v.Day.Read || v.Week.Read || !s.Clusters[model.Green].Day.Read {
		t.Errorf("blue %+v, green %+v", v.Day, s.Clusters[model.Green].Day)
	}
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	blue, green := text(s.Clusters[model.Blue]), text(s.Clusters[model.Green])
	for _, field := range []string{`"last_24h"`, `"last_7d"`, `"catalog"`} {
		if strings.Contains(blue, field) || !strings.Contains(green, field) {
			t.Errorf("%s: blue, never read, says %s; green says %s", field, blue, green)
		}
	}
	cell := text(s.Cells[0].On[model.Blue])
	if regexp.MustCompile(`":0[,}]`).MatchString(cell) {
		t.Errorf("a cell on blue: %s", cell)
	}
	if got := text(model.Reading[model.Server]{Why: "refused"}); got != `{"why":"refused"}` {
		t.Errorf("a server that never answered: %s", got)
	}
	var again model.Reading[model.Server]
	was := model.Reading[model.Server]{At: midday, Value: model.Server{Version: "8.4", Director: 3}}
	if err := json.Unmarshal([]byte(text(was)), &again); err != nil || text(again) != text(was) {
		t.Errorf("written and read: %s, %v", text(again), err)
	}
}

// One silent catalog is one cause: one line, and no word of backups that were never looked for.
func TestOneCauseIsOneLine(t *testing.T) {
	about := func(w *boardWorld) (says []string) {
		for _, a := range w.Snapshot(w.now).Alerts {
			if a.rank == rankUnknown {
				says = append(says, a.Says)
			}
			if strings.Contains(a.Says, "never a good backup") {
				t.Errorf("nobody has looked, and it says: %s", a.Says)
			}
		}
		return says
	}
	w := unread(t, "connection refused")
	if got := about(
		w,
	); len(got) != 1 ||
		!strings.HasPrefix(got[0], "8 cells are not known to be well while the blue catalog is silent: chain1 region1 regular, ") {
		t.Errorf("a catalog that does not answer: %q", got)
	}
	if v := w.cell(cellA); v.Health != CellUnknown || v.Says != "blue catalog is silent; no good backup is known" {
		t.Errorf("%v: %s", v.Health, v.Says)
	}
	if got := about(unread(t, "")); len(got) != 0 {
		t.Errorf("one that was not asked yet: %q", got)
	}
}
