package model

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLagIsNeverABareNumber(t *testing.T) {
	for _, c := range []struct {
		lag         Lag
		text, jsons string
	}{
		{Lag{}, "unknown", `{"state":"unknown"}`},
		{KnownLag(0), "0 s", `{"state":"known","seconds":0}`},
		{KnownLag(300 * time.Millisecond), "< 1 s", `{"state":"known","seconds":0.3}`},
		{KnownLag(90 * time.Second), "90 s", `{"state":"known","seconds":90}`},
		{KnownLag(-time.Second), "broken: not replicating", `{"state":"broken","why":"not replicating"}`},
		{BrokenLag("IO thread\n\x1b[31mstopped"), "broken: IO thread stopped", `{"state":"broken","why":"IO thread stopped"}`},
		{UnknownLag("no answer"), "unknown: no answer", `{"state":"unknown","why":"no answer"}`},
	} {
		b, err := json.Marshal(c.lag)
		if c.lag.String() != c.text || string(b) != c.jsons || err != nil {
			t.Errorf("%#v is %q and %s, %v; want %q and %s", c.lag, c.lag, b, err, c.text, c.jsons)
		}
		var back Lag
		if err := json.Unmarshal(b, &back); err != nil || back != c.lag {
			t.Errorf("%s came back as %#v, %v", b, back, err)
		}
	}
	for _, bad := range []string{`{}`, `3`, `{"state":"known"}`, `{"state":"known","seconds":-1}`, `{"state":"fine"}`} {
		var l Lag
		if err := json.Unmarshal([]byte(bad), &l); err == nil {
			t.Errorf("%s became %v", bad, l)
		}
	}
}

func TestFreshLagNeverInventsAnAnswer(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		limit := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "limit"))
		age := time.Duration(rapid.Int64Range(-int64(2*time.Hour), int64(2*time.Hour)).Draw(t, "age"))
		lag := rapid.SampledFrom([]Lag{{}, KnownLag(0), KnownLag(time.Minute), BrokenLag("stopped")}).Draw(t, "lag")
		r := Reading[Lag]{Value: lag, At: now.Add(-age), Why: rapid.SampledFrom([]string{"", "refused"}).Draw(t, "why")}
		got := FreshLag(r, now, limit)
		switch fresh := age <= limit && age >= -limit; {
		case fresh && got != lag:
			t.Fatalf("a fresh %v became %v", lag, got)
		case !fresh && got.State() != LagUnknown:
			t.Fatalf("%v of %v ago with a limit of %v became %v", lag, age, limit, got)
		}
	})
	if got := FreshLag(Reading[Lag]{Value: KnownLag(0)}, now, time.Hour); got.State() != LagUnknown {
		t.Errorf("a lag that was never read became %v", got)
	}
}
