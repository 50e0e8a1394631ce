package board

import (
	"strconv"
	"testing"
)

// TestEventsAreKeptWithinBounds: a burst leaves the newest to be shown, and little more in memory.
func TestEventsAreKeptWithinBounds(t *testing.T) {
	w := newBoard(t, midday)
	for i := range 5 * KeptEvents {
		w.event(Event{At: midday, Says: strconv.Itoa(i)})
		if n := cap(w.events); i >= 2*KeptEvents && n > 2*KeptEvents {
			t.Fatalf("after %d events %d are kept", i, n)
		}
	}
	shown := w.Snapshot(midday).Events
	if n := len(shown); n != KeptEvents || shown[n-1].Seq != w.seq || shown[0].Seq != w.seq-KeptEvents+1 {
		t.Errorf("%d events are shown, of %d to %d", n, shown[0].Seq, shown[len(shown)-1].Seq)
	}
}
