package model

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPolicySet(t *testing.T) {
	p := DefaultPolicy()
	for _, th := range Thresholds {
		was := th.Value(p)
		if err := p.Set(th.Name, was); err != nil {
			t.Errorf("the default of %s is refused: %v", th.Name, err)
		}
		if now := th.Value(p); now != was {
			t.Errorf("%s: %s became %s", th.Name, was, now)
		}
	}
	if err := p.Set("window", "30d"); err != nil || p.Window != 30*day {
		t.Errorf("window 30d: %v, %v", p.Window, err)
	}
	for name, text := range map[string]string{"window": "1h", "size_low": "NaN", "size_high": "0", "no_such": "1", "answer": "-3s",
		"due_grace": "soon",
		"approvals": "1.5", "override_approvals": "0", "ticket": "maybe", "freeze": "fri - mon"} {
		before := p
		err := p.Set(name, text)
		if !errors.Is(err, ErrPolicy) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s = %s: got %v", name, text, err)
		}
		if p != before {
			t.Errorf("%s = %s was refused and changed the policy", name, text)
		}
	}
}

func TestSpanRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(400*day/time.Second)).Draw(t, "seconds")) * time.Second
		got, err := ParseSpan(Span(d))
		if err != nil || got != d {
			t.Fatalf("%v is written %q and read as %v, %v", d, Span(d), got, err)
		}
	})
	for text, want := range map[string]time.Duration{"2w": 14 * day, "1w1d": 8 * day, "1d12h": 36 * time.Hour, "0s": 0} {
		if got, err := ParseSpan(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "7", "-1d", "99999w", "30501w", "14285w6d", "14285w5d1h", "1d-2h", "7d7d", "\x1b[2J"} {
		if d, err := ParseSpan(text); err == nil {
			t.Errorf("%q is read as %v", text, d)
		} else if strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("the error repeats an escape: %q", err)
		}
	}
}
