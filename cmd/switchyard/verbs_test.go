package main

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"
)

// writers are the packages that change something outside of this program, or start what does.
var writers = []string{
	"switchyard/backend/run",
	"switchyard/backend/bacula/push",
	"switchyard/backend/rds/act",
	"switchyard/backend/mysql/schema/act",
	"switchyard/backend/rds/trial",
	"switchyard/backend/rehearsal",
	"os/exec",
}

// hands are single things of other packages that change something outside of this program, or ask whether it may be.
var hands = []thing{
	"switchyard/backend/bacula.Console.Act",
	"switchyard/backend/bacula.AskToWrite",
	"os.StartProcess",
	"syscall.Exec",
	"syscall.ForkExec",
	"syscall.StartProcess",
}

// Of the journal, everything either reads or is for those who append.
var (
	journalReads = []string{
		"Open",
		"OpenDir",
		"ReadS3",
		"NewReader",
		"NewID",
		"ActionLock",
		"Reader.Look",
		"Reader.Story",
		"Reader.Close",
		"Journal.State",
		"Journal.Close",
		"Journal.Refresh",
		"Journal.Tail",
		"Journal.Record",
		"Journal.Plan",
		"Journal.Story",
		"Journal.Verify",
		"Dir.Close",
		"Dir.String",
		"DirName.String",
		"Foresee",
		"Dir.Read",
		"Dir.Last",
		"Dir.Alive",
		"S3.String",
		"S3.Read",
		"S3.Last",
		"Store.Read",
	}
	journalAppends = []string{
		"Begin",
		"BreakGlass",
		"Merge",
		"MakeDir",
		"OpenS3",
		"Probe",
		"MayAppend",
		"Say",
		"Journal.Append",
		"Journal.Hold",
		"Dir.Create",
		"Dir.Hold",
		"S3.Create",
		"Store.Create",
	}
)

const journalPath = "switchyard/backend/journal"

// writes tells whether a thing changes something outside of this program.
func writes(of thing) bool {
	s := string(of)
	for _, w := range writers {
		if rest, ok := strings.CutPrefix(s, w); ok && strings.HasPrefix(rest, ".") {
			return true
		}
	}
	appends, ok := strings.CutPrefix(s, journalPath+".")
	return ok && slices.Contains(journalAppends, appends) || slices.Contains(hands, of)
}

// viewing are the files of verbs that only look, and what they are made of; asking are doctor's, which may try whether a write is refused.
var (
	viewing = []string{
		"status.go", "status_text.go", "watch.go", "screen.go", "look.go", "rds.go", "policy.go", "open.go", "actions.go",
		"points.go", "points_text.go", "cards.go", "cards_apart.go", "evidence.go", "routes.go", "routes_told.go", "routes_render.go",
		"gates.go", "loop.go", "report.go", "forecast.go",
	}
	asking = []string{
		"doctor.go",
		"doctor_rds.go",
		"doctor_journal.go",
		"doctor_cards.go",
		"doctor_fence.go",
		"doctor_failover.go",
		"doctor_identity.go",
		"doctor_split.go",
		"split_look.go",
	}
	asks = []thing{
		"switchyard/backend/bacula.AskToWrite",
		"switchyard/backend/rds/trial.Reboot",
		"switchyard/backend/rds/trial.Failovers",
		"switchyard/backend/rds/trial.Change.Try",
		"switchyard/backend/rds/trial.Nobody",
		"switchyard/backend/rds/trial.Grant", // DryRun: KMS makes none
		journalPath + ".MayAppend",
		journalPath + ".OpenS3",
	}
)

// breaches are the ways by which something that only looks comes to something that writes.
func breaches(p *source) (out []string) {
	for name, file := range p.in {
		forbidden := writes
		switch {
		case slices.Contains(asking, file):
			forbidden = func(t thing) bool { return writes(t) && !slices.Contains(asks, t) }
		case file == "journal.go" && !slices.Contains(beginning, name), slices.Contains(viewing, file):
		default:
			continue
		}
		if path := p.reach(name, forbidden, "hand"); path != nil { // which hands what was printed to the command that its own line names
			out = append(out, fmt.Sprintf("%s: %v", file, path))
		}
	}
	return out
}

// beginning is what of journal.go makes the first record of a journal, and what opens one to append to it.
var beginning = []thing{"journalCommand", "beginJournal", "openJournal", "openStore"}

// TestViewersReachNoWriter follows what each declaration of the program mentions of the others, functions, methods and types: what only
// looks comes neither to the runner, nor to what starts a process, nor to anything that appends to the journal.
func TestViewersReachNoWriter(t *testing.T) {
	t.Parallel()
	p := reading(t, "")
	for _, b := range breaches(p) {
		t.Error(b)
	}
	for _, file := range append(slices.Clone(viewing), asking...) {
		if !slices.Contains(slices.Collect(maps.Values(p.in)), file) {
			t.Errorf("%s is not there", file)
		}
	}
	for _, acts := range append([]thing{"actCommand", "backupCommand", "shiftCommand", "cancelCommand", "failoverCommand", "restartCommand",
		"rerunCommand", "applyFlags.plan", "lever", "pull", "start", "launch", "launchAct", "doctorCommand", "rehearseCommand", "observeCommand",
		"evidenceAddCommand", "splitCommand"}, beginning...) {
		if _, there := p.in[acts]; !there || p.reach(acts, writes) == nil {
			t.Errorf("%s acts, and this test does not see it", acts)
		}
	}
}

// TestTheCockpitHasOneLever: without it the cockpit comes to nothing that writes, but to the world of a rehearsal that it is attached to.
func TestTheCockpitHasOneLever(t *testing.T) {
	t.Parallel()
	p := reading(t, "")
	pulls := 0
	for name, file := range p.in {
		if file != "cockpit.go" {
			continue
		}
		if path := p.reach(name, writes, "lever", "attachedWorld"); path != nil {
			t.Errorf("not by the lever: %v", path)
		}
		if p.reach(name, func(t thing) bool { return t == "lever" }) != nil {
			pulls++
		}
	}
	if pulls == 0 {
		t.Error("the cockpit has no lever: this test looks at nothing")
	}
	for _, runs := range []thing{"switchyard/backend/run.", "switchyard/backend/bacula/push.", "switchyard/backend/rds/act.",
		journalPath + ".Journal.Append", journalPath + ".Begin"} {
		if path := p.reach("lever", func(t thing) bool { return strings.HasPrefix(string(t), string(runs)) }); path != nil {
			t.Errorf("the lever does more than start a process: %v", path)
		}
	}
}

// TestReachSeesWhatIsHidden adds files that break the rule in every way that there is.
func TestReachSeesWhatIsHidden(t *testing.T) {
	t.Parallel()
	const head = `package main
import ("context"; "switchyard/backend/journal"; "switchyard/ui")
var (_ context.Context; _ journal.Store; _ ui.Deed)
`
	for says, more := range map[string]string{
		"a method of what every verb holds": "func (s *site) note() { _, _ = start(s.cfg, ui.Deed{}) }\n",
		"an append": "func (s *site) note(ctx context.Context, j *journal.Journal) { _, _ = j.Append(ctx, \"me\", " +
			"nil) }\n",
		"an append by another name":     "var say = (*journal.Journal).Append\nfunc (s *site) note() any { return say }\n",
		"a store through its interface": "func (s *site) note(ctx context.Context, j journal.Store) { _ = j.Create(ctx, 1, nil) }\n",
		"a function that is handed on":  "func (s *site) note() any { return []any{pull} }\n",
		"a method of another type": "type sly struct{}\nfunc (sly) String() string { _ = detach; return \"\" }\nfunc (s *site) " +
			"note() any { return sly{} }\n",
		"an embedded type": "type sly struct{ inner }\ntype inner struct{}\nfunc (inner) go1() { _ = beginJournal }\nfunc (s " +
			"*site) note() { sly{}.go1() }\n",
	} {
		if len(breaches(reading(t, head+more))) == 0 {
			t.Errorf("%s is not seen", says)
		}
	}
}

// TestTheJournalIsKnownWhole: whatever is added to the journal's package is judged before a viewer may use it.
func TestTheJournalIsKnownWhole(t *testing.T) {
	t.Parallel()
	pkg := reading(t, "").imports[journalPath]
	var all []string
	for _, name := range pkg.Scope().Names() {
		switch obj := pkg.Scope().Lookup(name).(type) {
		case *types.Func:
			if obj.Exported() {
				all = append(all, name)
			}
		case *types.TypeName:
			n, ok := obj.Type().(*types.Named)
			if !ok || !obj.Exported() {
				continue
			}
			for m := range n.Methods() {
				if m.Exported() {
					all = append(all, name+"."+m.Name())
				}
			}
			if i, ok := n.Underlying().(*types.Interface); ok {
				for m := range i.Methods() {
					all = append(all, name+"."+m.Name())
				}
			}
		}
	}
	known := append(slices.Clone(journalReads), journalAppends...)
	for _, name := range all {
		if !slices.Contains(known, name) {
			t.Errorf("does journal.%s read or append?", name)
		}
	}
	for _, name := range known {
		if !slices.Contains(all, name) {
			t.Errorf("journal.%s is not there", name)
		}
	}
}
