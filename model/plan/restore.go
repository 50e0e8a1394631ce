package plan

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// Restore asks for a restore of a cell to one of its points, into a directory that is the action's alone.
type Restore struct {
	Cell   model.Cell   `json:"cell"`
	Point  model.JobKey `json:"point"`
	At     time.Time    `json:"at"`     // when it ended
	JobIDs []uint32     `json:"jobids"` // of its set, the oldest first
	Source string       `json:"source"` // the client that was backed up
	Client string       `json:"client"` // to which it is restored
	Below  string       `json:"below"`  // the directory in which the action's own is made
	Files  []string     `json:"files,omitempty"`
	Format model.Format `json:"format,omitempty"`
}

// MostFiles is how many files may be named. Both generations of Bacula take the first of a command's file= arguments and read none after
// it, so that each is restored by a job of its own.
const MostFiles = 20

// RestoreOf asks for one point of a list.
func RestoreOf(p *model.RestorePoint, format model.Format, client, below string, files []string) *Restore {
	return &Restore{Cell: p.Cell, Point: p.Key, At: p.At, JobIDs: p.IDs(), Source: p.Client, Client: client, Below: below, Files: files,
		Format: format}
}

// Sight is what a plan of it must be told beside the snapshot.
func (r *Restore) Sight() model.SightAsk {
	return model.SightAsk{Cell: model.AskedCell{Cell: r.Cell}, Key: r.Point, At: r.At, Client: r.Client}
}

// Check refuses what could not be said to a Director.
func (r *Restore) Check() error {
	for _, n := range [][2]string{{"the client's name", r.Client}, {"the source's name", r.Source}} {
		if n[1] == "" {
			return fmt.Errorf("%s: it is empty", n[0])
		}
		var bad *model.Mistake
		if err := model.CheckName(n[0], n[1], " "); errors.As(err, &bad) {
			return fmt.Errorf("%q: %s; %s", model.Clean(n[1]), bad.Says, bad.Do)
		} else if err != nil {
			return err
		}
	}
	if err := model.CheckDirectory(r.Below); err != nil {
		return err
	}
	for i, f := range r.Files {
		if err := model.CheckFile(f); err != nil {
			return err
		}
		if slices.Contains(r.Files[:i], f) {
			return fmt.Errorf("file %q: it is named twice, and what is there is not written again", f)
		}
	}
	switch {
	case len(r.Files) > MostFiles:
		return fmt.Errorf("%d files, more than %d: restore the whole point, or some after the others", len(r.Files), MostFiles)
	case len(r.JobIDs) == 0 || slices.Contains(r.JobIDs, 0):
		return fmt.Errorf("the point %s has no set of jobs", model.Clean(r.Point.Job))
	case len(r.JobIDs) > mostParts:
		return fmt.Errorf(
			"the point %s needs %d jobs, more than a command's line can name (%d)",
			model.Clean(r.Point.Job),
			len(r.JobIDs),
			mostParts,
		)
	}
	return nil
}

// mostParts keeps the line that starts a restore below what a console sends at once.
const mostParts = 300

// TouchRestore names the restore of a cell to one of its points on a client as something that actions touch: when it did not end well,
// another point can be tried at once, in a directory of its own, and the same one not before somebody has looked.
func TouchRestore(cell model.Cell, point model.JobKey, client string) string {
	return record.Touch(point.Cluster.String(), "restore", cell.Chain, cell.Region, cell.Kind.String(), client, point.Job)
}

// RestoreTouched is the cell and the point that an action restores; nil when it is of no cell that is known.
func RestoreTouched(s *board.Snapshot, x *record.Action) (v *board.CellView, point model.JobKey) {
	parts := strings.Split(x.Touches.Only(), "/")
	if len(parts) != 7 || parts[1] != "restore" || point.Cluster.UnmarshalText([]byte(parts[0])) != nil {
		return nil, point
	}
	point.Job = parts[6]
	for i := range s.Cells {
		cell := s.Cells[i].Cell
		if record.Touch(cell.Chain, cell.Region, cell.Kind.String()) == strings.Join(parts[2:5], "/") {
			return &s.Cells[i], point
		}
	}
	return nil, point
}

// StartRestore starts a restore that carries a tag.
type StartRestore struct {
	TaggedJob
	Cell   model.Cell `json:"cell"`
	Point  string     `json:"point,omitempty"` // the unique name of its job
	JobIDs []uint32   `json:"jobids,omitempty"`
	Of     string     `json:"of,omitempty"` // of the backup that carries this tag, which an earlier step starts; then neither is known before
	Source string     `json:"source"`
	Client string     `json:"client"`
	Where  string     `json:"where"`
	Files  []string   `json:"files,omitempty"`
	Bytes  uint64     `json:"bytes"`          // of the whole set
	Test   bool       `json:"test,omitempty"` // nobody waits for what it brings back
}

// VerifyRestore looks at what a restore left.
type VerifyRestore struct {
	TaggedJob
	Client  string       `json:"client"`
	Where   string       `json:"where"`
	Expect  uint64       `json:"expect,omitempty"` // files; 0: nobody can tell, and NoCount says why
	NoCount string       `json:"no_count,omitempty"`
	Bytes   uint64       `json:"bytes"` // of the whole set
	Parts   int          `json:"parts"`
	Format  model.Format `json:"format,omitempty"`
	File    string       `json:"file,omitempty"` // the one that was asked for; empty: all that there is
}

func (s *StartRestore) keep(was *StartRestore) {
	s.TaggedJob.keep(was.TaggedJob)
	s.Bytes = was.Bytes
}

func (v *VerifyRestore) keep(was *VerifyRestore) {
	v.TaggedJob.keep(was.TaggedJob)
	v.Expect, v.NoCount, v.Bytes = was.Expect, was.NoCount, was.Bytes
}

func (s *StartRestore) touches() record.Touches {
	return record.TouchesOf(TouchRestore(s.Cell, model.JobKey{Cluster: s.Cluster, Job: cmp.Or(s.Point, s.Of)}, s.Client))
}

// command has its words in the order in which a Director needs them: the JobIds before a file that is looked for among them.
func (s *StartRestore) command() string {
	ids := make([]string, len(s.JobIDs))
	for i, id := range s.JobIDs {
		ids[i] = strconv.FormatUint(uint64(id), 10)
	}
	if s.Of != "" && len(ids) == 0 {
		ids = []string{"of the job with the comment " + s.Of}
	}
	what := "all"
	if len(s.Files) > 0 {
		what = `file="` + strings.Join(s.Files, `" file="`) + `"`
	}
	return fmt.Sprintf(`restore jobid=%s client="%s" restoreclient="%s" restorejob="%s" where="%s" replace=never comment="%s" %s done yes`,
		strings.Join(ids, ","), s.Source, s.Client, s.Job, s.Where, s.Tag, what)
}

// Found is the order with the backup that an earlier step found by its tag.
func (s *StartRestore) Found(past Past) *StartRestore {
	if s.Of == "" {
		return s
	}
	for _, f := range past.Found {
		if j := f.Job; j != nil && j.Cluster == s.Cluster && j.Tag == s.Of {
			whole := *s
			whole.Point, whole.JobIDs = j.Job, []uint32{j.ID}
			return &whole
		}
	}
	return s
}

func (s *StartRestore) words() (name, done string) {
	if s.Of != "" {
		return model.Clean(fmt.Sprintf("start a restore of that backup on %s to %s", s.Cluster, s.Client)),
			model.Clean("a job with the comment " + s.Tag + " is in the catalog; it is queued when its tree is built")
	}
	what := model.Plural(len(s.JobIDs), "job")
	if len(s.Files) > 0 {
		what = strings.Join(s.Files, ", ")
	} else if chain := s.chain(); chain != "" {
		what = chain
	}
	return model.Clean(fmt.Sprintf("start the restore of %s on %s to %s", what, s.Cluster, s.Client)),
		model.Clean("a job with the comment " + s.Tag + " is in the catalog; it is queued when its tree is built")
}

func (v *VerifyRestore) words() (name, done string) {
	what := "verify what it left"
	if of := cmp.Or(v.File, v.chain()); of != "" {
		what = "verify what that of " + model.Clean(of) + " left"
	}
	return what, model.Clean("it is OK without an error, has every file that can be counted, and its log says " + v.Where +
		" and never")
}

func (r *Restore) words() (verb, says, confirm string) {
	what := ""
	switch {
	case len(r.Files) > 2:
		what = model.Plural(len(r.Files), "file") + " of "
	case len(r.Files) > 0:
		what = strings.Join(r.Files, ", ") + " of "
	}
	return "restore", model.Clean(fmt.Sprintf("restore %s%s as of %s UTC from %s to %s", what, r.Cell, r.At.UTC().Format("2006-01-02 15:04"),
			r.Point.Cluster, r.Client)),
		model.Clean(fmt.Sprintf("restore %s %s", r.Cell.Chain, r.Client))
}

func (r *Restore) plan(w World, id string) (*Plan, error) {
	p, err := r.steps(w, id)
	if err != nil {
		return nil, err
	}
	guards := p.guardIDs()
	p.Guards = nil
	return w.Finish(p, guards...)
}

// steps are a plan that is not finished: its guards are ids alone.
func (r *Restore) steps(w World, id string) (*Plan, error) {
	if err := r.Check(); err != nil {
		return nil, fmt.Errorf("planning a restore: %w", err)
	}
	c := r.Point.Cluster
	v := w.cell(r.Cell)
	if v == nil || w.Snapshot.Clusters[c] == nil {
		return nil, fmt.Errorf("planning a restore: the inventory has no cell %s: %w", model.Clean(r.Cell.String()), model.ErrNone)
	}
	name, ok := w.Names.RestoreName(r.Cell)
	if !ok {
		return nil, fmt.Errorf("planning a restore: job_names in the configuration names no restore job: %w", model.ErrNone)
	}
	where := path.Join(r.Below, r.Cell.Chain+"-"+id)
	if err := model.CheckDirectory(where); err != nil {
		return nil, fmt.Errorf("planning a restore: %w", err)
	}
	start := StartRestore{Cell: r.Cell, Point: r.Point.Job, JobIDs: r.JobIDs, Source: r.Source, Client: r.Client, Where: where}
	start.TaggedJob = TaggedJob{Cluster: c, Job: name, Tag: tagOf(id), After: w.mark(c)}
	verify := VerifyRestore{Client: r.Client, Where: where, Parts: len(r.JobIDs), Format: r.Format}
	s, _ := w.sight(r)
	verify.Expect, verify.NoCount = r.expects(s)
	if s != nil && s.Point != nil {
		start.Bytes, verify.Bytes = s.Point.Bytes, s.Point.Bytes
	}
	p := &Plan{ID: id, Ask: Ask{Restore: r}}
	p.Verb, p.Says, p.Confirm = r.words()
	guards := []string{"director-answers", "catalog-writes", "director-linked", "point-good", "volumes-online", "target-known", "target-apart",
		"stays-below", "point-newest"}
	if w.Routing.Recovers {
		guards = append(guards, guardFirst)
	}
	p.Steps = r.each(w, start, verify, guards)
	p.name()
	p.Costs = w.restoreCosts(r, s, v, &verify)
	p.Undo = []string{
		"nothing that is there is changed: replace=never, and the directory is this action's alone",
		"it can be canceled while it runs; what it has written stays in " + where + ", incomplete",
		"the directory is yours to remove",
	}
	for _, id := range guards {
		p.Guards = append(p.Guards, model.Check{ID: id})
	}
	return p, nil
}

// each are the steps of all files, one job after the other: what goes wrong is told by its file, and leaves nothing running. Without files
// it is one job.
func (r *Restore) each(w World, start StartRestore, verify VerifyRestore, guards []string) (steps []Step) {
	for i := range max(1, len(r.Files)) {
		start, verify := start, verify
		if len(r.Files) > 0 {
			start.Files, verify.File = r.Files[i:i+1], r.Files[i]
		}
		if i > 0 { // what the point and the client are was asked before the first
			start.Tag = fmt.Sprintf("%s file %d", start.Tag, i+1)
			guards = []string{"director-answers", "catalog-writes", "director-linked"}
		}
		job := start.TaggedJob
		verify.TaggedJob = job
		steps = append(steps,
			Step{Order: Order{StartRestore: &start}, Guards: guards, Limit: w.Policy.TreeLimit},
			Step{Order: Order{FollowJob: &job}, Limit: w.Policy.RunLimit},
			Step{Order: Order{VerifyRestore: &verify}, Limit: w.Policy.StartLimit})
	}
	return steps
}

// expects is how many files the restore must leave; 0 and why when nobody can tell.
func (r *Restore) expects(s *model.RestoreSight) (n uint64, why string) {
	switch {
	case len(r.Files) > 0: // each by a job of its own
		return 1, ""
	case s == nil:
		return 0, "they were not counted"
	case s.Files.At.IsZero() || s.Files.N == 0:
		return 0, model.Clean(s.Files.Why)
	}
	return s.Files.N, ""
}

// takes says how much room a restore wants on its client. What is stored is counted after compression (Job.JobBytes), so only a restore of
// the cell that is over tells how much that becomes: the newest one of which the journal has both.
func (w World) takes(r *Restore, p *model.RestorePoint) string {
	if w.State != nil {
		for _, x := range slices.Backward(w.State.Actions) {
			of, _ := x.Restoring()
			left := x.Restored()
			if of == nil || left == nil || of.Bytes == 0 || left.Bytes == 0 || of.Cluster != r.Point.Cluster {
				continue
			}
			if v, _ := RestoreTouched(w.Snapshot, x); v == nil || v.Cell != r.Cell {
				continue
			}
			return fmt.Sprintf("about %s on the client: action %d left %s of %s stored",
				model.Size(float64(p.Bytes)*float64(left.Bytes)/float64(of.Bytes)), x.Seq, model.Size(left.Bytes), model.Size(of.Bytes))
		}
	}
	return "what it takes on the client is not known, and is more where it was compressed: no restore of the cell is recorded"
}

func (w World) restoreCosts(r *Restore, s *model.RestoreSight, v *board.CellView, of *VerifyRestore) (says []string) {
	if s == nil || s.Point == nil {
		return []string{"what it takes is not known: the point was not read"}
	}
	p := s.Point
	line := model.Size(p.Bytes) + " stored in " + model.Plural(len(p.Set), "job")
	if of.Expect > 0 && len(r.Files) == 0 {
		line += ", " + model.Plural(int(of.Expect), "file")
	}
	if g := v.On[r.Point.Cluster].LastGood; g != nil && g.Took() > 0 && g.Bytes > 0 && p.Bytes > 0 {
		took := time.Duration(float64(p.Bytes) / float64(g.Bytes) * float64(g.Took()))
		line += fmt.Sprintf(": about %s, at the pace of its last good backup", model.Age(max(took, time.Minute)))
	}
	says = append(says, line)
	says = append(says, w.takes(r, p))
	if len(r.Files) > 0 {
		says[0] = fmt.Sprintf("%s of %s", model.Plural(len(r.Files), "file"), says[0])
		says[1] = "what that takes on the client is not known"
		if n := len(r.Files); n > 1 {
			says[1] += fmt.Sprintf("; %d jobs, one after the other: Bacula takes one file of a command", n)
		}
	}
	var names []string
	for i := range p.Volumes {
		names = append(names, p.Volumes[i].Name)
	}
	if n := len(names); n > 8 {
		names = append(names[:8:8], fmt.Sprintf("%d more", n-8))
	}
	says = append(says, "volumes: "+strings.Join(names, ", "))
	if busy := queue(s); busy != "" {
		says = append(says, busy)
	}
	if of.Expect == 0 {
		says = append(says, "how many files there must be cannot be counted: "+of.NoCount)
	}
	if s.Prunes == model.Answer(model.Holds) {
		says = append(says, "when it ends, Bacula prunes what has expired of "+r.Client+" in "+r.Point.Cluster.String()+"'s catalog (AutoPrune)")
	}
	if r.Format == "" {
		says = append(says, "! what it holds is not known (format: in the inventory): nobody can say how it is loaded")
	}
	for i := range says {
		says[i] = model.Clean(says[i])
	}
	return says
}
