package ui

import (
	"testing"
	"time"
)

func TestTimesAsPeopleReadThem(t *testing.T) {
	for got, want := range map[string]string{
		exactSpan(26 * time.Hour): "26 h", exactSpan(90 * time.Second): "1 min 30 s", exactSpan(50*time.Hour + time.Minute): "2 d 2 h",
		exactSpan(0):  "0 s",
		short("31 h"): "31h", short("119 min"): "119m", short("-"): "-",
		coarse(noon, before(20*time.Second)): "<2 min", coarse(noon, time.Time{}): "-", age(noon, noon.Add(time.Hour)): "0 s",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
