package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"switchyard/model/record"
)

// counting counts reads.
type counting struct {
	Store
	reads atomic.Int64
}

func (s *counting) Read(ctx context.Context, seq int64) ([]byte, error) {
	s.reads.Add(1)
	return s.Store.Read(ctx, seq)
}

func cachedAt(t *testing.T) Options {
	o := prod
	o.Cache = filepath.Join(t.TempDir(), "cache", "prod.jsonl")
	return o
}

func TestCacheSavesReads(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		ctx := t.Context()
		o := cachedAt(t)
		w := begun(t, s)
		appended(t, w, 50)
		cs := &counting{Store: s}
		first, err := Open(ctx, cs, o)
		if err != nil {
			t.Fatal(err)
		}
		appended(t, w, 3)
		two, err := Open(ctx, cs, o) // a second process of the same user
		if err != nil {
			t.Fatal(err)
		}
		if _, err := first.Refresh(ctx); err != nil { // writes the same three once more
			t.Fatal(err)
		}
		appended(t, two, 2)
		cs.reads.Store(0)
		j, err := Open(ctx, cs, o)
		if err != nil || j.State().Head != two.State().Head {
			t.Fatal(err)
		}
		n := 0
		for r, err := range j.Tail(ctx, 1) {
			if n++; err != nil || r.Seq != int64(n) {
				t.Fatal(r.Seq, err)
			}
		}
		if n != 56 || cs.reads.Load() > 3 { // the remembered head, and the end twice
			t.Errorf("%d records took %d reads", n, cs.reads.Load())
		}
		slots(t, s, 55)
	})
}

func TestCacheIsNeverBelieved(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		ctx := t.Context()
		o := cachedAt(t)
		appended(t, begun(t, s), 20)
		open := func() *Journal {
			t.Helper()
			j, err := Open(ctx, s, o)
			if err != nil || len(j.State().Actions) != 20 {
				t.Fatal(err)
			}
			if _, err := j.Verify(ctx); err != nil {
				t.Fatal(err)
			}
			return j
		}
		open()
		good, err := os.ReadFile(o.Cache)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(good, []byte("\n"))
		for name, raw := range map[string][]byte{
			"empty":      nil,
			"cut":        good[:len(good)/2],
			"garbage":    bytes.Repeat([]byte{0xff}, 3000),
			"rotten":     bytes.Replace(good, []byte("run a backup"), []byte("rum a backup"), 1),
			"line twice": append(slices.Clone(lines[0]), good...),
			"hole":       bytes.Join(append(slices.Clone(lines[:5]), lines[7:]...), nil),
			"order":      bytes.Join([][]byte{lines[1], lines[0], lines[2]}, nil),
		} {
			if err := os.WriteFile(o.Cache, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			open()
			j := open() // from what the first one mended
			if got := len(j.cache.at); got != 21 {
				t.Errorf("%s: %d records are cached after mending", name, got)
			}
		}
		o.Cache = "/dev/null/cache"
		open()
	})
}

func TestCacheRemembersALostEnd(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, hurt func(int64, []byte)) {
		ctx := t.Context()
		o := cachedAt(t)
		appended(t, begun(t, s), 3)
		if _, err := Open(ctx, s, o); err != nil {
			t.Fatal(err)
		}
		last, err := s.Read(ctx, 4)
		if err != nil {
			t.Fatal(err)
		}
		hurt(4, nil)
		_, err = Open(ctx, s, o)
		if !errors.Is(err, record.ErrChain) || !strings.Contains(err.Error(), "record 4") || !strings.Contains(err.Error(), o.Cache) {
			t.Errorf("an end that is gone: %v", err)
		}
		hurt(4, bytes.Replace(last, []byte("run a backup"), []byte("rum a backup"), 1))
		if _, err = Open(ctx, s, o); !errors.Is(err, record.ErrChain) {
			t.Errorf("an end that was rewritten: %v", err)
		}
		o.Environment = "staging"
		if _, err = Open(ctx, s, o); !errors.Is(err, record.ErrEnvironment) || !strings.Contains(err.Error(), o.Cache) {
			t.Errorf("another environment's cache: %v", err)
		}
	})
}

// TestWhoActsReadsTheStore changes an old record behind a warm cache: who watches starts from what was seen, who acts reads all of it.
func TestWhoActsReadsTheStore(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, hurt func(int64, []byte)) {
		ctx := t.Context()
		o := cachedAt(t)
		appended(t, begun(t, s), 5)
		if _, err := Open(ctx, s, o); err != nil {
			t.Fatal(err)
		}
		acts := o
		acts.Whole = true
		if j, err := Open(ctx, s, acts); err != nil || len(j.State().Actions) != 5 {
			t.Fatal(err)
		}
		old, err := s.Read(ctx, 3)
		if err != nil {
			t.Fatal(err)
		}
		hurt(3, bytes.Replace(old, []byte("run a backup"), []byte("rum a backup"), 1))
		if _, err := Open(ctx, s, o); err != nil {
			t.Errorf("who watches: %v", err)
		}
		if _, err := Open(
			ctx,
			s,
			acts,
		); !errors.Is(err, record.ErrChain) && !errors.As(err, new(*record.Bad)) ||
			!strings.Contains(fmt.Sprint(err), "record 3") && !strings.Contains(fmt.Sprint(err), "record 4") {
			t.Errorf("who acts: %v", err)
		}
		hurt(3, old)
		if _, err := Open(ctx, s, acts); err != nil {
			t.Errorf("mended: %v", err)
		}
		last, err := s.Read(ctx, 6)
		if err != nil {
			t.Fatal(err)
		}
		hurt(6, nil)
		if _, err := Open(ctx, s, acts); !errors.Is(err, record.ErrChain) || !strings.Contains(err.Error(), o.Cache) {
			t.Errorf("an end that is gone: %v", err)
		}
		hurt(6, last)
	})
}
