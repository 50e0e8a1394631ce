package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

func TestNothingIsDrawnBeforeTheSizeIsKnown(t *testing.T) {
	app, err := Watch(t.Context(), silent{}, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c := app.View().Content; c != "" {
		t.Fatalf("drew %q", c)
	}
}

func TestWhatNeedsAPersonComesFirst(t *testing.T) {
	d := watch(t, 80, 24, trouble(250).Snapshot)
	d.see("✗ chain003 r1 imm: last good 31 h; FAILED: ", ". back it up now")
	lines := strings.Split(d.screen(), "\n")
	if !strings.Contains(lines[5], "18244") || !strings.Contains(lines[5], "✗ FAILED") || !strings.Contains(lines[5], "▲ STUCK") {
		t.Fatalf("the first rows of the clusters are %q", lines[5])
	}
	d.press("!")
	d.see("JOB 18244 on BLUE", "do          back it up now; its newest try tells why")
	d.press("!")
	d.see("waits for a volume", "alert 2 of 3")
	d.press("!", "!")
	d.see("JOB 18244 on BLUE")
	d.press("esc")
	d.gone("JOB 18244 on BLUE")
}

// A failure has the rows it takes, although not every doubt below it has one then; the selected alert is always on the screen.
func TestTheFirstFailureIsToldInFull(t *testing.T) {
	w := trouble(8)
	w.Alerts[0].Says = "bacula failed over at 07:56:43 UTC; 1 job died: 2890 chain097 region1 regular; it breaks its promise at 22:10"
	for i := range 20 {
		watch(t, 120, 40, w.Snapshot).see("22:10 ") // by any number of others
		w.Alerts = append(w.Alerts, board.Alert{ID: fmt.Sprint("doubt", i), Severity: model.Warn, Says: fmt.Sprintf("doubt %02d", i),
			Do: "look"})
	}
	d := watch(t, 120, 40, w.Snapshot)
	d.see("22:10 ", "1-6 of 23")
	d.press("6")
	for range 3 {
		for i := range 22 {
			d.press("j")
			if i >= 2 {
				d.see(fmt.Sprintf(">! doubt %02d", i-2))
			}
		}
		d.press("g")
		d.see("22:10 ", "1-6 of 23")
	}
}

// A failure that a later good run has healed is history and stands in its place in time.
func TestHealedFailuresAreNotOnTop(t *testing.T) {
	w := calm(8)
	v := w.Clusters[model.Blue]
	bad := job(model.Blue, 77, cellNo(1), model.Failed)
	bad.End = before(10 * time.Hour)
	v.Recent = append(v.Recent, bad)
	d := watch(t, 120, 40, w.Snapshot)
	d.gone("✗ FAILED")
	good := job(model.Blue, 70, cellNo(2), model.OK)
	worse := job(model.Blue, 78, cellNo(30), model.Failed)
	good.End, worse.End = before(11*time.Hour), before(10*time.Hour)
	v2 := *v
	v2.Recent = append(slices.Clone(v.Recent), worse, good)
	next := *w.Snapshot
	next.Clusters[model.Blue] = &v2
	d.take(&next)
	if !strings.Contains(d.row("✗ FAILED"), "78 chain008 region2 reg") {
		t.Fatalf("the unhealed failure is not shown: %s", d.screen())
	}
}

func TestSelectionIsAnIdentity(t *testing.T) {
	w := trouble(8)
	d := watch(t, 120, 40, w.Snapshot)
	d.press("j", "j")
	if r := d.row(">18241"); !strings.Contains(r, "chain002") {
		t.Fatal(r)
	}
	// New rows above do not move the selection to another job.
	more := *w.Snapshot
	v := *w.Clusters[model.Blue]
	v.Open = slices.Clone(v.Open)
	for i := range 3 {
		v.Open = slices.Insert(v.Open, 0, job(model.Blue, uint32(18300+i), cellNo(20+i), model.Stuck))
	}
	more.Clusters[model.Blue] = &v
	d.take(&more)
	d.see(">18241 chain002")
	// Its end moves it, and it stays selected.
	v2 := v
	v2.Open = slices.DeleteFunc(slices.Clone(v.Open), func(j model.Job) bool { return j.ID == 18241 })
	gone := more
	gone.Clusters[model.Blue] = &v2
	d.take(&gone)
	d.gone(">18241", ">18240", ">18242")
	d.press("enter")
	d.see("the selected row is gone: move to select another")
	d.press("j")
	d.see(">18")
	d.press("esc")
}

func TestFilterIsLiveAndInverts(t *testing.T) {
	d := watch(t, 120, 40, trouble(250).Snapshot)
	d.press("3", "/", "'chain01'")
	d.see("/chain01", "40 of 1,000", "chain010")
	d.press("backspace", "'24[0-9].*imm'")
	d.see("/chain024[0-9].*imm", "nothing matches /chain024[0-9].*imm")
	d.press("ctrl+u", "'!region1'")
	d.see("500 of 1,000")
	d.press("enter", "n", "n")
	d.see("> ✓ chain0")
	d.press("esc")
	d.gone("/!region1")
	d.press("/", "'gap'", "esc")
	d.gone("/gap")
	d.press("/", "'((('")
	d.see("nothing matches /(((") // half an expression is text
}

func TestFilterNeverHidesThatMarksAreHidden(t *testing.T) {
	d := watch(t, 120, 40, calm(20).Snapshot)
	d.press("3", "space", "space", "space")
	d.see("3 marked")
	d.press("/", "'nothing'", "enter")
	d.see("3 marked, 3 hidden")
	d.press("esc")
	d.press(":", "'unmark'", "enter")
	d.gone("marked")
	d.press("1", "space")
	d.see("only cells can be marked")
}

func TestFreezeKeepsHeaderAndAlertLive(t *testing.T) {
	d := watch(t, 120, 40, calm(20).Snapshot)
	d.press("p")
	w := trouble(20)
	w.Beat, w.Rev = 8, 8
	d.take(w.Snapshot)
	d.see("FROZEN 12:04:31, changes waiting: 1", "frozen ─┐", "✗ chain003 r1 imm: last good 31 h")
	d.gone("18244")
	d.press("p")
	d.see("18244")
	d.gone("FROZEN")
}

func TestAgesMoveWithoutData(t *testing.T) {
	d := watch(t, 120, 40, calm(20).Snapshot)
	d.see("live ─┐", "sources 6/6 live")
	d.wait(20 * time.Second)
	d.see("22 s OLD ─┐", "sources 0/6 live, oldest 20 s", "12:04:51 UTC")
	d.see("not every source answers")
	d.gone("nothing needs a person")
	d.wait(10 * time.Minute)
	d.see("10 min OLD ─┐")
}

func TestOneOldSourceAgesItsOwnPaneOnly(t *testing.T) {
	d := watch(t, 120, 40, trouble(20).old(model.Blue, 40*time.Second, "connection refused").Snapshot)
	top := strings.Split(d.screen(), "\n")[2]
	if !strings.Contains(top, "40 s OLD ─┐┌─2 GREEN") || !strings.HasSuffix(top, "live ─┐") {
		t.Fatal(top)
	}
	d.see("! catalog: connection refused, since 12:03")
}

func TestJobLogIsAskedAndNeverWaitedFor(t *testing.T) {
	d := watch(t, 80, 24, trouble(20).Snapshot)
	d.press("enter")
	d.see("outcome", "asking the catalog")
	d.log.lines = []string{"line one", "Fatal error: line two"}
	d.obey()
	d.press("G")
	d.see("log, read 12:04:31", "line one", "Fatal error: line two")
	if len(d.log.asked) != 1 || d.log.asked[0].Cluster != model.Blue {
		t.Fatalf("asked for %v", d.log.asked)
	}
	d.press("esc")
	d.log.err = errors.New("catalog: no answer in time")
	d.press("enter")
	d.obey()
	d.press("G")
	d.see("It could not be read: catalog: no answer in time")
	d.press("q")
	d.gone("The log could not")
}

func TestPageIsSearched(t *testing.T) {
	d := watch(t, 80, 24, trouble(20).Snapshot)
	d.log.lines = make([]string, 200)
	for i := range d.log.lines {
		d.log.lines[i] = fmt.Sprintf("log line %d", i)
	}
	d.press("enter")
	d.obey()
	d.press("/", "'line 15'", "enter")
	d.see("11 found", "log line 15")
	d.press("n", "n")
	d.see("log line 151")
	d.press("N")
	d.see("log line 150")
	d.press("esc")
	d.see("esc back")
}

func TestEveryPaneIsReachableAtEverySize(t *testing.T) {
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}, {200, 60}} {
		d := watch(t, size[0], size[1], trouble(20).Snapshot)
		for key, want := range map[string]string{"1": "1 BLUE", "2": "2 GREEN", "3": "3 ROUTES", "5": "5 EVENTS", "6": "6 ALERTS"} {
			d.press(key)
			if key != "5" || size[1] >= 40 {
				d.see(want)
			}
		}
		d.press("4")
		d.see("no RDS instance is configured")
		for range 5 {
			d.press("tab")
		}
		d.press("shift+tab")
	}
}

func TestSortByColumn(t *testing.T) {
	d := watch(t, 120, 40, trouble(20).Snapshot)
	d.press("o")
	d.see("by jobid ▲")
	d.press("O")
	d.see("by jobid ▼")
	d.press(":", "'sort size'", "enter")
	d.see("by size ▲")
	d.press(":", "'sort nonsense'", "enter")
	d.see("sort by one of: urgency jobid")
	d.press("5", "o")
	d.see("these rows have one order only")
}

func TestAnAlertThatIsOverSaysSo(t *testing.T) {
	d := watch(t, 120, 40, trouble(20).Snapshot)
	d.press("!")
	d.see("✗ chain003 region1 immutable: last good 31 h ago")
	d.take(calm(20).Snapshot)
	d.see("✓ over: chain003 region1 immutable: last good 31 h ago", "it has left what is shown")
}
