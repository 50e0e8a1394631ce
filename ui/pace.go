package ui

import (
	"reflect"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// The rates at which the renderer looks for a new frame: when a key was pressed, for whose answer somebody waits; while there may be one;
// and while there is none. It looks fast for as long as a busy machine may keep it from looking.
const (
	keyFrames  = time.Second / 500
	fastFrames = time.Second / 60
	slowFrames = time.Second / 2
	fastFor    = 50 * time.Millisecond
	fixedRate  = 30  // frames a second
	firstRate  = 120 // the same, until the first frames are there
)

// pace lets the renderer look for a new frame soon after something happened, and rarely else. Bubble Tea has it look at a fixed rate,
// and thirty wakeups a second cost a quiet screen more than all that it draws; it has no option for that, so its ticker is taken out
// of it. The zero value leaves the rate as it is.
type pace struct {
	mu     sync.Mutex
	of     *tea.Program
	ticker *time.Ticker
	slow   *time.Timer   // ends the fast rate
	every  time.Duration // how often it looks now
	until  time.Time     // it is fast until then at least
	keys   time.Time     // and as fast as for a key until then
}

// paced tells whether this Bubble Tea keeps its ticker where pace takes it from.
func paced() bool {
	f, ok := reflect.TypeFor[tea.Program]().FieldByName("ticker")
	return ok && f.Type == reflect.TypeFor[*time.Ticker]()
}

// start paces a program that was not run yet.
func (p *pace) start(of *tea.Program) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.of = of
}

// stop leaves the rate alone from now on.
func (p *pace) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.of = nil
}

// hasten makes the next frame come within a time that is shorter than the slow rate's. It is called on Bubble Tea's goroutine, which made
// the ticker before it called anybody.
func (p *pace) hasten(within time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		return
	}
	now := time.Now()
	p.until = now.Add(fastFor)
	if within < fastFrames {
		p.keys = p.until
	}
	if p.ticker == nil {
		if p.ticker = (*time.Ticker)(reflect.ValueOf(p.of).Elem().FieldByName("ticker").UnsafePointer()); p.ticker == nil {
			return // it was called before there is one
		}
		p.slow = time.AfterFunc(fastFor, p.rest)
		p.every = fastFrames
	}
	if within < p.every || within > p.every && now.After(p.keys) { // what goes on after a key is in no such haste
		p.ticker.Reset(within)
		p.every = within
	}
	p.slow.Reset(fastFor)
}

func (p *pace) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil || time.Now().Before(p.until) { // it was hastened while this waited for the lock
		return
	}
	p.ticker.Reset(slowFrames)
	p.every = slowFrames
}
