//go:build lab

package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// Bounds of every fault: until its reason is told (a hung source has 8 s to answer) and until its end is, once it was healed (the longest
// pause between two tries is 4 s).
const (
	namedWithin = 12 * time.Second
	healsWithin = 10 * time.Second
	slowAtMost  = 15 * time.Second // between two answers of a catalog that takes 2 s per statement, when its session has to be made anew
)

// A fault ages only its own source, is told with its reason, and is over when it is healed, without a restart. All others keep their
// rhythm. Both clusters are broken in the same way at the same time.
func TestFaultsAgeOnlyTheirOwnSource(t *testing.T) {
	quiet(t)
	path := variant(t, "primaries", primaries)
	o := observe(t, path)
	f := follow(t, "--json", "--config", path)
	director := func(c string) string { return c + " director " + c + "-dir" }
	catalog := func(c string) string { return c + " catalog" }
	for _, x := range []struct {
		fault  string
		source func(cluster string) string
		reason string
		first  string // what may be met first, when it breaks in the middle of an answer
	}{
		{"director-killed", director, "connection refused", "answer|greet|connect"},
		{"director-hung", director, "no answer in 8s: it does not greet", "it greeted, then did not answer"},
		{"catalog-stopped", catalog, "connection refused", "shutdown|reset|broke"},
		{"catalog-hung", catalog, "no answer in time", ""},
		{"catalog-denied", catalog, "Access denied for user 'switchyard_watch'", "killed|broke"},
	} {
		t.Run(x.fault, func(t *testing.T) {
			o.settled(t)
			mark, began := f.mark(), time.Now()
			blue, green := x.source("blue"), x.source("green")
			both := func(holds func(name string) bool) bool { return holds(blue) && holds(green) }
			heal := []func(){breaks(t, x.fault, "blue"), breaks(t, x.fault, "green")}
			caused := time.Now()
			s, named := o.until(t, namedWithin, "both say "+x.reason, func(s *board.Snapshot) bool {
				return both(func(name string) bool { return strings.Contains(source(s, name).Why, x.reason) })
			})
			for _, c := range clusters {
				says := regexp.MustCompile("^" + x.source(c) + " [a-z ]+: .*(" + strings.Trim(x.reason+"|"+x.first, "|") + ")")
				f.wait(
					t,
					mark,
					namedWithin,
					"a line that names "+x.source(c),
					func(l told) bool { return l.Who == c && l.Severity == "FAIL" && says.MatchString(l.Says) },
				)
			}
			t.Logf("%s is named after %.1f s: %s", x.fault, named.Sub(caused).Seconds(), source(s, green).Why)
			_, aged := o.until(t, 20*time.Second, "every other source answers three times, and these are old", func(s *board.Snapshot) bool {
				for name, at := range o.since(caused) {
					if name != blue && name != green && len(at) < 3 {
						return false
					}
				}
				return both(func(name string) bool { return source(s, name).Freshness(s.At) == board.Old })
			})
			for _, name := range []string{blue, green} {
				if late := o.since(caused.Add(time.Second))[name]; len(late) > 0 {
					t.Errorf("%s answered %v after it was broken", name, late[0].Sub(caused))
				}
			}
			o.keptTime(t, began, aged, blue, green)

			mark = f.mark()
			for _, h := range heal {
				h()
			}
			healed := time.Now()
			_, over := o.until(t, healsWithin, "both answer again", func(s *board.Snapshot) bool {
				return both(func(name string) bool { return source(s, name).Why == "" && source(s, name).At.After(healed) })
			})
			for _, c := range clusters {
				f.wait(t, mark, healsWithin, "a line that tells its end", func(l told) bool {
					return l.Who == c && strings.HasPrefix(l.Says, x.source(c)+" answers again after ")
				})
			}
			t.Logf("%s is over %.1f s after it was healed", x.fault, over.Sub(healed).Seconds())
			o.keptTime(t, aged, over, blue, green)
		})
	}
}

// Catalogs that take 2 s for each statement are late, and say so; they still tell the truth, and nothing else is late.
func TestSlowCatalogsAreLateAlone(t *testing.T) {
	quiet(t)
	o := observe(t, variant(t, "primaries", primaries))
	o.settled(t)
	warned := func(s *board.Snapshot) (n int) {
		for _, a := range s.Alerts {
			if strings.HasPrefix(a.ID, "slow:") && strings.HasSuffix(a.ID, " catalog") && strings.Contains(a.Says, "is slow: its last answer took") {
				n++
			}
		}
		return n
	}
	heal := []func(){breaks(t, "catalog-slow", "blue"), breaks(t, "catalog-slow", "green")}
	caused := time.Now()
	_, named := o.until(t, namedWithin, "alerts that they are slow", func(s *board.Snapshot) bool { return warned(s) == 2 })
	t.Logf("told as slow after %.1f s", named.Sub(caused).Seconds())
	// A connection lives for a minute: new ones have to be made while they are slow.
	const life = 62 * time.Second
	_, aged := o.until(t, life+20*time.Second, "new sessions are read through", func(s *board.Snapshot) bool {
		return source(s, "blue catalog").At.Sub(caused) > life && source(s, "green catalog").At.Sub(caused) > life
	})
	o.keptTime(t, caused, aged, "blue catalog", "green catalog")
	for _, c := range clusters {
		worst, last := time.Duration(0), caused
		for _, at := range o.since(caused)[c+" catalog"] {
			worst, last = max(worst, at.Sub(last)), at
		}
		t.Logf("%s catalog answered at most %.1f s apart", c, worst.Seconds())
		if worst > slowAtMost {
			t.Errorf("%s catalog was silent for %v; it said: %q", c, worst, o.said(c+" catalog"))
		}
	}
	for _, h := range heal {
		h()
	}
	healed := time.Now()
	_, over := o.until(t, healsWithin, "they are slow no more", func(s *board.Snapshot) bool {
		return warned(s) == 0 && source(s, "blue catalog").At.After(healed) && source(s, "green catalog").At.After(healed)
	})
	t.Logf("over %.1f s after they were healed", over.Sub(healed).Seconds())
}

// Storage Daemons that hang in the middle of jobs of both clusters take only their bytes away: no catalog and no Director is late.
func TestAHungStorageAgesOnlyTheStorages(t *testing.T) {
	quiet(t)
	o := observe(t, labConfig())
	o.settled(t)
	ids := map[string]int{}
	for _, c := range clusters {
		ids[c], _ = startJob(t, c, "backup-chain06-region1-immutable")
	}
	progress := func(s *board.Snapshot, c string) model.Progress {
		for _, j := range s.Clusters[side(c)].Open {
			if j.ID == uint32(ids[c]) {
				return j.Progress
			}
		}
		return model.Progress{}
	}
	both := func(holds func(c string) bool) bool { return holds("blue") && holds("green") }
	o.until(t, 20*time.Second, "their bytes are told", func(s *board.Snapshot) bool {
		return both(func(c string) bool { return progress(s, c).Bytes > 0 })
	})
	healBlue, healGreen := breaks(t, "storage-hung", "blue"), breaks(t, "storage-hung", "green")
	caused := time.Now()
	reason := regexp.MustCompile(`^1 of 1 storages do not tell: storage vault-region1 through director .*: no answer in 3s`)
	s, named := o.until(t, namedWithin, "the storage is named", func(s *board.Snapshot) bool {
		return both(func(c string) bool { return reason.MatchString(source(s, c+" storages").Why) })
	})
	t.Logf("named after %.1f s: %s", named.Sub(caused).Seconds(), source(s, "green storages").Why)
	for _, c := range clusters {
		if why := progress(s, c).Why; !strings.Contains(why, "vault-region1") {
			t.Errorf("the job of %s says %q of its storage", c, why)
		}
	}
	_, aged := o.until(t, 20*time.Second, "every other source answers four times", func(*board.Snapshot) bool {
		for name, at := range o.since(caused) {
			if !strings.HasSuffix(name, " storages") && len(at) < 4 {
				return false
			}
		}
		return true
	})
	o.keptTime(t, caused, aged, "blue storages", "green storages")
	healBlue()
	healGreen()
	// A storage is left alone for a while, as every question to a silent one holds a place at its Director for minutes. With its jobs the
	// trouble ends.
	for _, c := range clusters {
		cancelJob(t, c, ids[c])
	}
	healed := time.Now()
	_, over := o.until(t, healsWithin, "no storage is in trouble", func(s *board.Snapshot) bool {
		return both(func(c string) bool {
			return source(s, c+" storages").Why == "" && source(s, c+" storages").At.After(healed)
		})
	})
	t.Logf("over %.1f s after its jobs", over.Sub(healed).Seconds())
}

func side(cluster string) model.Cluster {
	var c model.Cluster
	if err := c.UnmarshalText([]byte(cluster)); err != nil {
		panic(fmt.Sprintf("a cluster of the lab: %v", err))
	}
	return c
}
