package record

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
)

// Found is one thing that a step found and that later looks and calls need; exactly one is set beside Step. The list is closed.
type Found struct {
	Step    int           `json:"step,omitempty"` // from 1; the fold fills it in
	Job     *FoundJob     `json:"job,omitempty"`
	Epoch   *FoundEpoch   `json:"epoch,omitempty"`
	Fence   *FoundFence   `json:"fence,omitempty"`
	File    *FoundFile    `json:"file,omitempty"`
	Setting *FoundSetting `json:"setting,omitempty"`
	Loss    *FoundLoss    `json:"loss,omitempty"`
	Numbers *FoundNumbers `json:"numbers,omitempty"`
	Routes  *FoundRoutes  `json:"routes,omitempty"`

	Restoring *FoundRestoring `json:"restoring,omitempty"`
	Restored  *FoundRestored  `json:"restored,omitempty"`
	Tested    *FoundTested    `json:"tested,omitempty"`

	Tables *FoundTables `json:"tables,omitempty"`
	Lease  *FoundLease  `json:"lease,omitempty"`
}

// FoundJob is a job that a step started.
type FoundJob struct {
	Cluster model.Cluster `json:"cluster"`
	Job     string        `json:"job"` // its unique name
	ID      uint32        `json:"jobid"`
	Tag     string        `json:"tag,omitempty"` // its comment
}

// FoundEpoch is the configuration that a Director had loaded: before a reload in an intent, after it when it was done.
type FoundEpoch struct {
	Cluster  model.Cluster `json:"cluster"`
	Director string        `json:"director"`
	Loaded   time.Time     `json:"loaded"`
	PID      int           `json:"pid,omitempty"`
}

// FoundFence is what a server had executed when nobody could write to it any more.
type FoundFence struct {
	Server string `json:"server"`
	UUID   string `json:"uuid,omitempty"`  // its server_uuid; empty where it tells none
	GTIDs  string `json:"gtids,omitempty"` // empty where none are in use: then the place in its binary log
	File   string `json:"file,omitempty"`
	Pos    uint64 `json:"pos,omitempty"`
}

// FoundFile is the last good version of a file.
type FoundFile struct {
	Host   string `json:"host"` // the Director that has it
	Path   string `json:"path"`
	SHA256 string `json:"sha256"` // in hex
	// Unloaded: the Director had something else loaded, as somebody changed the file since. It is put back where it lay, and is not loaded.
	Unloaded bool `json:"unloaded,omitempty"`
}

// FoundSetting is what something was set to before it was changed, such as the retention of an RDS instance's backups.
type FoundSetting struct {
	Of    string `json:"of"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// FoundLoss is what an emergency gave up, as far as it is known: jobs that ended and that the promoted catalog does not have so.
type FoundLoss struct {
	Looked int       `json:"looked_for"`     // ended jobs that were known and looked for
	Jobs   []TailJob `json:"jobs,omitempty"` // of them, those that it lacks, or whose end it lacks
}

// FoundNumbers are what the tables of a server are to number their next rows by, at least, and lost volumes that it had no row of.
type FoundNumbers struct {
	Of   string         `json:"of"`
	Next []model.NextID `json:"next"`
	Lost []string       `json:"lost,omitempty"`
}

// FoundRoutes is the routes record that a step appended.
type FoundRoutes struct {
	Seq int64 `json:"seq"`
}

// FoundRestoring is what the job of a restore was started for.
type FoundRestoring struct {
	Cluster model.Cluster `json:"cluster"`
	Point   string        `json:"point"` // the unique name of the backup to whose end it goes back
	Client  string        `json:"client"`
	Where   string        `json:"where"`
	Bytes   uint64        `json:"bytes"` // that its backups hold, as stored; 0: not all of it is restored, or nobody knows
}

// FoundRestored is what a restore left, and where.
type FoundRestored struct {
	Client string       `json:"client"`
	Where  string       `json:"where"`
	Files  uint64       `json:"files"`
	Bytes  uint64       `json:"bytes"`
	Format model.Format `json:"format,omitempty"`
	Parts  int          `json:"parts"` // of how many backups it was made
}

// FoundTested is what a command found that verified a restore. Unknown: it came to no verdict.
type FoundTested struct {
	Verdict model.Verdict `json:"verdict"`
	Why     string        `json:"why,omitempty"`    // it does not hold
	Loaded  bool          `json:"loaded,omitempty"` // into a database server
	Tables  uint64        `json:"tables,omitempty"`
	Rows    uint64        `json:"rows,omitempty"`
	Took    time.Duration `json:"took_ns,omitempty"` // of the command
}

// Far is how much of what its backups hold was read by a job, in percent, and how much longer it takes at its pace; -1 where that is not
// known. It is an estimate: what is restored is less than what its backups hold where they hold a file twice.
func (r *FoundRestoring) Far(p model.Progress) (percent int, left time.Duration) {
	percent, left = -1, -1
	if p.At.IsZero() || r.Bytes == 0 {
		return percent, left
	}
	percent = int(min(99, float64(p.Bytes)/float64(r.Bytes)*100))
	if p.Rate > 0 && p.Bytes < r.Bytes {
		if s := float64(r.Bytes-p.Bytes) / p.Rate; s < (30 * 24 * time.Hour).Seconds() {
			left = time.Duration(s * float64(time.Second))
		}
	}
	return percent, left
}

// Restoring is the restore that an action has started, and its job; nil when it has started none.
func (a *Action) Restoring() (of *FoundRestoring, job *FoundJob) {
	for i := range a.Found {
		f := &a.Found[i]
		if f.Restoring != nil {
			of = f.Restoring
		}
		if f.Job != nil {
			job = f.Job
		}
	}
	if of == nil {
		return nil, nil
	}
	return of, job
}

// Restored is what the restore of an action has left, verified; nil when nothing is. Of files that each had a job of its own it is the sum.
func (a *Action) Restored() (sum *FoundRestored) {
	for i := range a.Found {
		switch r := a.Found[i].Restored; {
		case r == nil:
		case sum == nil:
			first := *r
			sum = &first
		case r.Client == sum.Client && r.Where == sum.Where:
			sum.Files += r.Files
			sum.Bytes += r.Bytes
		}
	}
	return sum
}

// Next are what to do on the client with what was restored, in its order.
func (r *FoundRestored) Next() []string { return r.Format.Load(r.Where, r.Parts) }

// What a record may tell at once.
const (
	MostFound = 64
	maxText   = 64 << 10 // of one text; a GTID set may be long
)

// take adds what a step found.
func (a *Action) take(step int, found []Found) error {
	if len(found) > MostFound {
		return a.cannot(fmt.Sprintf("a step that found %d things", len(found)))
	}
	next := append([]Found(nil), a.Found...)
	for _, f := range found {
		if err := f.check(); err != nil {
			return a.cannot(fmt.Sprintf("step %d: %v", step, err))
		}
		f.Step = step
		next = append(next, f)
	}
	a.Found = next
	return nil
}

func (f *Found) check() error {
	var bad error
	n := 0
	texts := func(all ...string) {
		n++
		for _, s := range all {
			if s != model.Clean(s) || len(s) > maxText {
				bad = fmt.Errorf("it found %.40q, which is not plain text", s)
			}
		}
	}
	gtids := func(s string) {
		if _, err := model.ParseGTIDs(s); err != nil {
			bad = err
		}
	}
	if f.Job != nil {
		texts(f.Job.Job, f.Job.Tag)
	}
	if f.Epoch != nil {
		texts(f.Epoch.Director)
	}
	if f.Fence != nil {
		texts(f.Fence.Server, f.Fence.UUID, f.Fence.GTIDs, f.Fence.File)
		gtids(f.Fence.GTIDs)
	}
	if f.File != nil {
		texts(f.File.Host, f.File.Path)
		if sum, err := hex.DecodeString(f.File.SHA256); err != nil || len(sum) != 32 {
			bad = fmt.Errorf("it found a file whose SHA-256 is %.70q", model.Clean(f.File.SHA256))
		}
	}
	if f.Setting != nil {
		texts(f.Setting.Of, f.Setting.Name, f.Setting.Value)
	}
	if l := f.Loss; l != nil {
		texts()
		if err := (&Tail{Jobs: l.Jobs}).each(); err != nil || len(l.Jobs) > l.Looked {
			bad = fmt.Errorf("it found a loss of %d of %d jobs: %w", len(l.Jobs), l.Looked, cmp.Or(err, ErrIllegal))
		}
	}
	if f.Numbers != nil {
		texts(f.Numbers.Of)
		if err := errors.Join(numbersOf(f.Numbers.Next), namesOf(f.Numbers.Lost)); err != nil {
			bad = err
		}
	}
	if f.Routes != nil {
		texts()
	}
	if f.Restoring != nil {
		texts(f.Restoring.Point, f.Restoring.Client, f.Restoring.Where)
	}
	if f.Restored != nil {
		texts(f.Restored.Client, f.Restored.Where, string(f.Restored.Format))
	}
	if l := f.Lease; l != nil {
		texts(l.Name)
		if bad == nil && (l.Name == "" || l.Ended != l.Until.IsZero()) {
			bad = errors.New("it found a lease without a name, or without its end")
		}
	}
	if t := f.Tables; t != nil {
		texts(t.texts()...)
		bad = cmp.Or(bad, t.check())
	}
	if t := f.Tested; t != nil {
		texts(t.Why)
		if t.Verdict > model.Holds || (t.Verdict == model.Holds) != (t.Why == "") || t.Took < 0 || !t.Loaded && t.Tables+t.Rows > 0 {
			bad = fmt.Errorf("it found a test that says %q of verdict %d", t.Why, t.Verdict)
		}
	}
	if n != 1 || f.Step != 0 {
		return fmt.Errorf("it found %d things at once", n)
	}
	return bad
}

// String says what was found.
func (f Found) String() string {
	says := "nothing"
	switch {
	case f.Job != nil:
		says = fmt.Sprintf("JobId %d, %s on %s", f.Job.ID, f.Job.Job, f.Job.Cluster)
	case f.Epoch != nil:
		says = fmt.Sprintf("%s loaded its configuration at %s", f.Epoch.Director, f.Epoch.Loaded.UTC().Format(time.DateTime))
	case f.Fence != nil:
		says = fmt.Sprintf("%s had executed %s", f.Fence.Server, f.Fence.GTIDs)
		if f.Fence.GTIDs == "" {
			says = fmt.Sprintf("%s had written up to %s:%d", f.Fence.Server, f.Fence.File, f.Fence.Pos)
		}
	case f.File != nil:
		says = fmt.Sprintf("%s on %s has SHA-256 %s", f.File.Path, f.File.Host, f.File.SHA256)
	case f.Setting != nil:
		says = fmt.Sprintf("%s of %s was %s", f.Setting.Name, f.Setting.Of, cmp.Or(f.Setting.Value, "none"))
	case f.Loss != nil:
		says = f.Loss.String()
	case f.Numbers != nil:
		says = fmt.Sprintf("%s is to number on from %s", f.Numbers.Of, numbersSay(f.Numbers.Next))
		if n := len(f.Numbers.Lost); n > 0 {
			says += ", and had no row of " + model.Plural(n, "lost volume")
		}
	case f.Routes != nil:
		says = fmt.Sprintf("the routes are those of record %d", f.Routes.Seq)
	case f.Restoring != nil:
		says = fmt.Sprintf("%s restores %s to %s on %s", f.Restoring.Cluster, f.Restoring.Point, f.Restoring.Where, f.Restoring.Client)
	case f.Restored != nil:
		r := f.Restored
		says = fmt.Sprintf("%d files, %s, are in %s on %s; next there: %s", r.Files, model.Size(r.Bytes), r.Where, r.Client,
			strings.Join(r.Next(), "; "))
	case f.Tables != nil:
		says = f.Tables.String()
	case f.Lease != nil:
		says = f.Lease.String()
	case f.Tested != nil && f.Tested.Verdict == model.Holds:
		says = "what was restored is what was backed up"
		if t := f.Tested; t.Loaded {
			says += fmt.Sprintf(": %d tables with %d rows", t.Tables, t.Rows)
		}
	case f.Tested != nil:
		says = "the verification failed: " + f.Tested.Why
		if f.Tested.Verdict == model.Unknown {
			says = "the verification was " + NotCarriedOut + ": " + f.Tested.Why
		}
	}
	return model.Clean(says)
}
