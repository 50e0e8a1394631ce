//go:build lab

package main

import (
	"context"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/config"
	"switchyard/backend/feed"
	"switchyard/backend/mysql"
	"switchyard/model"
	"switchyard/model/board"
)

// observer follows a feed as the cockpit does and notes when each source answered.
type observer struct {
	mu       sync.Mutex
	last     *board.Snapshot
	news     chan struct{} // closed when last is replaced
	answers  map[string][]time.Time
	troubles map[string][]string // what each source said is wrong, when it began to
}

// observe opens the sources of a configuration and follows them until the test ends.
func observe(t testing.TB, path string) *observer {
	t.Helper()
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	inv, err := cfg.Inventory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names, err := cfg.Names(inv)
	if err != nil {
		t.Fatal(err)
	}
	var of [2]*feed.Cluster
	var zones [2]*time.Location
	for _, c := range model.Clusters {
		at, access := &cfg.Clusters[c], &cfg.Watch.Clusters[c]
		login := bacula.CatalogConfig{
			Hosts:    at.Catalog.Hosts,
			Database: at.Catalog.Database,
			User:     access.Catalog.User,
			Password: access.Catalog.Password.Resolve,
			Zone:     at.Zone,
		}
		if !at.Catalog.TLS.Off {
			pem, err := os.ReadFile(at.Catalog.TLS.CA)
			if err != nil {
				t.Fatal(err)
			}
			login.TLS = &mysql.TLS{CA: pem, ServerName: at.Catalog.TLS.ServerName}
		}
		reader := &bacula.DirectorReader{
			Cluster:   c,
			Console:   bacula.Console{Argv: access.Active, Address: at.Active.Address, Timeout: cfg.Policy.Answer},
			JobsEvery: cfg.Policy.JobsEvery,
		}
		zones[c] = at.Zone
		of[c] = &feed.Cluster{
			Names:     names,
			Catalog:   bacula.NewCatalog(c, login),
			Directors: []feed.Director{{Name: at.Active.Name, Reader: reader}},
		}
	}
	f := feed.New(board.New(cfg.Environment, "", inv, cfg.Policy, zones), cfg.Policy, of, nil, nil)
	o := &observer{news: make(chan struct{}), answers: map[string][]time.Time{}, troubles: map[string][]string{}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var all sync.WaitGroup
	all.Go(func() { f.Run(ctx) })
	all.Go(func() { o.follow(ctx, f) })
	t.Cleanup(func() {
		cancel()
		all.Wait()
		for _, c := range of {
			_ = c.Catalog.Close()
		}
	})
	return o
}

func (o *observer) follow(ctx context.Context, f *feed.Feed) {
	for beat := uint64(0); ; {
		s, err := f.Next(ctx, beat)
		if err != nil {
			return
		}
		beat = s.Beat
		o.mu.Lock()
		o.last = s
		for _, seen := range s.Seen {
			name := seen.Source.String()
			at, said := o.answers[name], o.troubles[name]
			if now := s.At.Format("15:04:05.0 ") + seen.Why; seen.Why != "" && (len(said) == 0 || said[len(said)-1][11:] != now[11:]) {
				o.troubles[name] = append(said, now)
			}
			if !seen.At.IsZero() && (len(at) == 0 || seen.At.After(at[len(at)-1])) {
				o.answers[name] = append(at, seen.At)
			}
		}
		close(o.news)
		o.news = make(chan struct{})
		o.mu.Unlock()
	}
}

// until waits for a snapshot and returns it with the moment it was there.
func (o *observer) until(t testing.TB, within time.Duration, what string, holds func(*board.Snapshot) bool) (*board.Snapshot, time.Time) {
	t.Helper()
	deadline := time.After(within)
	for {
		o.mu.Lock()
		s, news := o.last, o.news
		o.mu.Unlock()
		if s != nil && holds(s) {
			return s, time.Now()
		}
		select {
		case <-news:
		case <-deadline:
			for _, seen := range s.Seen {
				t.Logf("%s: answered %v ago, tried %v ago: %s", seen.Source, s.At.Sub(seen.At), s.At.Sub(seen.Tried), seen.Why)
			}
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// settled waits until every source answers.
func (o *observer) settled(t testing.TB) {
	t.Helper()
	o.until(t, 30*time.Second, "every source answers", func(s *board.Snapshot) bool {
		return len(s.Seen) > 0 &&
			!slices.ContainsFunc(s.Seen, func(seen board.Sighting) bool { return seen.Why != "" || seen.Freshness(s.At) != board.Live })
	})
}

// since are the answers of each source from a moment on.
func (o *observer) since(from time.Time) map[string][]time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string][]time.Time{}
	for source, at := range o.answers {
		i, _ := slices.BinarySearchFunc(at, from, time.Time.Compare)
		out[source] = slices.Clone(at[i:])
	}
	return out
}

// keptTime fails the test when a source, other than those named, was silent for longer than its rhythm allows between two moments.
// Two intervals and a second: one for an answer that is just over and one that is late, and a second for a busy machine.
func (o *observer) keptTime(t testing.TB, from, to time.Time, except ...string) {
	t.Helper()
	every := map[string]time.Duration{}
	o.mu.Lock()
	for _, seen := range o.last.Seen {
		every[seen.Source.String()] = seen.Every
	}
	o.mu.Unlock()
	all := o.since(from.Add(-5 * time.Second))
	for _, source := range slices.Sorted(maps.Keys(every)) {
		if slices.Contains(except, source) {
			continue
		}
		worst, last, n := time.Duration(0), from, 0
		for _, at := range append(all[source], to) {
			switch {
			case at.Before(from):
			case at.After(to):
			default:
				worst, last = max(worst, at.Sub(last)), at
				n++
			}
		}
		if limit := 2*every[source] + time.Second; worst > limit {
			t.Errorf("%s did not keep its rhythm of %v: silent for %v; it said: %q", source, every[source], worst, o.said(source))
		}
		t.Logf("  %-24s answered %2d times, at most %4d ms apart", source, n-1, worst.Milliseconds())
	}
}

func (o *observer) said(source string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.troubles[source])
}

func source(s *board.Snapshot, name string) board.Sighting {
	i := slices.IndexFunc(s.Seen, func(o board.Sighting) bool { return o.Source.String() == name })
	if i < 0 {
		return board.Sighting{}
	}
	return s.Seen[i]
}
