package board

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// TestAPassiveDirectorThatWorks tells what to do about one that runs jobs: it depends on whether the active one answers. One that is
// another Director than it is configured as is not held to have taken over.
func TestAPassiveDirectorThatWorks(t *testing.T) {
	dir := func(name string, pid int, works bool) model.Director {
		return model.Director{Name: name, PID: pid, Started: midday.Add(-time.Hour), Works: works}
	}
	for name, c := range map[string]struct {
		passive  model.Director
		live     bool
		severity model.Severity
		do       string
	}{
		"idle":                   {dir("dir2", 2, false), true, 0, ""},
		"in place of the other":  {dir("dir2", 2, true), false, model.Warn, "write it as the active one"},
		"beside the active one":  {dir("dir2", 2, true), true, model.Fail, "stop and mask the wrong one"},
		"the active one's place": {dir("dir1", 1, true), true, 0, ""},
	} {
		w := newBoard(t, midday)
		ds := []model.Director{dir("dir1", 1, false), c.passive}
		w.Source(Sighting{Source: model.PassiveOf(model.Green, ds[1].Name, ds[0].Name), Every: time.Second, Tried: w.now, At: w.now})
		w.Director(model.Green, DirectorTruth{Directors: ds, At: w.now, Live: c.live, JobsAt: w.now}, w.everyCell())
		var found *Alert
		for _, a := range w.Snapshot(midday).Alerts {
			if a.ID == "passive-works:green" {
				found = &a
			}
		}
		switch {
		case c.do == "" && found == nil:
		case c.do == "" || found == nil:
			t.Errorf("%s: %+v", name, found)
		case found.Severity != c.severity || !strings.Contains(found.Do, c.do) || !strings.HasPrefix(found.Says, "dir2 runs jobs of green"):
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// TestADirectorThatIsGoneNamesTheOtherOne, while that one answers, and only then.
func TestADirectorThatIsGoneNamesTheOtherOne(t *testing.T) {
	for name, c := range map[string]struct {
		trouble model.Trouble
		heard   bool
		want    bool
	}{
		"gone":                       {model.TroubleGone, true, true},
		"both are gone":              {model.TroubleGone, false, false},
		"it hangs, and may write on": {model.TroubleSilent, true, false},
	} {
		w := newBoard(t, midday)
		ds := []model.Director{{Name: "dir1", PID: 1, Started: midday.Add(-time.Hour)}, {Name: "dir2", PID: 2, Started: midday.Add(-time.Hour)}}
		w.Director(model.Green, DirectorTruth{Directors: ds, At: w.now, JobsAt: w.now}, w.everyCell())
		other := Sighting{Source: model.DirectorOf(model.Green, "dir2"), Every: time.Second, Tried: w.now, At: w.now}
		if !c.heard {
			other.Why, other.Trouble = "connection refused", model.TroubleGone
		}
		w.Source(other)
		w.Source(Sighting{Source: model.DirectorOf(model.Green, "dir1"), Every: time.Second, Tried: w.now, At: w.now.Add(-time.Minute),
			Why: "connection refused", Trouble: c.trouble, Gates: true, Since: w.now.Add(-time.Minute)})
		found := false
		for _, a := range w.Snapshot(midday).Alerts {
			found = found || strings.Contains(a.Do, "dir2 answers: switchyard failover director green lets it schedule")
		}
		if found != c.want {
			t.Errorf("%s: %+v", name, w.Snapshot(midday).Alerts)
		}
	}
}

// TestAPassiveDirectorOnAnotherCatalog is told before it takes over; what is local to a host, or not told, is not compared.
func TestAPassiveDirectorOnAnotherCatalog(t *testing.T) {
	of := func(address string, port int, database string) model.CatalogUse {
		return model.CatalogUse{Address: address, Port: port, Database: database}
	}
	for name, c := range map[string]struct {
		active, passive model.CatalogUse
		live, want      bool
	}{
		"the same":               {of("db1", 3306, "bacula"), of("DB1", 0, "bacula"), true, false},
		"the same with a dot":    {of("db1", 3306, "bacula"), of("DB1.", 0, "bacula"), true, false},
		"one address":            {of("10.0.0.7", 3306, "bacula"), of("::ffff:10.0.0.7", 0, "bacula"), true, false},
		"its host by its name":   {of("db1", 3306, "bacula"), of("localhost.localdomain", 3306, "bacula"), true, false},
		"another server":         {of("db1", 3306, "bacula"), of("db2", 3306, "bacula"), true, true},
		"another port":           {of("db1", 3306, "bacula"), of("db1", 3307, "bacula"), true, true},
		"another database":       {of("db1", 3306, "bacula"), of("db1", 3306, "bacula2"), true, true},
		"it is not heard now":    {of("db1", 3306, "bacula"), of("db2", 3306, "bacula"), false, false},
		"one does not tell":      {of("db1", 3306, "bacula"), model.CatalogUse{}, true, false},
		"one of its own host":    {of("db1", 3306, "bacula"), of("localhost", 3306, "bacula"), true, false},
		"each of its own host's": {of("", 0, "bacula"), of("127.0.0.1", 0, "bacula"), true, false},
	} {
		w := newBoard(t, midday)
		w.Director(model.Green, DirectorTruth{
			Directors: []model.Director{{Name: "dir1", PID: 1, Uses: c.active}, {Name: "dir2", PID: 2, Uses: c.passive}},
			At:        w.now, Live: true, JobsAt: w.now, Passive: &DirectorWord{At: w.now, Live: c.live},
		}, w.everyCell())
		found := slices.ContainsFunc(w.Snapshot(midday).Alerts, func(a Alert) bool { return a.ID == "passive-catalog:green" })
		if found != c.want {
			t.Errorf("%s: told %v", name, found)
		}
	}
}
