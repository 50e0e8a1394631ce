package sqlsim

import (
	"math"
	"time"
)

// Traffic is what clients that are nobody's of this world do to a server, by the world's clock: as the seed tells of its catalog's server.
type Traffic struct {
	Questions float64 // statements a second, on the average of a day
	Connects  float64 // new connections a second
	Threads   int     // connections at any moment
	Most      int     // of them at once, at most
}

// wave is how far the statements of an hour are above and below those of the day.
const wave = 0.3

// traffic is how much of it there was, besides its everyday. Its server's mutex guards it.
type traffic struct {
	extra float64 // statements a second
	since time.Time
	spent float64 // statements of what is over
	crowd int     // more connections
	other string  // an account with a session in the database
}

// Burst lets clients send so many more statements a second; 0 ends it.
func (in *Instance) Burst(extra float64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	t, now := &in.traffic, in.cfg.Clock.Now()
	t.spent += t.extra * max(now.Sub(t.since), 0).Seconds()
	t.extra, t.since = extra, now
}

// Crowd lets clients hold so many more connections. 0 ends it, and sets back how many there were at once, as FLUSH STATUS does.
func (in *Instance) Crowd(connections int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.traffic.crowd = connections
}

// Share lets an account that is nobody's of this world have a session in the database; empty ends it.
func (in *Instance) Share(account string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.traffic.other = account
}

// foreign are the statements and connections of clients that are nobody's since the server was started, and those that are there now.
func (in *Instance) foreign() (questions, connects uint64, threads, most int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	t, of, now := &in.traffic, &in.cfg.Traffic, in.cfg.Clock.Now()
	up := max(now.Sub(in.started), 0).Seconds()
	turn := func(at time.Time) float64 {
		return math.Cos(2 * math.Pi * at.Sub(at.Truncate(24*time.Hour)).Hours() / 24)
	}
	n := of.Questions * (up + wave*(24*time.Hour).Seconds()/(2*math.Pi)*(turn(in.started)-turn(now)))
	if t.since.After(in.started) {
		n += t.spent + t.extra*max(now.Sub(t.since), 0).Seconds()
	} else {
		n += t.extra * up
	}
	return uint64(max(n, 0)), uint64(of.Connects * up), of.Threads + t.crowd, of.Most + t.crowd
}
