package record

import (
	"errors"
	"fmt"
	"time"

	"switchyard/model"
)

// Proven is what a proof claims; exactly one is set. The list is closed.
type Proven struct {
	Restored *Restored `json:"restored,omitempty"` // a backup gives back what was backed up
	Settings *Settings `json:"settings,omitempty"` // an RDS instance is set so
	Parity   *Parity   `json:"parity,omitempty"`   // the replica is what the primary is
	Tail     *Tail     `json:"tail,omitempty"`     // these jobs of a cluster ended last
	Series   *Series   `json:"series,omitempty"`   // green was seen so over days
	Files    *Files    `json:"files,omitempty"`    // Directors have loaded the files that they have
	Unused   *Unused   `json:"unused,omitempty"`   // nobody uses the schema that is to be left
	Reached  *Reached  `json:"reached,omitempty"`  // the file daemons that a cluster's Director can have work
	Storages *Reached  `json:"storages,omitempty"` // the Storage Daemons that a cluster's Director has and that answer it
	Housed   *Housed   `json:"housed,omitempty"`   // these live on the server of the schema that is to be left
	Traffic  *Traffic  `json:"traffic,omitempty"`  // that server counted so over days
	Said     *Said     `json:"said,omitempty"`     // a sentence is so
}

// Restored is what a test of a restore found; of one that was not carried out nothing of it counts.
type Restored struct {
	Files  uint64        `json:"files"`             // after deduplication by path
	Bytes  uint64        `json:"bytes"`             // of those files
	Took   time.Duration `json:"took_ns,omitempty"` // all of the test
	Loaded bool          `json:"loaded,omitempty"`  // into a database server
	Tables uint64        `json:"tables,omitempty"`  // that it had then
	Rows   uint64        `json:"rows,omitempty"`    // of those tables
}

// Settings are those of an RDS instance by which another can be made like it when its AWS region is gone. Sizes are as AWS gives them.
type Settings struct {
	ARN            string            `json:"arn"`
	Class          string            `json:"class"`
	Engine         string            `json:"engine"`
	Version        string            `json:"version"`
	MultiAZ        bool              `json:"multi_az"`
	Retention      int               `json:"retention_days"`
	BackupWindow   string            `json:"backup_window"`
	Window         string            `json:"maintenance_window"`
	Protected      bool              `json:"deletion_protection"`
	IAM            bool              `json:"iam_login"`
	Encrypted      bool              `json:"encrypted"`
	KeyARN         string            `json:"key_arn"`
	CA             string            `json:"ca"`
	SecurityGroups []string          `json:"security_groups"`
	Group          string            `json:"parameter_group"`
	Parameters     []model.Parameter `json:"parameters"` // those of the group that somebody set, by name
	StorageType    string            `json:"storage_type"`
	StorageGiB     int               `json:"storage_gib"`
	StorageMaxGiB  int               `json:"storage_max_gib,omitempty"`
	StorageIOPS    int               `json:"storage_iops"`
	StorageMBps    int               `json:"storage_mbps"`
	ReplicatesFrom string            `json:"source,omitempty"` // a name or an ARN; empty: it is a primary of its own
}

// Parity is what differs between a primary and its replica and should not.
type Parity struct {
	Differences []model.Difference `json:"differences"` // empty: nothing
}

// Tail are jobs of a cluster that ended, the newest last. A record brings those that are new; the state keeps the newest TailJobs of all.
type Tail struct {
	Jobs     []TailJob `json:"jobs"`
	Numbered *Numbered `json:"numbered,omitempty"` // what the catalog numbered its next rows by; nil: it was not read
}

// TailJobs bounds how many ended jobs of a cluster are kept.
const TailJobs = 1000

// TailJob is a job that ended.
type TailJob struct {
	Job     string       `json:"job"` // its unique name
	ID      uint32       `json:"jobid"`
	Status  model.Status `json:"status"`
	End     time.Time    `json:"end"`
	Files   uint64       `json:"files,omitempty"`
	Bytes   uint64       `json:"bytes,omitempty"`
	Storage string       `json:"storage,omitempty"`
	Volumes []string     `json:"volumes,omitempty"` // as far as they were known; none: nobody told
}

// Said is a sentence that somebody vouches for.
type Said struct {
	Says string `json:"says"`
}

const (
	maxParameters  = 512
	maxValue       = 4 << 10 // bytes of a parameter's value
	maxDifferences = 128
	maxGroups      = 64
	// TailVolumes bounds the volumes of one job of a tail.
	TailVolumes = 64
)

// Kind is the claim's word; empty when none is set.
func (c *Proven) Kind() string {
	switch {
	case c.Restored != nil:
		return "restored"
	case c.Settings != nil:
		return "settings"
	case c.Parity != nil:
		return "parity"
	case c.Tail != nil:
		return "tail"
	case c.Series != nil:
		return "series"
	case c.Files != nil:
		return "files"
	case c.Unused != nil:
		return "unused"
	case c.Reached != nil:
		return "reached"
	case c.Storages != nil:
		return "storages"
	case c.Housed != nil:
		return "housed"
	case c.Traffic != nil:
		return "traffic"
	case c.Said != nil:
		return "said"
	}
	return ""
}

// String says what is claimed.
func (c *Proven) String() string {
	switch {
	case c.Restored != nil && c.Restored.Files == 0 && c.Restored.Bytes == 0:
		return "restored"
	case c.Restored != nil:
		says := fmt.Sprintf("restored %d files, %s", c.Restored.Files, model.Size(c.Restored.Bytes))
		if c.Restored.Loaded {
			says += fmt.Sprintf(", loaded as %d tables with %d rows", c.Restored.Tables, c.Restored.Rows)
		}
		return says
	case c.Settings != nil:
		s := c.Settings
		return fmt.Sprintf("settings: %s, %s %s, retention %d d, %s", s.Class, s.Engine, s.Version, s.Retention, s.Group)
	case c.Parity != nil:
		return "parity"
	case c.Tail != nil && len(c.Tail.Jobs) == 1:
		return "tail of 1 ended job"
	case c.Tail != nil:
		return fmt.Sprintf("tail of %d ended jobs", len(c.Tail.Jobs))
	case c.Series != nil && len(c.Series.Days) == 1:
		return "series of 1 day"
	case c.Series != nil:
		return fmt.Sprintf("series of %d days", len(c.Series.Days))
	case c.Files != nil:
		return "files are those that are loaded"
	case c.Unused != nil:
		return c.Unused.String()
	case c.Reached != nil:
		return c.Reached.String()
	case c.Storages != nil:
		return c.Storages.says("storage")
	case c.Housed != nil:
		return fmt.Sprintf("who lives on %s besides %s", model.Clean(c.Housed.Server), model.Clean(c.Housed.Schema))
	case c.Traffic != nil:
		return fmt.Sprintf("traffic of %s", model.Plural(len(c.Traffic.Looks), "look"))
	case c.Said != nil:
		return model.Clean(c.Said.Says)
	}
	return "nothing"
}

// check looks at the claim of a proof, whose subject and means are known.
func (c *Proven) check(p *Proof) error {
	set := 0
	for _, is := range []bool{c.Restored != nil, c.Settings != nil, c.Parity != nil, c.Tail != nil, c.Series != nil, c.Files != nil,
		c.Unused != nil, c.Reached != nil, c.Storages != nil, c.Housed != nil, c.Traffic != nil, c.Said != nil} {
		if is {
			set++
		}
	}
	if set != 1 {
		return fmt.Errorf("it claims %d things: write one of restored, settings, parity, tail, series, files, unused, reached, storages, "+
			"housed, traffic and said", set)
	}
	looked := p.By.Kind == ByLook
	switch {
	case (c.Settings != nil || c.Parity != nil || c.Tail != nil || c.Series != nil || c.Files != nil || c.Unused != nil ||
		c.Reached != nil || c.Storages != nil || c.Housed != nil || c.Traffic != nil) && !looked:
		return fmt.Errorf("%s is what only a look proves", c.Kind())
	case (c.Restored != nil || c.Said != nil) && looked:
		return fmt.Errorf("%s is what no look proves", c.Kind())
	case c.Restored != nil:
		return c.Restored.check(p)
	case c.Settings != nil:
		return c.Settings.check(&p.Of)
	case c.Parity != nil:
		return c.Parity.check(p)
	case c.Tail != nil:
		return c.Tail.check(&p.Of)
	case c.Series != nil:
		return c.Series.check(p)
	case c.Files != nil:
		return c.Files.check(p)
	case c.Unused != nil:
		return c.Unused.check(p)
	case c.Reached != nil:
		return c.Reached.check(p, true)
	case c.Storages != nil:
		return c.Storages.check(p, false)
	case c.Housed != nil:
		return c.Housed.check(p)
	case c.Traffic != nil:
		return c.Traffic.check(p)
	}
	if c.Said.Says == "" || !plain(c.Said.Says, maxWhy) {
		return fmt.Errorf("what is said is not plain text of 1 to %d bytes", maxWhy)
	}
	return nil
}

func (r *Restored) check(p *Proof) error {
	switch {
	case p.Of.Cell == nil && len(p.Of.Jobs) == 0:
		return errors.New("a restore is one of a cell or of jobs, and it names neither")
	case p.Of.Cluster == nil:
		return errors.New("a restore is one from a cluster, and it names none")
	case r.Took < 0:
		return errors.New("a test that took less than no time")
	case !r.Loaded && (r.Tables > 0 || r.Rows > 0):
		return errors.New("tables and rows are those of a server that it was loaded into")
	}
	return nil
}

func (s *Settings) check(of *Subject) error {
	if len(of.Instances) != 1 {
		return fmt.Errorf("settings are those of one instance, and it names %d", len(of.Instances))
	}
	if len(s.Parameters) > maxParameters || len(s.SecurityGroups) > maxGroups {
		return fmt.Errorf("settings of %d parameters and %d security groups, more than %d and %d",
			len(s.Parameters), len(s.SecurityGroups), maxParameters, maxGroups)
	}
	names := append([]string{s.ARN, s.Class, s.Engine, s.Version, s.BackupWindow, s.Window}, s.SecurityGroups...)
	names = append(names, s.KeyARN, s.CA, s.Group, s.StorageType, s.ReplicatesFrom)
	for _, p := range s.Parameters {
		names = append(names, p.Name)
		if !plain(p.Value, maxValue) {
			return fmt.Errorf("the value of %.40q is not plain text of %d bytes at most", p.Name, maxValue)
		}
	}
	for _, n := range names {
		if !plain(n, maxName) {
			return fmt.Errorf("a setting is %.40q, which is not plain text of %d bytes at most", n, maxName)
		}
	}
	if s.Class == "" || s.Engine == "" || s.Version == "" || s.Group == "" {
		return errors.New("settings without class, engine, version or parameter group: nobody has read them")
	}
	return nil
}

func (c *Parity) check(p *Proof) error {
	switch {
	case len(p.Of.Instances) != 2:
		return fmt.Errorf("parity is that of two instances, and it names %d", len(p.Of.Instances))
	case len(c.Differences) > maxDifferences:
		return fmt.Errorf("%d differences, more than %d", len(c.Differences), maxDifferences)
	case (p.Verdict == model.Holds) != (len(c.Differences) == 0):
		return errors.New("parity holds where nothing differs, and only there")
	}
	for _, d := range c.Differences {
		if d.What == "" || !plain(d.What, maxName) || !plain(d.Primary, maxValue) || !plain(d.Replica, maxValue) {
			return fmt.Errorf("the difference %.40q is not plain text", d.What)
		}
	}
	return nil
}

func (t *Tail) check(of *Subject) error {
	if of.Cluster == nil || of.Cell != nil || len(of.Instances) > 0 || len(of.Jobs) > 0 {
		return errors.New("a tail is that of one cluster, and of nothing else")
	}
	if n := t.Numbered; n != nil {
		if n.At.IsZero() {
			return errors.New("numbers of a tail that were read at no time")
		}
		if err := numbersOf(n.Next); err != nil {
			return err
		}
	}
	return t.each()
}

// each looks at the jobs of a tail.
func (t *Tail) each() error {
	if len(t.Jobs) > TailJobs {
		return fmt.Errorf("a tail of %d jobs, more than %d", len(t.Jobs), TailJobs)
	}
	seen := make(map[string]bool, len(t.Jobs))
	for i := range t.Jobs {
		j := &t.Jobs[i]
		switch {
		case j.Job == "" || !plain(j.Job, maxName) || !plain(j.Storage, maxName):
			return fmt.Errorf("job %.40q of the tail is not named in plain text of %d bytes at most", j.Job, maxName)
		case seen[j.Job]:
			return fmt.Errorf("job %s is in the tail twice", j.Job)
		case j.End.IsZero():
			return fmt.Errorf("job %s of the tail has not ended", j.Job)
		case !j.Status.Known() || j.Status.Outcome().Open():
			return fmt.Errorf("job %s of the tail has the status %s, which is none of an ended one", j.Job, j.Status)
		case len(j.Volumes) > TailVolumes:
			return fmt.Errorf("job %s of the tail is on %d volumes, more than %d", j.Job, len(j.Volumes), TailVolumes)
		}
		for _, v := range j.Volumes {
			if v == "" || !plain(v, maxName) {
				return fmt.Errorf("job %s of the tail is on the volume %.40q, which is no plain name", j.Job, v)
			}
		}
		seen[j.Job] = true
	}
	return nil
}
