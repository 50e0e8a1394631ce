package main

import (
	"os"
	"runtime"
	"runtime/debug"
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
