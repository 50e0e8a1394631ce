package main

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"switchyard/model"
)

// TestACardIsReplacedWhole writes a card twice: the bootstraps that it no longer names are gone, and those of a chain whose name begins
// with its own stay.
func TestACardIsReplacedWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	point := func(chain string, id uint32) model.CardPoint {
		return model.CardPoint{Point: model.RestorePoint{ID: id, Cell: model.Cell{Chain: chain, Region: "eu-west"}}}
	}
	at := time.Date(2026, 11, 29, 2, 0, 0, 0, time.UTC)
	card := func(chain string, at time.Time, ids ...uint32) *model.Card {
		c := &model.Card{Chain: chain, Environment: "prod, made 1", At: at}
		for _, id := range ids {
			c.Points = append(c.Points, point(chain, id))
		}
		return c
	}
	for _, c := range []*model.Card{card("db", at.Add(time.Hour), 1), card("db-2", at, 5), card("db", at.Add(2*time.Hour), 2)} {
		if err := putCard(dir, c, []string{"eu-west"}); err != nil {
			t.Fatal(err)
		}
	}
	for name, there := range map[string]bool{"db.card": true, "db-eu-west-regular-blue-1.bsr": false, "db-eu-west-regular-blue-2.bsr": true,
		"db-2.card": true, "db-2-eu-west-regular-blue-5.bsr": true} {
		if isThere(filepath.Join(dir, name)) != there {
			t.Errorf("%s: there %v", name, !there)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".card-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	chain, made, missing, err := oldestCard(dir, []string{"db", "db-2", "db-3"})
	if err != nil || chain != "db-2" || !made.Equal(at) || len(missing) != 1 || missing[0] != "db-3" {
		t.Errorf("the oldest is %s of %s, %v are missing, %v", chain, made, missing, err)
	}
}

// TestWhereCardsMayNotLie tells a place that is backed up, whatever leads there.
func TestWhereCardsMayNotLie(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("/srv", link); err != nil {
		t.Fatal(err)
	}
	for path, in := range map[string]bool{"/": true, "/srv/cards": true, "/srv": true, "/srv/": true, link: true, "/srv/car": false, "/var": false} {
		if within("/srv/cards", path) != in {
			t.Errorf("%s: %v", path, !in)
		}
	}
	h := thisHost{names: []string{"bastion"}, addrs: []net.IP{net.ParseIP("192.0.2.7")}}
	for _, c := range []struct {
		hosts    []string
		director string
		want     int
	}{
		{[]string{"192.0.2.8", "192.0.2.7"}, "192.0.2.1:9101", 1},
		{[]string{"192.0.2.8", "BASTION"}, "192.0.2.1:9101", 1},
		{[]string{"127.0.0.1"}, "192.0.2.1:9101", -1}, // of its Director's host, which is another
		{[]string{"127.0.0.1"}, "192.0.2.7:9101", 0},
		{[]string{"db1.example", "db2.invalid"}, "192.0.2.1:9101", -1},
		{[]string{"127.0.0.1"}, "127.0.0.1:9101", 0},
	} {
		if is, err := h.among(t.Context(), c.hosts, c.director); is != c.want || err != nil {
			t.Errorf("%v: %d, %v", c.hosts, is, err)
		}
	}
}
