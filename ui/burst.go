package ui

import "time"

// What arrives sooner after the key before it than burstGap was not typed one key after the other: it was pasted by a terminal that does
// not mark what it pastes, or waited on a link that stalled. After a line that came so, nothing is confirmed before burstRest.
const (
	burstGap  = 40 * time.Millisecond
	burstRest = 500 * time.Millisecond
)

// burst tells the keys of a line that came at once from those that were typed.
type burst struct {
	last        time.Time // of any key but one that confirms
	keys, quick int       // of the line; quick ones came in a burst with the one before
}

// key notes a key. Whoever erases the line, or goes to another, begins anew, but for what does it in the same burst.
func (b *burst) key(now time.Time, begins bool) {
	if begins && now.Sub(b.last) >= burstGap {
		b.keys, b.quick = 0, 0
	}
	b.keys++
	if now.Sub(b.last) < burstGap {
		b.quick++
	}
	b.last = now
}

// holds tells whether a key that confirms the line comes too soon to be meant for it. A link may tear a burst in two anywhere, also
// right before that key.
func (b *burst) holds(now time.Time) bool {
	rest := burstGap
	if 2*b.quick >= b.keys && b.quick > 1 {
		rest = burstRest
	}
	return now.Sub(b.last) < rest
}
