package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// collectEarly has a program that stays open for weeks keep less than half as much garbage as Go would: what is in use is small, and what a
// quiet cockpit makes anew is collected a few times a minute at most. What GOGC says holds.
func collectEarly() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40)
	}
}

// settleAfter is when a session has read what is read once. A session of more cells than onePlace has work for more than one processor.
const (
	settleAfter = 5 * time.Second
	onePlace    = 4000
)

// settle lets a session give back, once, what only its start took: the garbage of the first walk over both catalogs, and the pages of the
// program that nothing but the start used. From then on it works in one place at a time: most of what a quiet one would do in two is to wake
// the second for nothing. What GOMAXPROCS says holds.
func settle(cells int) (stop func() bool) {
	return time.AfterFunc(settleAfter, func() {
		if cells <= onePlace && os.Getenv("GOMAXPROCS") == "" {
			runtime.GOMAXPROCS(1)
		}
		debug.FreeOSMemory()
		dropProgram()
	}).Stop
}
