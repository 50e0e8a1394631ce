package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
	"unsafe"
)

const (
	// whileStarting has nothing collected before 24 MB were made (Go begins at 4 MB times this many percent): what a start makes is for the
	// most part needed once, and a collector that runs fourteen times beside it took half of its CPU time.
	whileStarting = 600
	// whileOpen has a program that stays open for weeks keep less than half as much garbage as Go would, once what is in use comes near to
	// roomy.
	whileOpen = 40
	// roomy is how large, in bytes, a heap may grow before it is collected, whatever of it is in use. To look through the 14 MB of a quiet
	// session takes about 10 ms, and at 40 percent of garbage that was some 15 percent of all that one used. What a burst leaves is in use
	// for longer, and comes to as much before it is collected.
	roomy = 22 << 20
)

// collectEarly has the collector leave the start of this process alone, whoever asks first, and then run early. What GOGC says holds.
var collectEarly = sync.OnceFunc(func() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(whileStarting)
	inLargePages()
	afterEach(whileStarting)
})

// startSize is how much memory, in bytes, a start makes before anything is collected.
const startSize = 24 << 20

// inLargePages has what a start makes lie in large pages: the heap gets that memory at once, and nobody has touched it yet. In small ones
// an inventory of 1,000 cells has the system find and clear 2,100 more, which was a third of such a verb's time where each takes 20 µs.
func inLargePages() {
	room := make([]byte, startSize)
	startRoom.from = uintptr(unsafe.Pointer(unsafe.SliceData(room)))
	startRoom.to = startRoom.from + startSize
	largePages(startRoom, true)
	runtime.KeepAlive(room)
	runtime.GC() // the room is the heap's from here on
}

// startRoom is where that memory is.
var startRoom mapped

// mapped are addresses of a process.
type mapped struct{ from, to uintptr }

// afterEach sets after each collection when the next one is due.
func afterEach(was int) {
	afterCollection(func() { afterEach(stayRoomy(was)) })
}

// afterCollection calls once when garbage was collected the next time.
func afterCollection(call func()) {
	runtime.AddCleanup(new([64]byte), func(call func()) { call() }, call) // the collection frees it
}

// stayRoomy sets by what the last collection left when the next one is due, and returns it.
func stayRoomy(was int) (percent int) {
	left := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(left)
	if percent = garbage(left[0].Value.Uint64()); percent != was { // else the world is stopped for nothing
		debug.SetGCPercent(percent)
	}
	return percent
}

// garbage is how many percent of what is in use, in bytes, may be garbage beside it.
func garbage(inUse uint64) int {
	return max(whileOpen, int(100*roomy/max(inUse, 1<<20))-100)
}

// settleAfter is when a session has read what is read once. A session of more cells than onePlace has work for more than one processor.
const (
	settleAfter = 5 * time.Second
	onePlace    = 4000
)

// settle lets a session give back, once, what only its start took: the garbage of the first walk over both catalogs, and the pages of the
// program that nothing but the start used. From then on it works in one place at a time: most of what a quiet one would do in two is to
// wake the second for nothing. What GOMAXPROCS says holds.
func settle(cells int) (stop func() bool) {
	return time.AfterFunc(settleAfter, func() {
		if cells <= onePlace && os.Getenv("GOMAXPROCS") == "" {
			runtime.GOMAXPROCS(1)
		}
		largePages(startRoom, false) // what is given back stays so
		debug.FreeOSMemory()
		dropProgram()
	}).Stop
}
