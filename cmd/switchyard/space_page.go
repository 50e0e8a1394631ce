package main

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"switchyard/backend/feed"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/ui"
)

// spaceBook is what the cockpit's page of space tells: the volumes of each cluster as they were read last. They are read while somebody
// looks.
type spaceBook struct {
	site  *site
	feed  *feed.Feed
	again time.Duration // how long what was read is good for, at least

	mu    sync.Mutex
	parts [2]spacePart
	rev   uint64        // moves with what is told
	moved chan struct{} // closed when it does
}

// spacePart is what is known of one cluster's volumes.
type spacePart struct {
	asked time.Time     // when they were asked for last; zero: never
	asks  bool          // there is no answer to that yet
	took  time.Duration // the newest answer
	told  *model.Space  // nil: there was none
	why   string        // the newest one was none
}

// spaceAgain is how long volumes that were read are good for; a reading that takes long is made more seldom.
const (
	spaceAgain = time.Minute
	spaceShare = 20
	spaceRetry = 10 * time.Second // after no answer
)

// spacePage is the cockpit's page of it: at once what is known, then what each catalog answers.
func spacePage(s *site, f *feed.Feed) ui.Command {
	b := &spaceBook{site: s, feed: f, again: spaceAgain, moved: make(chan struct{})}
	return ui.Command{Name: "space",
		Says:   "how full the storages are, by pool, and when at this rate; reads every volume of both catalogs while it is open",
		Follow: func(ctx context.Context, _ string, seen uint64) (string, uint64, error) { return b.next(ctx, seen) }}
}

// next is the page once it is another one than was seen, and begins to read what is due.
func (b *spaceBook) next(ctx context.Context, seen uint64) (says string, rev uint64, err error) {
	for {
		snap, err := b.feed.Next(ctx, 0)
		if err != nil {
			return "", 0, err
		}
		due := b.ask(ctx, snap)
		b.mu.Lock()
		rev, moved := b.rev, b.moved
		says := ""
		if rev != seen {
			says = b.text(snap)
		}
		b.mu.Unlock()
		if rev != seen {
			return says, rev, nil
		}
		wait := time.NewTimer(due)
		select {
		case <-moved:
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return "", 0, ctx.Err()
		}
		wait.Stop()
	}
}

// ask reads what is due, and tells when the next is.
func (b *spaceBook) ask(ctx context.Context, snap *board.Snapshot) (due time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	due = b.again
	for _, k := range model.Clusters {
		p := &b.parts[k]
		if p.asks {
			continue
		}
		every := max(b.again, spaceShare*p.took)
		if p.why != "" {
			every = p.took + min(b.again, spaceRetry)
		}
		if left := every - time.Since(p.asked); !p.asked.IsZero() && left > 0 {
			due = min(due, left)
			continue
		}
		p.asks, p.asked = true, time.Now()
		b.move()
		go b.read(ctx, k, snap)
	}
	return due
}

// read asks one catalog.
func (b *spaceBook) read(ctx context.Context, k model.Cluster, snap *board.Snapshot) {
	told := b.feed.Space(ctx, snap, k)
	b.mu.Lock()
	defer b.mu.Unlock()
	p := &b.parts[k]
	p.asks, p.took = false, time.Since(p.asked)
	if p.why = ""; len(told.Unread) > 0 {
		p.why = told.Unread[0].Why
	} else {
		p.told = told
	}
	b.move()
}

func (b *spaceBook) move() {
	b.rev++
	close(b.moved)
	b.moved = make(chan struct{})
}

// text tells what is known now, and of whom an answer is waited for.
func (b *spaceBook) text(snap *board.Snapshot) string {
	var out spaceLines
	const clock = "15:04:05"
	needs := gate.Needs(b.site.gates(snap))
	all := &model.Space{}
	for _, k := range model.Clusters {
		p := &b.parts[k]
		asked := model.Now().Add(-time.Since(p.asked)).UTC().Format(clock)
		is := "its volumes are being read since " + asked + " UTC"
		switch {
		case p.why != "" && p.asks:
			is = p.why + "; asked again at " + asked + " UTC"
		case p.why != "":
			is = p.why + "; it is asked again by itself"
		case !p.asks:
			is = "its volumes were read"
		}
		switch {
		case p.told != nil:
			is += "; what follows is of " + p.told.At.UTC().Format(clock) + " UTC"
			all.Pools, all.Storage = append(all.Pools, p.told.Pools...), append(all.Storage, p.told.Storage...)
		default:
			is += "; nothing is known of them yet"
		}
		out.put(k.String(), "%s", is)
	}
	all.Weigh(needs)
	out.trouble(all)
	out.first(all)
	for _, k := range model.Clusters {
		if b.parts[k].told != nil {
			out.cluster(all, k)
		}
	}
	for _, k := range model.Clusters {
		if b.parts[k].told == nil {
			out.unread(all, k, snap.Clusters[k])
		}
	}
	return out.String()
}

// unread tells of the storages of a cluster what is known without its volumes.
func (b *spaceLines) unread(s *model.Space, k model.Cluster, v *board.ClusterView) {
	room := map[string]uint64{}
	if v != nil {
		room = v.Room.Value
	}
	names := slices.Collect(maps.Keys(room))
	for i := range s.Needs {
		if n := &s.Needs[i]; n.Cluster == k {
			names = append(names, n.Storage)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		free := "free not known"
		if left, told := room[name]; told {
			free = model.Size(left) + " free"
		}
		b.put(k.String()+" "+orDash(name), "%s; what it holds is not known yet", free)
		b.need(s.Need(k, name))
	}
}
