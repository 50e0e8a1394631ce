package model

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func TestWhatIsAGoodBackup(t *testing.T) {
	bench := Bench{Now: noon, From: noon.Add(-15 * day), Leaves: true}
	full := Claim{Type: 'B', Level: 'F', Outcome: OK, Start: noon.Add(-2 * time.Hour), End: noon.Add(-time.Hour), Files: 12, Bytes: 5e10}
	incr := full
	incr.Level = 'I'
	for name, c := range map[string]struct {
		of     Claim
		change func(*Claim, *Bench)
		want   Doubt
	}{
		"full":          {full, func(*Claim, *Bench) {}, NoDoubt},
		"with warnings": {full, func(c *Claim, _ *Bench) { c.Outcome = Warned }, NoDoubt},
		// its size is suspect, which is another matter
		"one file of one byte":         {full, func(c *Claim, _ *Bench) { c.Files, c.Bytes = 1, 1 }, NoDoubt},
		"failed":                       {full, func(c *Claim, _ *Bench) { c.Outcome = Failed }, EndedBadly},
		"canceled":                     {full, func(c *Claim, _ *Bench) { c.Outcome = Canceled }, EndedBadly},
		"running":                      {full, func(c *Claim, _ *Bench) { c.Outcome = Running }, NotEnded},
		"a copy":                       {full, func(c *Claim, _ *Bench) { c.Type = TypeCopy }, NotABackup},
		"a restore":                    {full, func(c *Claim, _ *Bench) { c.Type = TypeRestore }, NotABackup},
		"empty full":                   {full, func(c *Claim, _ *Bench) { c.Files, c.Bytes = 0, 0 }, Empty},
		"empty full, and always so":    {full, func(c *Claim, b *Bench) { c.Files, c.Bytes, b.Leaves = 0, 0, false }, Empty},
		"full of files without a byte": {full, func(c *Claim, _ *Bench) { c.Bytes = 0 }, Empty},
		"full of bytes without a file": {full, func(c *Claim, _ *Bench) { c.Files = 0 }, Empty},
		"empty virtual full":           {full, func(c *Claim, b *Bench) { c.Level, c.Bytes, b.Leaves = 'f', 0, false }, Empty},
		"empty, of no known level":     {full, func(c *Claim, b *Bench) { c.Level, c.Bytes, b.Leaves = 'q', 0, false }, Empty},
		"of no known level":            {full, func(c *Claim, _ *Bench) { c.Level = 'q' }, NoLevel},
		"of no level":                  {full, func(c *Claim, _ *Bench) { c.Level = 0 }, NoLevel},
		"of a restore's level":         {full, func(c *Claim, _ *Bench) { c.Level = ' ' }, NoLevel},
		"of a verification's level":    {full, func(c *Claim, _ *Bench) { c.Level = 'V' }, NoLevel},
		"of what base jobs share":      {full, func(c *Claim, _ *Bench) { c.Level = 'B' }, NoDoubt},
		"empty incremental":            {incr, func(c *Claim, _ *Bench) { c.Files, c.Bytes = 0, 0 }, Empty},
		"empty incremental, as always": {incr, func(c *Claim, b *Bench) { c.Files, c.Bytes, b.Leaves = 0, 0, false }, NoDoubt},
		"empty differential":           {incr, func(c *Claim, _ *Bench) { c.Level, c.Bytes = 'D', 0 }, Empty},
		"ends in 30 days":              {full, func(c *Claim, _ *Bench) { c.End = noon.Add(30 * day) }, InTheFuture},
		"ends in 70 years":             {full, func(c *Claim, _ *Bench) { c.End = noon.AddDate(70, 0, 0) }, InTheFuture},
		"a second ahead":               {full, func(c *Claim, _ *Bench) { c.End = noon.Add(time.Second) }, NoDoubt},
		"ahead, of an unknown clock":   {full, func(c *Claim, b *Bench) { c.End, b.Now = noon.Add(day), time.Time{} }, NoDoubt},
		"no end":                       {full, func(c *Claim, _ *Bench) { c.End = time.Time{} }, Undated},
		"no dates at all":              {full, func(c *Claim, _ *Bench) { c.Start, c.End = time.Time{}, time.Time{} }, Undated},
		"no start":                     {full, func(c *Claim, _ *Bench) { c.Start = time.Time{} }, Unstarted},
		"ended before it started":      {full, func(c *Claim, _ *Bench) { c.End = c.Start.Add(-time.Second) }, Backwards},
		"before the window":            {full, func(c *Claim, _ *Bench) { c.Start, c.End = noon.Add(-900*day), noon.Add(-900*day) }, TooOld},
		"times not put in yet":         {full, func(c *Claim, _ *Bench) { c.Times = Awaited }, TimesAwait},
		"migrated":                     {full, func(c *Claim, _ *Bench) { c.Times = Moved }, NoDoubt},
		"consolidated":                 {full, func(c *Claim, _ *Bench) { c.Times = Merged }, NoDoubt},
	} {
		b := bench
		c.change(&c.of, &b)
		if got := Judge(c.of, b); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Whatever a row holds, only what ended, as a backup, at a time that was, with something in it is a good one.
func TestNothingElseIsGood(t *testing.T) {
	at := rapid.Custom(func(t *rapid.T) time.Time {
		n := rapid.OneOf(rapid.Int64Range(-3e9, 9e9), rapid.Just(int64(0)), rapid.Int64Range(noon.Unix()-100, noon.Unix()+300)).Draw(t, "at")
		if n == 0 {
			return time.Time{}
		}
		return time.Unix(n, 0)
	})
	rapid.Check(t, func(t *rapid.T) {
		c := Claim{
			Type:  JobType(rapid.SampledFrom([]byte("BBBCRMV")).Draw(t, "type")),
			Level: Level(rapid.SampledFrom([]byte("FDIfq ")).Draw(t, "level")),
			Outcome: Outcome(
				rapid.IntRange(0, 7).Draw(t, "outcome"),
			),
			Times: Times(rapid.IntRange(0, 3).Draw(t, "times")),
			Start: at.Draw(t, "start"),
			End:   at.Draw(t, "end"),
			Files: rapid.Uint64Range(0, 2).Draw(t, "files"),
			Bytes: rapid.Uint64Range(0, 2).Draw(t, "bytes"),
		}
		b := Bench{Now: noon, From: noon.Add(-15 * day), Leaves: rapid.Bool().Draw(t, "leaves")}
		if Judge(c, b) != NoDoubt {
			return
		}
		if c.Type != TypeBackup || c.Outcome != OK && c.Outcome != Warned || c.End.After(noon.Add(ClockSlack)) || c.End.Before(b.From) ||
			c.Start.IsZero() || c.End.Before(c.Start) {
			t.Fatalf("good: %+v", c)
		}
		if (c.Files == 0 || c.Bytes == 0) && (b.Leaves || c.Level != 'I' && c.Level != 'D') {
			t.Fatalf("good and empty: %+v", c)
		}
	})
}

func TestDoubtsHaveWords(t *testing.T) {
	for d := NotJudged; d <= Unstarted; d++ {
		text, err := d.MarshalText()
		var back Doubt
		if err != nil || back.UnmarshalText(text) != nil || back != d {
			t.Errorf("%d is written %q and read as %d", d, text, back)
		}
	}
	var zero Doubt
	if zero == NoDoubt {
		t.Error("what was not judged is good")
	}
}

func TestWhoCanceled(t *testing.T) {
	for note, own := range map[string]bool{
		"Fatal error: Max run time exceeded. Job canceled.": true, "Fatal error: Job canceled because max start delay time exceeded.": true,
		"Fatal error: Max wait time exceeded. Job canceled.": true, "Fatal error: Job canceled because max run sched time exceeded.": true,
		"Fatal error: JobId 4 already running. Duplicate job not " +
			"allowed.": true, "Job canceled.": false, "": false, "Fatal error: Network error with FD": false,
		"Fatal error: Max run sched time exceeded. Job canceled.":                     true,
		"Fatal error: Max wait time exceeded. Job canceled. (before: Warning: x)":     true,
		`Warning: Could not stat "/old/max run time/duplicate job": ERR=No such file`: false,
		`Fatal error: Client "max run time-fd" RunScript failed.`:                     false,
	} {
		j := Job{Outcome: Canceled, Note: note}
		if j.ByBacula() != own || j.Bad() != own {
			t.Errorf("%q: by Bacula %v, bad %v", note, j.ByBacula(), j.Bad())
		}
		if j.Outcome = OK; j.ByBacula() {
			t.Errorf("%q of a good job", note)
		}
	}
}

func TestNoAgeOfWhatWasNeverSet(t *testing.T) {
	for _, d := range []time.Duration{math.MaxInt64, math.MinInt64, noon.Sub(time.Time{}), time.Time{}.Sub(noon)} {
		if got := Age(d); got != "?" {
			t.Errorf("%v is written %q", d, got)
		}
	}
	if got := Age(40 * 365 * day); !strings.HasSuffix(got, " d") {
		t.Errorf("40 years are %q", got)
	}
}

// What no volume holds cannot be restored, whatever its row says; what was not asked is judged by its row alone.
func TestABackupOnNoVolume(t *testing.T) {
	row := Claim{Type: TypeBackup, Level: 'F', Outcome: OK, Start: noon.Add(-time.Hour), End: noon, Files: 3, Bytes: 4000}
	for stored, want := range map[Verdict]Doubt{Unknown: NoDoubt, Holds: NoDoubt, Fails: NoVolume} {
		for _, level := range []Level{'F', 'D', 'I', 'f', 'B'} {
			row.Level, row.Stored = level, stored
			if got := Judge(row, Bench{Now: noon}); got != want {
				t.Errorf("%v, stored %v: %v, want %v", level, stored, got, want)
			}
		}
	}
	nothing := Claim{Type: TypeBackup, Level: 'I', Outcome: OK, Start: noon.Add(-time.Hour), End: noon, Stored: Fails}
	if got := Judge(nothing, Bench{Now: noon}); got != NoDoubt {
		t.Errorf("an incremental one of a cell where nothing changes is on no volume by right: %v", got)
	}
}

// Bacula makes more of a backup than was asked for, and never less.
func TestWhatALevelServes(t *testing.T) {
	for asked, served := range map[Level]string{'F': "Ff", 'D': "DFf", 'I': "ISDFf"} {
		for _, ran := range []Level{'F', 'f', 'D', 'I', 'S', 'B', ' ', 0, 'x'} {
			if got := ran.Serves(asked); got != strings.ContainsRune(served, rune(ran)) {
				t.Errorf("%v for %v: %v", ran, asked, got)
			}
		}
	}
	for _, word := range []string{"Full", "Differential", "Incremental"} {
		if l := LevelCalled(word); l == 0 || !l.Serves(l) || string(rune(l)) != word[:1] {
			t.Errorf("%s is %v", word, l)
		}
	}
	if Level('F').Serves(LevelCalled("Base")) {
		t.Error("what nobody can ask for is served")
	}
}

// TestWhichDueTimeAJobAnswers: one that was due at no time answers for when it began, not for a due time that came while it ran.
func TestWhichDueTimeAJobAnswers(t *testing.T) {
	due, start, end := noon.Add(-3*time.Hour), noon.Add(-2*time.Hour), noon
	for name, c := range map[string]struct {
		of   Job
		want time.Time
	}{
		"its own":    {Job{Sched: due, Start: start, End: end}, due},
		"none":       {Job{Start: start, End: end}, start},
		"only ended": {Job{End: end}, end},
		"moved":      {Job{Sched: due, Start: start, End: end, Times: Moved}, start},
	} {
		if got := c.of.Due(); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestNoNumberOfWarningsIsMadeUp: a status that tells of warnings, and a count that has none.
func TestNoNumberOfWarningsIsMadeUp(t *testing.T) {
	j := Job{Type: TypeBackup, Level: 'F', Status: 'W', Outcome: Warned, Files: 2, Bytes: 20}
	if line := j.Line(); !strings.Contains(line, ", warnings") || strings.Contains(line, "0 warnings") {
		t.Errorf("none is counted: %q", line)
	}
	if j.Errors = 1; !strings.Contains(j.Line(), ", 1 warning") {
		t.Errorf("one is: %q", j.Line())
	}
}
