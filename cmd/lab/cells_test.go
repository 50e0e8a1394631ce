package main

import (
	"testing"

	"switchyard/model"
)

func TestCells(t *testing.T) {
	on := map[string]int{}
	seen, found := map[string]bool{}, map[trouble]int{}
	for _, c := range cells() {
		if seen[c.Name()] {
			t.Errorf("%s is there twice", c.Name())
		}
		seen[c.Name()] = true
		found[c.Trouble]++
		key := ""
		for _, cluster := range clusters {
			if c.On(cluster) {
				key += cluster
			}
		}
		on[key]++
		for _, cluster := range clusters {
			if _, err := model.ParseSchedule(c.RunsOn(cluster)...); err != nil {
				t.Errorf("%s on %s: %v", c.Name(), cluster, err)
			}
		}
		for _, span := range []string{c.Promise, c.Keep} {
			if _, err := model.ParseSpan(span); err != nil {
				t.Errorf("%s: %v", c.Name(), err)
			}
		}
		if _, ok := ports[c.Client]; !ok {
			t.Errorf("%s: there is no client %s", c.Name(), c.Client)
		}
		blue, green := c.RunsOn("blue"), c.RunsOn("green")
		if key == "bluegreen" && blue[0] == green[0] {
			t.Errorf("%s: both clusters take it at the same time", c.Name())
		}
	}
	if want := chains / 3 * len(
		regions,
	) * len(
		model.Kinds,
	); on["blue"] != want || on["bluegreen"] != want || on["green"] != want ||
		len(on) != 3 {
		t.Errorf("the thirds are %v, want %d each", on, want)
	}
	n := 0
	for tr, count := range found {
		if tr != fine {
			n += count
		}
	}
	if n != len(troubles) || len(found) != int(waiting)+1 {
		t.Errorf("troubles of cells are %v, want those %d and every sort of them", found, len(troubles))
	}
}

func TestWhen(t *testing.T) {
	for _, c := range []struct {
		w       when
		minutes int
		want    string
	}{
		{when{days: "daily", hour: 2, minute: 50}, 0, "daily at 02:50"},
		{when{days: "daily", hour: 2, minute: 50}, 25, "daily at 03:15"},
		{when{days: "daily", hour: 23, minute: 50}, 25, "daily at 00:15"},
		{when{days: "hourly", minute: 50}, 25, "hourly at 00:15"},
		{when{level: "Full", days: "sun", hour: 4, minute: 2}, 25, "Level=Full sun at 04:27"},
	} {
		if got := c.w.later(c.minutes).String(); got != c.want {
			t.Errorf("%v and %d minutes: %q, want %q", c.w, c.minutes, got, c.want)
		}
	}
}

func TestFirstRounds(t *testing.T) {
	for _, cluster := range clusters {
		first, second := firstRounds(cluster)
		on := map[string]bool{"BackupCatalog": true, "admin-housekeeping": true}
		for _, c := range cellsOn(cluster) {
			on[c.Name()] = c.Trouble != waiting
		}
		ran := map[string]bool{}
		for _, name := range append(first, second...) {
			if !on[name] {
				t.Errorf("%s runs %s, which it should not", cluster, name)
			}
			ran[name] = true
		}
		for name, should := range on {
			if should && !ran[name] {
				t.Errorf("%s never runs %s", cluster, name)
			}
		}
	}
}
