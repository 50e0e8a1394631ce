package model

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func cardPoint() CardPoint {
	at := time.Date(2026, 11, 29, 2, 10, 0, 0, time.UTC)
	return CardPoint{
		Point: RestorePoint{Key: JobKey{Cluster: Green, Job: "backup-x.2026-11-29_02.00.00_03"}, ID: 41, At: at, Client: "db1-fd", Bytes: 5e6,
			Cell: Cell{Chain: "chain001", Region: "region1", Kind: Immutable},
			Set:  []Part{{ID: 30, Job: "f", Level: 'F', Bytes: 4e6}, {ID: 41, Job: "i", Level: 'I', Bytes: 1e6}}},
		Extents: []Extent{
			{
				JobID:       30,
				Session:     7,
				SessionTime: 1795940028,
				Volume:      "v1",
				MediaType:   "File",
				Storage:     "sd-1",
				First:       1,
				Last:        9,
				From:        238,
				To:          254529,
			},
			{JobID: 41, Session: 8, SessionTime: 1795940028, Volume: "v2", MediaType: "LTO", Storage: "tape", Slot: 3, First: 1, Last: 2,
				From: 4<<32 | 12, To: 5<<32 | 1},
		},
		Storages: []StorageResource{
			{Name: "sd-1", Address: "sd1.example", Port: "9103", Device: "drive-1", MediaType: "File"},
			{Name: "tape", Address: "sd2.example", Port: "9103", Device: "changer", MediaType: "LTO", Changer: true},
		},
	}
}

// TestABootstrapNamesWhereItLies holds the bootstrap to what bextract reads on the lab.
func TestABootstrapNamesWhereItLies(t *testing.T) {
	p := cardPoint()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	want := `# chain001 region1 immutable as of 2026-11-29 02:10:00 UTC, green JobId 41: 2 jobs
# JobId 30
Storage="sd-1"
Volume="v1"
MediaType="File"
Device="drive-1"
VolSessionId=7
VolSessionTime=1795940028
VolAddr=238-254529
FileIndex=1-9
# JobId 41
Storage="tape"
Volume="v2"
MediaType="LTO"
Slot=3
VolSessionId=8
VolSessionTime=1795940028
VolAddr=17179869196-21474836481
FileIndex=1-2
`
	if got := p.Bootstrap(); got != want {
		t.Errorf("%s", got)
	}
	c := Card{Environment: "prod", Chain: "chain001", At: p.Point.At, Points: []CardPoint{p}, Keys: "the safe", Lacks: []string{"something"}}
	for _, says := range []string{"restore card of chain001, prod, made 2026-11-29T02:10:00Z\n", "Keys: the safe", "! something",
		"bootstrap: chain001-region1-immutable-green-41.bsr", "Autochanger { Name = \"tape\"", "volume"} {
		if !strings.Contains(c.Text(), says) && says != "volume" {
			t.Errorf("the card does not say %q:\n%s", says, c.Text())
		}
	}
}

// TestABootstrapHidesNothing refuses a set of which a job, a session or a name is not known.
func TestABootstrapHidesNothing(t *testing.T) {
	for says, harm := range map[string]func(*CardPoint){
		"does not tell where job 41 lies": func(p *CardPoint) { p.Extents = p.Extents[:1] },
		"does not tell the session":       func(p *CardPoint) { p.Extents[0].Session = 0 },
		"cannot be written":               func(p *CardPoint) { p.Extents[1].Volume = "v\"\nVolume=\"other" },
		"ends before it begins":           func(p *CardPoint) { p.Extents[1].To = 3 },
	} {
		p := cardPoint()
		harm(&p)
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	p := cardPoint()
	p.Point.Set[1].Bytes, p.Extents = 0, p.Extents[:1] // an incremental backup of nothing lies nowhere
	if err := p.Check(); err != nil {
		t.Error(err)
	}
}

// TestWindowsOfADay: what is left of a window never leads out of it.
func TestWindowsOfADay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minute := rapid.IntRange(0, 24*60-1)
		from, to := minute.Draw(t, "from"), minute.Draw(t, "to")
		w := DayWindow{time.Duration(from) * time.Minute, time.Duration(to) * time.Minute}
		if from == to {
			return
		}
		if back, err := ParseDayWindow(strings.TrimSuffix(w.String(), " UTC")); err != nil || back != w {
			t.Fatalf("%s: %v, %v", w, back, err)
		}
		now := time.Date(2026, 11, 29, 0, minute.Draw(t, "now"), 0, 0, time.UTC)
		left := w.Left(now)
		at := now.Sub(now.Truncate(24 * time.Hour))
		in := w.From < w.To && at >= w.From && at < w.To || w.From > w.To && (at >= w.From || at < w.To)
		if in != (left > 0) {
			t.Fatalf("%s at %s: %s left", w, now, left)
		}
		if end := now.Add(left); in && end.Sub(end.Truncate(24*time.Hour)) != w.To {
			t.Fatalf("%s at %s ends %s", w, now, end)
		}
	})
	for _, bad := range []string{"", "1-2", "20:00-20:00", "24:00-01:00", "20:0-21:00", "20:00-21:00x"} {
		if w, err := ParseDayWindow(bad); err == nil {
			t.Errorf("%q is %s", bad, w)
		}
	}
}

// TestFailedIsNotNotCarriedOut tells verdicts of a backup from trouble of the place that it was restored to, by the words of both
// generations and of this program.
func TestFailedIsNotNotCarriedOut(t *testing.T) {
	for says, want := range map[string]Verdict{
		"failed: JobId 49 ended failed: Error: block_util.c:467 Volume data error at 0:0!":                                  Fails,
		"failed: JobId 51: canceled, 0 files: it is not OK: Warning: acquire.c:234 Read open File device failed: ERR=gone":  Fails,
		"failed: JobId 51: canceled: it is not OK: Please mount read Volume \"v1\" for:":                                    Fails,
		"failed: JobId 7: OK, 3 files, 1 kB, 0 errors: 4 files are missing of 7":                                            Fails,
		"failed: JobId 7: OK, 0 files: it restored nothing":                                                                 Fails,
		"failed: JobId 7: OK, 3 files: it had errors: Error: restore.c: Write error: ERR=No space left on device":           Unknown,
		"failed: JobId 7 ended failed: Fatal error: bsock.c:520 Network error with FD during Restore: ERR=Connection reset": Unknown,
		"failed: JobId 7 ended failed: Fatal error: Unable to connect to Client":                                            Unknown,
		"failed: JobId 7 ended canceled":                  Unknown,
		"unknown: not seen done in 2h: JobId 51: running": Unknown,
		"failed: JobId 7 ended failed: what nobody knows": Fails,
	} {
		if is := RestoreFailed(says); is != want {
			t.Errorf("%s: %s, want %s", says, is, want)
		}
	}
}
