package bacula

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Skipf("this machine has no zone data: %v", err)
	}
	return z
}

func TestLostIsTheDirectorsHealingAndNothingElse(t *testing.T) {
	start, end := time.Unix(1795327600, 0), time.Unix(1795327660, 0)
	none := time.Time{}
	for _, c := range []struct {
		says                string
		status              model.Status
		start, end, realEnd time.Time
		lost                bool
	}{
		{"running when its Director died", 'f', start, start, none, true},
		{"failed within its first second", 'f', start, start, start, false},
		{"failed", 'f', start, end, end, false},
		{"failed, of a schema without RealEndTime", 'f', start, end, none, false},
		{"never ended", 'f', start, none, none, false},
		{"canceled at once", 'A', start, start, none, false},
		{"running", 'R', start, none, none, false},
	} {
		if got := Lost(c.status, c.start, c.end, c.realEnd); got != c.lost {
			t.Errorf("%s: lost is %v", c.says, got)
		}
	}
}

func TestOutcomeOfRows(t *testing.T) {
	at := time.Unix(1795327600, 0)
	for _, c := range []struct {
		row  Row
		want model.Outcome
	}{
		{Row{Status: 'T', RealEnd: at}, model.OK},
		{Row{Status: 'T', RealEnd: at, Errors: 1}, model.Warned},
		{Row{Status: 'W'}, model.Warned},
		{Row{Status: 'E', Errors: 1}, model.Failed},
		{Row{Status: 'f', Start: at, End: at}, model.Lost},
		{Row{Status: 'C'}, model.Waiting},
		{Row{}, model.Waiting},
	} {
		if got := c.row.Outcome(); got != c.want {
			t.Errorf("%+v: %v, want %v", c.row, got, c.want)
		}
	}
}

func TestMomentOfWallClocks(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		text string
		want int64 // 0: unset
	}{
		{"", 0}, {"0000-00-00 00:00:00", 0}, {"1970-01-01 00:00:00", 0}, {"2026-13-01 00:00:00", 0}, {"2026-11-22", 0}, {"tomorrow, I promise",
			0},
		{"2026-11-22 06:06:17", 1795323977},
		{"2026-11-22 06:06:17.000000", 1795323977},
		{"2026-07-01 12:00:00", 1782900000},
	} {
		got := moment([]byte(c.text), berlin, time.Time{})
		if want := c.want; got.IsZero() != (want == 0) || want != 0 && got.Unix() != want {
			t.Errorf("%q: %v (%d), want %d", c.text, got, got.Unix(), want)
		}
	}
}

// A year that JSON has no way to write would take the whole answer away.
func TestMomentsThatCanBeWritten(t *testing.T) {
	for _, name := range []string{"UTC", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Pago_Pago"} {
		z := zone(t, name)
		for _, text := range []string{"9999-12-31 23:59:59", "9999-12-31 00:00:00", "9999-01-01 00:00:00", "1971-01-01 00:00:00"} {
			got := moment([]byte(text), z, time.Time{})
			if got.IsZero() || got.Year()/10 != moment([]byte(text), time.UTC, time.Time{}).Year()/10 {
				t.Errorf("%s in %s is %v", text, name, got)
			}
			for _, at := range []time.Time{got, got.UTC(), got.In(zone(t, "Pacific/Kiritimati"))} {
				if _, err := at.MarshalJSON(); err != nil {
					t.Errorf("%s in %s: %v", text, name, err)
				}
			}
		}
	}
	for text, told := range map[string]bool{"253402300800": false, "1099511627776": false, "18446744073709551615": false, "0": false,
		"-1": false, "1795327600": true} {
		at := object{"x": text}.epoch("x")
		if _, err := at.UTC().MarshalJSON(); err != nil || at.IsZero() == told {
			t.Errorf("epoch %s: %v, %v", text, at, err)
		}
	}
}

// A Director writes any job's times on its wall clock; JobTDate must bring the moments back, in every zone and through every change of
// clocks.
func TestFinishedRowsComeBackExactly(t *testing.T) {
	zones := []*time.Location{
		time.UTC,
		zone(t, "Europe/Berlin"),
		zone(t, "America/New_York"),
		zone(t, "Asia/Kolkata"),
		zone(t, "Australia/Lord_Howe"),
		zone(t, "America/St_Johns"),
	}
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		end := time.Unix(rapid.Int64Range(1577836800, 1893456000).Draw(t, "end"), 0)
		start := end.Add(-time.Duration(rapid.Int64Range(0, 86400).Draw(t, "took")) * time.Second)
		wrote := func(at time.Time) []byte { return []byte(at.In(z).Format(wallLayout)) }
		r := Row{Status: 'T', TDate: end}
		wall{sched: wrote(start), start: wrote(start), end: wrote(end), realEnd: wrote(end)}.read(&r, z)
		if !r.RealEnd.Equal(end) || !r.End.Equal(end) || r.Skew != 0 {
			t.Fatalf("end %v came back as %v and %v, skew %v", end.In(z), r.RealEnd, r.End, r.Skew)
		}
		if r.Start.After(r.End) || r.Sched.After(r.Start) {
			t.Fatalf("out of order: due %v, started %v, ended %v", r.Sched, r.Start, r.End)
		}
		// A start in the hour that the clock showed twice has two readings; any other is exact.
		if d := r.Start.Sub(start); d != 0 && string(wrote(r.Start)) != string(wrote(start)) {
			t.Fatalf("start %v came back as %v", start.In(z), r.Start)
		}
	})
}

func TestBothReadingsOfTheHourThatIsShownTwice(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, end := range []int64{1792888200, 1792891800} { // 2026-10-25 02:30 in summer time, and an hour later again
		r := Row{Status: 'T', TDate: time.Unix(end, 0)}
		text := []byte("2026-10-25 02:30:00")
		wall{sched: []byte("2026-10-25 01:00:00"), start: []byte("2026-10-25 01:00:05"), end: text, realEnd: text}.read(&r, berlin)
		if r.End.Unix() != end || r.Start.Unix() != 1792882805 || r.Skew != 0 {
			t.Errorf("end %d read as %d, start as %d, skew %v", end, r.End.Unix(), r.Start.Unix(), r.Skew)
		}
	}
}

func TestAWrongZoneIsProvenAndCorrected(t *testing.T) {
	end := time.Unix(1795327600, 0).UTC()
	text := func(d time.Duration) []byte { return []byte(end.Add(d).Format(wallLayout)) }
	r := Row{Status: 'T', TDate: end}
	wall{sched: text(-time.Minute), start: text(-time.Minute), end: text(0), realEnd: text(0)}.read(&r, zone(t, "Europe/Berlin"))
	if r.Skew != time.Hour || !r.End.Equal(end) || !r.Start.Equal(end.Add(-time.Minute)) {
		t.Errorf("skew %v, start %v, end %v", r.Skew, r.Start, r.End)
	}
	r = Row{Status: 'T', TDate: end.Add(-time.Second)} // a second of delay between two clock readings proves nothing
	wall{start: text(-time.Minute), end: text(0), realEnd: text(0)}.read(&r, time.UTC)
	if r.Skew != 0 || !r.End.Equal(end) {
		t.Errorf("skew %v, end %v", r.Skew, r.End)
	}
	r = Row{Status: 'T', Type: model.TypeCopy, TDate: end.Add(-24 * time.Hour)} // the original's
	wall{realEnd: text(0)}.read(&r, time.UTC)
	if r.Skew != 0 || !r.RealEnd.Equal(end) {
		t.Errorf("copy: skew %v, end %v", r.Skew, r.RealEnd)
	}
}

func TestAgeOfARow(t *testing.T) {
	copied := Row{Type: model.TypeCopy, TDate: time.Unix(100, 0), RealEnd: time.Unix(900, 0)}
	if got := copied.Newest(); got.Unix() != 900 {
		t.Errorf("a copy is as old as its own end, not %v", got)
	}
	waiting := Row{Sched: time.Unix(300, 0)}
	if got := waiting.Newest(); got.Unix() != 300 {
		t.Errorf("a row without JobTDate is as old as its other times tell, not %v", got)
	}
}

func TestWholeNumbers(t *testing.T) {
	for text, want := range map[string]uint64{"": 0, "-1": 0, "18446744073709551615": 1<<64 - 1, "7": 7} {
		if got, err := wholeNumber([]byte(text), 64); got != want || err != nil {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	if _, err := wholeNumber([]byte("4294967296"), 32); err == nil {
		t.Error("a JobId beyond 32 bits was taken")
	}
}

// A migrated, copied or consolidated row carries other jobs' times: how they differ from its real end proves nothing of the zone.
func TestWhoseTimesARowCarries(t *testing.T) {
	w := wall{
		sched:   []byte("2026-11-22 10:00:00"),
		start:   []byte("2026-11-22 02:10:05"),
		end:     []byte("2026-11-22 02:11:20"),
		realEnd: []byte("2026-11-22 10:11:20"),
	}
	end := time.Date(2026, 11, 22, 2, 11, 20, 0, time.UTC)
	read := func(r Row) Row {
		r.TDate = end
		w.read(&r, time.UTC)
		return r
	}
	for _, c := range []struct {
		says string
		row  Row
		want model.Times
	}{
		{"a migration", Row{Type: 'B', Status: 'T', PriorID: 9}, model.Moved},
		{"a copy", Row{Type: 'C', Status: 'T', PriorID: 9}, model.Moved},
		{"a consolidation", Row{Type: 'B', Status: 'T', Level: 'F'}, model.Merged},
		{"what was migrated", Row{Type: 'M', Status: 'T'}, model.Own},
		{"a verification of a job", Row{Type: 'V', Status: 'T', PriorID: 9}, model.Own},
	} {
		r := read(c.row)
		if r.Times() != c.want || r.Skew != 0 || !r.End.Equal(end) {
			t.Errorf("%s: %v times, skew %v, end %v", c.says, r.Times(), r.Skew, r.End)
		}
	}
	w.end, w.realEnd = w.realEnd, []byte("2026-11-22 10:11:20")
	if r := read(Row{Type: 'B', Status: 'T', PriorID: 9}); r.Times() != model.Awaited {
		t.Errorf("before the other job's times are put in: %v", r.Times())
	}
	w.realEnd = []byte("2026-11-22 10:11:21")
	if r := read(Row{Type: 'B', Status: 'T'}); r.Times() != model.Own {
		t.Errorf("a second apart: %v", r.Times())
	}
}

// TestOneBadRowIsOneFinding puts what no Bacula writes into a catalog whose columns take it: every other row is read, what is bad is told,
// and nothing bad is good.
func TestOneBadRowIsOneFinding(t *testing.T) {
	loose := strings.NewReplacer(
		"JobId int unsigned NOT NULL AUTO_INCREMENT, Job tinyblob NOT NULL,",
		"JobId bigint unsigned NOT NULL "+
			"AUTO_INCREMENT, Job tinyblob NOT NULL,",
		"JobFiles int unsigned",
		"JobFiles varchar(40)",
		"JobBytes bigint unsigned",
		"JobBytes varchar(40)",
		"JobErrors int unsigned",
		"JobErrors varchar(40)",
		"ClientId int unsigned DEFAULT '0', "+
			"JobStatus",
		"ClientId varchar(40) DEFAULT '0', JobStatus",
		"JobTDate bigint unsigned",
		"JobTDate varchar(40)",
	).
		Replace(schema)
	in := serve(t, "one", func(c *sqlsim.Config) { c.Schema = loose })
	fill(t, in, 1, 10)
	change(
		t,
		in,
		"INSERT INTO Version VALUES (16)",
		"UPDATE Job SET JobFiles = '7 files' WHERE JobId = 2",
		"UPDATE Job SET JobBytes = '1e40' WHERE JobId = 3",
		"UPDATE Job SET JobErrors = '99999999999' WHERE JobId = 4",
		"UPDATE Job SET ClientId = 'x' WHERE JobId = 5",
		"UPDATE Job SET JobTDate = '?' WHERE JobId = 6",
		"UPDATE Job SET JobFiles = NULL WHERE JobId = 7",
		"UPDATE Job SET JobBytes = '-5' WHERE JobId = 10",
		"UPDATE Job SET JobId = 4294967301 WHERE JobId = 8",
	)
	c := catalog(t, CatalogConfig{}, in)
	if _, err := c.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	good := func(rows []Row) (ids []uint32) {
		for _, r := range rows {
			if j := r.ToJob(model.Green); j.Outcome.Good() {
				ids = append(ids, r.ID)
			} else if !strings.HasPrefix(j.Note, "its row in the catalog cannot be read: ") {
				t.Errorf("JobId %d: %q", r.ID, j.Note)
			}
		}
		slices.Sort(ids)
		return ids
	}
	var walked []Row
	if err := c.Walk(
		t.Context(),
		begin.AddDate(-1, 0, 0),
		100,
		func(rows []Row) error { walked = append(walked, rows...); return nil },
	); err != nil {
		t.Fatal(err)
	}
	want := []uint32{1, 7, 9}
	if got := good(walked); !slices.Equal(got, want) || len(walked) != 9 {
		t.Errorf("%d rows, good %v", len(walked), got)
	}
	ticked := tick(t, c, 9, 2)
	if got := good(ticked); !slices.Equal(got, want) || len(ticked) != 9 {
		t.Errorf("%d rows, good %v", len(ticked), got)
	}
	flaws := strings.Join(c.Flaws(), "\n")
	for _, words := range []string{`JobId 2: JobFiles: "7 files" is not a whole number`, `JobId 3: JobBytes: "1e40"`, "JobId 4: JobErrors: ",
		"JobId 5: ClientId: ", "JobId 6: JobTDate: ", `JobId 10: JobBytes: "-5" is less than nothing`,
		`JobId 4294967301: JobId: "4294967301" is not a whole number of 32 bits`} {
		if !strings.Contains(flaws, words) {
			t.Errorf("%q is not told:\n%s", words, flaws)
		}
	}
	if n := len(c.Flaws()); n != 7 {
		t.Errorf("%d flaws:\n%s", n, flaws)
	}
	// Who looks for a tag must not take a job beyond for another, nor for none.
	if err := c.Comments(t.Context(), 1, func(Tag) error { return nil }); !errors.Is(err, model.ErrAnswer) {
		t.Errorf("comments: %v", err)
	}
	change(t, in, "UPDATE Job SET JobFiles = '7' WHERE JobId = 2")
	tick(t, c, 9)
	if n := len(c.Flaws()); n != 6 {
		t.Errorf("%d flaws after one was mended", n)
	}
	change(t, in, "DELETE FROM Version", "INSERT INTO Version VALUES (4711)")
	if info, err := c.Probe(t.Context()); err != nil || info.Version != 4711 || model.KnownVersion(info.Version) {
		t.Errorf("%+v, %v", info, err)
	}
}
