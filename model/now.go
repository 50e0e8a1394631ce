package model

import (
	"sync/atomic"
	"time"
)

// Time is the time of the world that a process is attached to.
type Time interface {
	Now() time.Time
	Speed() float64         // seconds of it in one of the machine's
	Moved() <-chan struct{} // closed when it was set to another time; what was seen before is to be seen again
}

var worldTime atomic.Pointer[Time]

// LiveBy makes this process live by the time of a rehearsal's world; nil: by the machine's again.
func LiveBy(t Time) {
	if t == nil {
		worldTime.Store(nil)
		return
	}
	worldTime.Store(&t)
}

// Now is the time of the world: the machine's, except in a rehearsal whose clock was moved or runs fast. How long something takes is not
// its business: that is always measured with the machine's.
func Now() time.Time {
	if t := worldTime.Load(); t != nil {
		return (*t).Now()
	}
	return time.Now()
}

// TimeMoved is closed when the world's clock was set to another time; nil where that cannot happen.
func TimeMoved() <-chan struct{} {
	if t := worldTime.Load(); t != nil {
		return (*t).Moved()
	}
	return nil
}

// grace is how old what was read may be by the machine's clock, at least, before it is called late: to ask takes its time, however fast a
// world runs.
const grace = 5 * time.Second

// Allow is a limit of the world's time for the age of what was read: no shorter than what passes there in grace. By the machine's own time
// it is the limit itself.
func Allow(limit time.Duration) time.Duration {
	if s := speed(); s > 1 {
		return max(limit, time.Duration(s*float64(grace)))
	}
	return limit
}

// quickest bounds how often a source of a fast world is asked, by the machine's clock.
const quickest = 500 * time.Millisecond

// Rhythm is the pause by the machine's clock between two questions to a source that is asked every so often in the world's time.
func Rhythm(every time.Duration) time.Duration {
	s := speed()
	if s <= 1 {
		return every
	}
	return max(time.Duration(float64(every)/s), min(every, quickest))
}

func speed() float64 {
	if t := worldTime.Load(); t != nil {
		return (*t).Speed()
	}
	return 1
}

// Pause is how long to wait by the machine's clock until a span of the world's time is over.
func Pause(span time.Duration) time.Duration {
	if t := worldTime.Load(); t != nil {
		return time.Duration(float64(span) / (*t).Speed())
	}
	return span
}

// Passes is how much of the world's time passes while the machine's own clock goes on by d.
func Passes(d time.Duration) time.Duration { return max(d, time.Duration(speed()*float64(d))) }
