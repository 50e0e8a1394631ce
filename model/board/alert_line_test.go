package board

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"switchyard/model"
	"switchyard/model/record"
)

// causeRoom is what a line of 80 columns leaves to a cause beside what to do: a glyph takes 3 of them, the key and how many alerts there
// are 9.
func causeRoom(act string) int { return 80 - 3 - 9 - len(". ") - utf8.RuneCountInString(act) }

// ofReason is how much of a reason has to be seen that somebody else wrote, and may be of any length.
const ofReason = 16

// ofWord is how much of a long word may be seen.
const ofWord = 16

// raised are the kinds of alerts that the worlds of this package have raised.
var raised = struct {
	sync.Mutex
	kinds map[string]int
}{kinds: map[string]int{}}

// alertKinds are those that there are.
var alertKinds = []string{"action", "bare", "breaks", "broken", "bundle", "cards", "clock", "dates", "diverged", "drift", "failed", "far",
	"flaws", "gap", "job", "lease", "letters", "lost", "mimics", "missed", "more", "off", "open", "passive-catalog", "passive-works",
	"programme", "rds:certificate", "rds:errant", "rds:failover", "rds:failover-refused", "rds:key", "rds:lag", "rds:missing",
	"rds:recreated", "rds:replica", "rds:status", "rds:storage", "rds:two-writers", "rds:wrong", "review", "scanned", "slow", "source",
	"standby", "strays", "stuck", "unknown", "unlinked", "version", "warned", "warnings", "wrong"}

// kindOfAlert is what an alert's ID begins with.
func kindOfAlert(a *Alert) string {
	kind, rest, _ := strings.Cut(a.ID, ":")
	if kind == "rds" {
		of, _, _ := strings.Cut(rest, ":")
		return kind + ":" + of
	}
	return kind
}

// Snapshot is the board's, of whose alerts each has its line of 80 columns, in whatever world a test made.
func (w *boardWorld) Snapshot(now time.Time) *Snapshot {
	s := w.Board.Snapshot(now)
	for i := range s.Alerts {
		w.fits(&s.Alerts[i])
	}
	return s
}

// fits fails the world's test where a narrow line would not say what failed and what to do.
func (w *boardWorld) fits(a *Alert) {
	kind := kindOfAlert(a)
	raised.Lock()
	raised.kinds[kind]++
	raised.Unlock()
	if why := unfit(a); why != "" {
		w.t.Fatal(fmt.Sprintf("%s: %s\n%q\n%q\n%q", a.ID, why, a.Says, a.Brief, a.Do))
	}
	if !slices.Contains(alertKinds, kind) {
		w.t.Fatal("no kind of alert is " + kind)
	}
}

// unfit is what a narrow line does not say of an alert; empty: it says all that it must.
func unfit(a *Alert) string {
	acts := a.Acts()
	if acts[0] == "" {
		return "it has nothing to do"
	}
	act := acts[2]
	if n := utf8.RuneCountInString(act); n > ActRoom {
		return fmt.Sprintf("what to do first takes %d columns: %q", n, act)
	}
	brief := a.Brief
	if brief == "" {
		brief = a.Says
	}
	own := 0 // where its own words begin
	if a.Cell != nil {
		narrow := a.Cell.Chain + " " + strings.Replace(a.Cell.Region, "region", "r", 1) + " " + a.Cell.Kind.String()[:3]
		brief = strings.Replace(brief, a.Cell.String(), narrow, 1)
		own = len(narrow) + len(": ")
	}
	brief, _, _ = strings.Cut(brief, "; ")
	room, over := causeRoom(act), 0
	for word := range strings.FieldsSeq(brief) {
		over += max(0, utf8.RuneCountInString(word)-ofWord) // the longest words are the ones cut
	}
	if utf8.RuneCountInString(brief)-over <= room {
		return ""
	}
	if own < len(brief) {
		if at := strings.Index(brief[own:], ": "); at >= 0 && utf8.RuneCountInString(brief[:own+at+2])+ofReason <= room {
			return ""
		}
	}
	return fmt.Sprintf("of its cause %d columns are seen beside %q", room, act)
}

// TestMain holds that each kind of alert was raised by the tests of this package, where all of them ran.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !testing.Short() && !slices.ContainsFunc(os.Args, func(a string) bool {
		return strings.HasPrefix(a, "-test.run=") || strings.HasPrefix(a, "-test.skip=") || strings.HasPrefix(a, "-test.list=") ||
			strings.HasPrefix(a, "-test.fuzz=") || strings.HasPrefix(a, "-test.bench=")
	}) {
		for _, kind := range alertKinds {
			if _, met := raised.kinds[kind]; !met {
				fmt.Println("FAIL: no test raises an alert of the kind", kind, "of", slices.Sorted(maps.Keys(raised.kinds)))
				code = 1
			}
		}
	}
	os.Exit(code)
}

// TestAReasonInFewWords keeps what the system answered.
func TestAReasonInFewWords(t *testing.T) {
	for note, want := range map[string]string{
		"Fatal error: bsock.c:206 Unable to connect to Client: a-fd on a:9102. ERR=Connection refused": "client: Connection refused",
		"bsock.c:520 Network error with FD during Backup: ERR=Connection reset by peer":                "client: Connection reset by peer",
		"Error: Storage daemon \"sd-1\" could not create a new Volume. ERR=No space left on device":    "storage: No space left on device",
		"backup.c:1211 Read error on file /clone. ERR=Input/output error": "Input/output error: Read error on " +
			"file /clone",
		"Client \"a-fd\" RunScript failed.": "Client RunScript failed",
		"Fatal error: Max run time exceeded. Job canceled. (before: Error: bsock.c:520 Network error with FD: " +
			"ERR=Connection reset by peer)": "Max run time exceeded. Job canceled",
		"ERR=": "ERR=",
		"":     "",
	} {
		if got := model.Curtly(note); got != want {
			t.Errorf("%q: %q", note, got)
		}
	}
}

// TestAnAdviceBeginsWithItsKey where there is room for it.
func TestAnAdviceBeginsWithItsKey(t *testing.T) {
	for do, want := range map[string][2]string{
		"run them again (R): nothing can be restored from them": {"run them again (R)", "run them again"},
		"run it again (R)":                        {"run it again (R)", "run it again"},
		"rotate it (it may restart the server)":   {"rotate it", "rotate it"},
		"see to it (f, :failover rebuild); go on": {"see to it", "see to it"},
		"read its log; run it again":              {"read its log", "read its log"},
	} {
		if acts := (&Alert{Do: do}).Acts(); acts != [3]string{do, want[0], want[1]} {
			t.Errorf("%q: %q", do, acts)
		}
	}
}

// TestEachSourcesTroubleFits whoever fails and however.
func TestEachSourcesTroubleFits(t *testing.T) {
	sources := []model.Source{model.CatalogOf(model.Blue), model.CatalogOf(model.Green), model.DirectorOf(model.Blue, "dir-old"),
		model.PassiveOf(model.Blue, "dir-idle", "dir-old"), {Kind: model.SourceInstance, Name: "primary"},
		{
			Kind: model.SourceServer,
			Name: "replica",
		}, {Kind: model.SourceMetrics, Name: "replica"}, {Kind: model.SourceStorages, Cluster: model.Green}, model.Journal, model.Cards,
		model.Bundle}
	for _, of := range sources {
		for trouble := model.TroubleGone; trouble <= model.TroubleOther; trouble++ {
			for _, gates := range []bool{false, true} {
				w := newBoard(t, midday)
				w.Source(Sighting{Source: of, Trouble: trouble, Gates: gates, Every: time.Second, Tried: midday, Since: midday,
					Why: "no answer in time"})
				w.Snapshot(midday)
				w.Source(Sighting{Source: of, Gates: gates, Every: time.Second, Tried: midday, At: midday, Took: time.Minute})
				w.Snapshot(midday)
			}
		}
	}
}

// TestEachStatusOfAnInstanceFits with what AWS calls it.
func TestEachStatusOfAnInstanceFits(t *testing.T) {
	for status := range strings.FieldsSeq("delete-precheck maintenance modifying renaming upgrading creating deleting " +
		"rebooting stopping failed " +
		"inaccessible-encryption-credentials inaccessible-encryption-credentials-recoverable incompatible-create incompatible-network " +
		"incompatible-option-group incompatible-parameters incompatible-restore insufficient-capacity restore-error stopped storage-full " +
		"upgrade-failed of-tomorrow") {
		w := newBoard(t, midday)
		w.RDS(rdsPair(model.KnownLag(0), midday))
		w.RDS(func(r *model.RDS) { r.Replica.AWS.Value.Status, r.Primary.AWS.Value.Status = status, status })
		if a := rdsAlert(w.Snapshot(midday), "status"); a == nil {
			t.Errorf("%s is not told", status)
		}
	}
}

// TestWhatIsRareFits as well: what no other test raises.
func TestWhatIsRareFits(t *testing.T) {
	w := newBoard(t, midday)
	w.Cards(&model.CardsKept{At: midday, Dir: "cards", Chains: 2, Missing: []string{"chain1"}})
	w.Bundle(&model.BundleKept{At: midday, File: "bundle", Made: midday.Add(-90 * 24 * time.Hour)})
	var open []model.Job
	for i := range uint32(keptOpen + 2) {
		open = append(open, backup(i+1, cellA, model.Running, midday.Add(-30*24*time.Hour), 0, 0))
	}
	w.Catalog(
		model.Green,
		model.Catalog{},
		append(open, backup(4294960000, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 10)),
		nil,
		midday,
	)
	w.director(model.Blue, midday, w.everyCell())
	w.sides[model.Blue].director.Directors[0].OffKnown = false
	w.sides[model.Blue].director.Directors[0].Jobs = []string{"backup-chain1"}
	events := []model.RDSEvent{{At: midday, Instance: "bacula", Kind: model.EventFailoverRefused, Says: "Unable to fail over."},
		{At: midday, Instance: "bacula-replica", Kind: model.EventStorageLow, Says: "The free storage capacity is low at 4% of the storage."}}
	w.RDS(rdsPair(model.KnownLag(0), midday, events...))
	w.RDS(func(r *model.RDS) {
		r.Primary.AWS.Value.CertUntil = midday.Add(-time.Hour)
	})
	w.Snapshot(midday)
	errant := newBoard(t, noon)
	errant.RDS(func(r *model.RDS) {
		*r = wellPair(t)
		r.Primary.Server.Value.UUID, r.Replica.Server.Value.UUID = gtidA, gtidB
		r.Primary.Server.Value.GTIDs, r.Replica.Server.Value.GTIDs = gtids(t, gtidA+":1-100"), gtids(t, gtidA+":1-100,"+gtidB+":1-12")
	})
	errant.Snapshot(noon)
	w.RDS(func(r *model.RDS) { r.Replica.Missing, r.Replica.Region = midday, "eu-central-1" })
	w.Snapshot(midday)
	until := midday.Add(20 * time.Minute)
	taken := record.Found{Step: 2, Lease: &record.FoundLease{Cluster: model.Green, Name: "switchyard-a", Until: until}}
	w.Journal(
		&record.State{Actions: []*record.Action{{ID: "a", Seq: 7, State: record.ActionRunning, Found: []record.Found{taken}, LastAt: midday}}},
		nil,
		[]string{"a"},
	)
	w.Snapshot(midday)
	w.Journal(
		&record.State{Actions: []*record.Action{{ID: "a", Seq: 7, State: record.ActionRunning, Found: []record.Found{taken}, LastAt: midday}}},
		nil,
		nil,
	)
	w.Snapshot(midday.Add(time.Hour))
	for rank := range whereListed {
		a := Alert{ID: "more:0:" + fmt.Sprint(rank), Says: "and 25 more like the one above", Do: whereListed[rank]}
		w.fits(&a)
	}
}
