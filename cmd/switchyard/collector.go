package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

const (
	// whileStarting has nothing collected before 24 MB were made (Go begins at 4 MB times this many percent): what a start makes is for the
	// most part needed once, and a collector that runs fourteen times beside it took half of its CPU time.
	whileStarting = 600
	// whileOpen has a program that stays open for weeks keep less than half as much garbage as Go would: what is in use is small, and what
	// a quiet cockpit makes anew is collected a few times a minute at most.
	whileOpen = 40
)

// collectEarly has the collector leave a start alone and then run early. What GOGC says holds.
func collectEarly() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(whileStarting)
	runtime.AddCleanup(new([64]byte), func(int) { debug.SetGCPercent(whileOpen) }, 0) // the first collection frees it
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
