package feed

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/backend/rds"
	"switchyard/backend/rehearsal/amazon"
	"switchyard/model"
)

// calls counts what an endpoint is asked.
type calls struct {
	mu sync.Mutex
	n  map[string]int
	of http.Handler
}

func (c *calls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := r.Header.Get("X-Amz-Target")
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if call == "" {
		form, _ := url.ParseQuery(string(body))
		call = form.Get("Action")
	}
	c.mu.Lock()
	c.n[call[strings.LastIndexByte(call, '.')+1:]]++
	c.mu.Unlock()
	c.of.ServeHTTP(w, r)
}

// take tells what was asked since it was last called.
func (c *calls) take() (key, events int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, events = c.n["DescribeKey"], c.n["DescribeEvents"]
	clear(c.n)
	return key, events
}

// TestKeyAndEventsAreAskedRarely while an instance is what it was, at once when it is another, and with every look for who asks for a plan.
func TestKeyAndEventsAreAskedRarely(t *testing.T) {
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, os.DevNull)
	}
	cloud := amazon.New(amazon.Options{
		Instances: []amazon.Instance{{ID: "bacula", Region: "eu-west-1", Host: "127.0.0.1", Port: 3307}},
		Keys:      []amazon.Key{{Region: "eu-west-1", ID: "mrk-1"}},
	})
	t.Cleanup(cloud.Close)
	count := &calls{n: map[string]int{}, of: cloud}
	srv := httptest.NewServer(count)
	t.Cleanup(srv.Close)
	reader, err := rds.New(t.Context(), rds.Options{Endpoint: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	at := Instance{Target: rds.Target{ID: "bacula", Region: "eu-west-1"}}
	f := testFeed(t)
	f.rdsPollers(&RDS{Reader: reader, Primary: at})
	s := &instanceSource{Feed: f, of: reader, at: at, part: primary}
	look := func(what string, key, events int) {
		t.Helper()
		if _, err := s.describe(t.Context()); err != nil {
			t.Fatal(err)
		}
		if k, e := count.take(); k != key || e != events {
			t.Errorf("%s: asked for the key %d times and for events %d times, not %d and %d", what, k, e, key, events)
		}
	}
	look("the first look", 1, 1)
	look("the next", 0, 0)
	s.key = time.Now().Add(-model.KeyEvery)
	look("when the key is due", 1, 0)
	s.list = time.Now().Add(-eventsEvery)
	look("when events are due", 0, 1)
	s.was.Status = "rebooting"
	look("when the instance is another than it was", 1, 1)
	f.OnDemand()
	look("for a plan", 1, 1)
}

// TestTogether moves the moment at which a source is asked to the grid, and hardly later than it would be by itself.
func TestTogether(t *testing.T) {
	f := testFeed(t)
	now := time.Now()
	for _, every := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, model.DefaultPolicy().MetricsEvery} {
		for after := time.Duration(0); after < 2*time.Second; after += 37 * time.Millisecond {
			from := now.Add(after)
			pause := f.together(from, every)
			if on := from.Add(pause).Add(-f.phase); !on.Equal(on.Truncate(grid)) {
				t.Errorf("%v from %v on: %v is not on the grid", every, after, on)
			}
			if pause > every+onGrid || pause <= every+onGrid-2*grid {
				t.Errorf("%v from %v on: asked after %v", every, after, pause)
			}
			const answer = 20 * time.Millisecond
			for range every / grid {
				from = from.Add(f.together(from, every) + answer)
			}
			if all := from.Add(-answer - f.phase); !all.Equal(all.Truncate(every)) {
				t.Errorf("%v from %v on: asked at %v, not when others are", every, after, all)
			}
		}
	}
	if f.together(now, 300*time.Millisecond) != 300*time.Millisecond {
		t.Error("what is asked more often than the grid has moments is moved")
	}
}
