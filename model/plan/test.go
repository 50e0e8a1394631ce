package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Test asks for a restore test: a cell is restored to one of its points onto a scratch client, verified there, and removed again, whatever
// came of it. What it proves is recorded.
type Test struct {
	Restore
	Verify *Call         `json:"verify,omitempty"` // the command that judges what was restored; nil: that it is whole is all that is proven
	Remove Call          `json:"remove"`           // the command that removes the directory
	Limit  time.Duration `json:"limit_ns"`         // of the restore, and of the command each
}

// TestConfirm approves every restore test: a timer approves many that nobody has seen before.
const TestConfirm = "test restores"

// CheckRestored runs what verifies a restore on the scratch client.
type CheckRestored struct {
	Run    *Call         `json:"run,omitempty"`
	Cell   model.Cell    `json:"cell"`
	At     model.Cluster `json:"cluster"`
	Client string        `json:"client"`
	Where  string        `json:"where"`
}

// RemoveRestored removes the directory of a restore test.
type RemoveRestored struct {
	Run    Call          `json:"run"`
	Cell   model.Cell    `json:"cell"`
	At     model.Cluster `json:"cluster"`
	Client string        `json:"client"`
	Where  string        `json:"where"`
}

// ProveRestored records what a restore test proved, or that it was not carried out.
type ProveRestored struct {
	Of record.Subject `json:"of"`
}

// Evidence is the journal as what proofs are recorded in.
const Evidence System = "the evidence"

// Filled is a call's argument vector with its words for what is tested: names that were checked, and a directory without quotes.
func (c *Call) Filled(cell model.Cell, on model.Cluster, client, where string) []string {
	fill := strings.NewReplacer("{where}", where, "{client}", client, "{chain}", cell.Chain, "{region}", cell.Region, "{kind}",
		cell.Kind.String(), "{cluster}", on.String())
	out := make([]string, len(c.Argv))
	for i, word := range c.Argv {
		out[i] = fill.Replace(word)
	}
	return out
}

// Hash is the SHA-256 of the argument vector, in hex; empty without one.
func (c *Call) Hash() string {
	if c == nil {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(c.Argv, "\x00")))
	return hex.EncodeToString(sum[:])
}

func (t *Test) check() error {
	switch {
	case len(t.Files) > 0:
		return errors.New("a test restores a whole point")
	case len(t.Remove.Argv) == 0:
		return errors.New("restore_tests in the configuration names no command that removes what was restored")
	case t.Client == t.Source:
		return fmt.Errorf("%s is the client that was backed up: a test goes to one that nothing lives on", model.Clean(t.Client))
	case t.Limit <= 0:
		return errors.New("it has no limit")
	}
	return nil
}

func (t *Test) words() (verb, says, confirm string) {
	return "test-restore", model.Clean(fmt.Sprintf("test the restore of %s as of %s UTC from %s on %s", t.Cell,
		t.At.UTC().Format("2006-01-02 15:04"), t.Point.Cluster, t.Client)), TestConfirm
}

func (t *Test) plan(w World, id string) (*Plan, error) {
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("planning a restore test: %w", err)
	}
	p, err := t.Restore.steps(w, id)
	if err != nil {
		return nil, err
	}
	start, job, verify := p.Steps[0], *p.Steps[1].Order.FollowJob, p.Steps[2]
	start.Order.StartRestore.Test = true
	p.Ask = Ask{Test: t}
	p.Verb, p.Says, p.Confirm = t.words()
	where := start.Order.StartRestore.Where
	on := t.Point.Cluster
	p.Steps = []Step{
		start,
		{Order: Order{FollowJob: &job}, Limit: t.Limit, Spares: true},
		{Order: Order{EndRestore: &job}, Limit: w.Policy.StartLimit},
		{Order: verify.Order, Limit: verify.Limit, Spares: true},
		{Order: Order{CheckRestored: &CheckRestored{Run: t.Verify, Cell: t.Cell, At: on, Client: t.Client, Where: where}}, Limit: t.Limit,
			Spares: true},
		{Order: Order{ProveRestored: &ProveRestored{Of: w.tested(t)}}, Limit: w.Policy.StartLimit},
		{Order: Order{RemoveRestored: &RemoveRestored{Run: t.Remove, Cell: t.Cell, At: on, Client: t.Client, Where: where}},
			Limit: w.Policy.StartLimit},
	}
	p.name()
	p.Undo = []string{
		"nothing but the scratch client is written to, in a directory of this action's own, which it removes at the end",
		"what a test has proven stays recorded; one that is stopped half way goes on with switchyard act ACTION, and removes what it left",
	}
	guards := append([]string{}, p.guardIDs()...)
	p.Guards = nil
	return w.Finish(p, guards...)
}

// tested is what a test proves something of, as it was read when the plan was made.
func (w World) tested(t *Test) record.Subject {
	on, cell := t.Point.Cluster, t.Cell
	of := record.Subject{Cluster: &on, Cell: &cell, Format: string(t.Format), Command: t.Verify.Hash()}
	for _, id := range t.JobIDs {
		of.Jobs = append(of.Jobs, record.ProvenJob{ID: id})
	}
	s, _ := w.sight(&t.Restore)
	if s == nil || s.Point == nil {
		return of
	}
	of.Jobs = nil
	for _, part := range s.Point.Set {
		of.Jobs = append(of.Jobs, record.ProvenJob{ID: part.ID, Job: model.Clean(part.Job)})
	}
	for _, v := range s.Point.Volumes {
		if name := model.Clean(v.Name); name != "" {
			of.Volumes = append(of.Volumes, name)
		}
	}
	if on := s.Point.Storages(); len(on) > 0 {
		of.Storage = model.Clean(on[0])
	}
	if n := len(s.FileSets); n > 0 {
		of.FileSet = model.Clean(s.FileSets[n-1].Hash)
	}
	return of
}

// Proof is what came of a test, by what its steps found: the same whoever makes it of one action, whenever.
func (o *ProveRestored) Proof(past Past) record.Proof {
	p := record.Proof{Of: o.Of, By: record.Means{Kind: record.ByTest}, At: past.Stepped.UTC().Truncate(time.Millisecond)}
	claim := &record.Restored{}
	var tested *record.FoundTested
	restored := false
	for i := range past.Found {
		switch f := &past.Found[i]; {
		case f.Restored != nil:
			claim.Files, claim.Bytes, restored = f.Restored.Files, f.Restored.Bytes, true
		case f.Tested != nil:
			tested = f.Tested
		}
	}
	p.Claim.Restored = claim
	switch {
	case !restored && len(past.Spared) > 0: // the first that went wrong is the cause of the others, unless a later one tells more
		p.Verdict, p.Why = model.RestoreFailed(past.Spared[0].Says), excerptOf(past.Spared[0].Says)
		for _, s := range past.Spared[1:] {
			if p.Verdict == model.Unknown && model.RestoreFailed(s.Says) == model.Fails {
				p.Verdict, p.Why = model.Fails, excerptOf(s.Says)
			}
		}
	case !restored:
		p.Verdict, p.Why = model.Unknown, "nothing tells what it left"
	case tested == nil:
		p.Verdict, p.Why = model.Unknown, "what was restored was not verified"
		if len(past.Spared) > 0 {
			p.Why = excerptOf(past.Spared[len(past.Spared)-1].Says)
		}
	default:
		p.Verdict, p.Why = tested.Verdict, tested.Why
		claim.Loaded, claim.Tables, claim.Rows, claim.Took = tested.Loaded, tested.Tables, tested.Rows, tested.Took
	}
	return p
}

// mostWhy is how much of a reason a proof keeps, in bytes.
const mostWhy = 1000

func excerptOf(s string) string {
	if s = model.Clean(s); len(s) > mostWhy {
		s = model.Clean(strings.ToValidUTF8(s[:mostWhy], "")) + "..."
	}
	return s
}

// touchScratch names the directory of a restore test on a client.
func touchScratch(client, where string) record.Touches {
	return record.TouchesOf(record.Touch("scratch", client, strings.ReplaceAll(strings.TrimPrefix(where, "/"), "/", "+")))
}

func (o *CheckRestored) sends() string {
	if o.Run == nil {
		return "nothing"
	}
	return "run " + strings.Join(o.Run.Filled(o.Cell, o.At, o.Client, o.Where), " ")
}

func (o *CheckRestored) words() (name, done string) {
	if o.Run == nil {
		return "verify it by its files alone", "nothing more is looked for: restore_tests has no verify of its format"
	}
	return "run the command that verifies it, " + model.Clean(o.Run.Name), "the command has ended: 0 passed, 1 failed"
}

func (o *RemoveRestored) sends() string {
	return "run " + strings.Join(o.Run.Filled(o.Cell, o.At, o.Client, o.Where), " ")
}

func (o *RemoveRestored) words() (name, done string) {
	return model.Clean("remove " + o.Where + " from " + o.Client), "the command that removes it has ended with 0"
}

func (o *ProveRestored) words() (name, done string) {
	return "record what it proved", "the journal has it"
}

func (o *ProveRestored) touches() record.Touches {
	c := o.Of.Cell
	if c == nil || o.Of.Cluster == nil {
		return record.Touches{}
	}
	return record.TouchesOf(record.Touch(o.Of.Cluster.String(), "proof", c.Chain, c.Region, c.Kind.String()))
}

// TestSetup is what a configuration says of every restore test.
type TestSetup struct {
	Client func(region string) string // the scratch client
	Below  string
	Limit  time.Duration
	Remove Call
	Verify func(model.Format) *Call // nil: nothing verifies that format
}

// Of asks for the test of a point.
func (t *TestSetup) Of(p *model.RestorePoint, format model.Format) *Test {
	return &Test{Restore: *RestoreOf(p, format, t.Client(p.Cell.Region), t.Below, nil), Verify: t.Verify(format), Remove: t.Remove,
		Limit: t.Limit}
}
