package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/backend/feed"
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
	inv := &model.Inventory{}
	for _, chain := range []string{"db", "db-2", "db-3"} {
		inv.Cells = append(inv.Cells, model.Placement{Cell: model.Cell{Chain: chain, Region: "eu-west"}})
	}
	kept, err := feed.CardsIn(dir, inv)
	if err != nil || kept.Oldest != "db-2" || !kept.Made.Equal(at) || len(kept.Missing) != 1 || kept.Missing[0] != "db-3" || kept.Chains != 3 {
		t.Fatalf("%+v, %v", kept, err)
	}
	for _, c := range []struct {
		missing []string
		now     time.Time
		want    model.Verdict
		says    string
	}{
		{kept.Missing, at.Add(time.Hour), model.Fails, "1 of 3 chains have none"},
		{nil, at.Add(26 * time.Hour), model.Holds, "the oldest of 3 in "},
		{nil, at.Add(27 * time.Hour), model.Fails, "that of db-2, is 27 h old, older than 26h"},
		{nil, at.Add(-time.Hour), model.Unknown, "which is to come"},
	} {
		k := *kept
		k.Missing = c.missing
		if is := k.Judge(c.now, 26*time.Hour); is.Verdict != c.want || !strings.Contains(is.Value, c.says) {
			t.Errorf("%s: %v, %s", c.now, is.Verdict, is.Value)
		}
	}
	if _, err := feed.CardsIn(filepath.Join(dir, "nowhere"), inv); err == nil {
		t.Error("a directory that is not there has cards")
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
	for path, in := range map[string]bool{"/": true, "/srv/cards": true, "/srv": true, "/srv/": true, link: true, "/srv/car": false,
		"/var": false} {
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
