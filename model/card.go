package model

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Extent is a stretch of a volume that holds records of one job, as its catalog's JobMedia tells it. Addresses are those of blocks: bytes
// of a volume that is a file, and a file mark with a block behind it on a tape.
type Extent struct {
	JobID       uint32 `json:"jobid"`
	Session     uint32 `json:"session_id"`   // VolSessionId
	SessionTime uint32 `json:"session_time"` // VolSessionTime
	Volume      string `json:"volume"`
	MediaType   string `json:"media_type"`
	Storage     string `json:"storage,omitempty"` // the Storage resource that wrote the volume; empty: the catalog does not tell
	Slot        int    `json:"slot,omitempty"`
	First       uint32 `json:"first_index"` // FileIndex
	Last        uint32 `json:"last_index"`
	From        uint64 `json:"from"` // VolAddr
	To          uint64 `json:"to"`
}

// StorageResource is what a Director has loaded of a Storage resource.
type StorageResource struct {
	Name      string `json:"name"`
	Address   string `json:"address,omitempty"`
	Port      string `json:"port,omitempty"`
	Device    string `json:"device,omitempty"`
	Changer   bool   `json:"changer,omitempty"` // its device is an autochanger
	MediaType string `json:"media_type,omitempty"`
	Why       string `json:"why,omitempty"` // it was not told
}

// CardPoint is a point of a card, with what reads it from its volumes alone.
type CardPoint struct {
	Point    RestorePoint      `json:"point"`
	Extents  []Extent          `json:"extents"` // of its whole set, the oldest job first
	Storages []StorageResource `json:"storages"`
	Format   Format            `json:"format,omitempty"`
}

// Card is what is needed to restore a chain without any catalog.
type Card struct {
	Environment string      `json:"environment"`
	Chain       string      `json:"chain"`
	At          time.Time   `json:"at"`
	Keys        string      `json:"keys,omitempty"` // where what decrypts is kept; never a key
	Points      []CardPoint `json:"points"`
	Lacks       []string    `json:"lacks,omitempty"`  // what it should have and has not, a sentence each
	Unread      bool        `json:"unread,omitempty"` // some of that could not be read: it may be there
}

// maxSlots keeps a number of a catalog that cannot be one out of a bootstrap.
const maxSlots = 100_000

// word tells whether a name may stand between the quotes of a bootstrap or a configuration.
func word(s string) bool { return s != "" && s == Clean(s) && !strings.ContainsAny(s, "\"\\\n") }

// Check says why the extents are not those of the point's whole set: what a part of it lacks, no bootstrap may hide.
func (p *CardPoint) Check() error {
	for _, part := range p.Point.Set {
		of := func(e Extent) bool { return e.JobID == part.ID }
		if part.Bytes > 0 && !slices.ContainsFunc(p.Extents, of) {
			return fmt.Errorf("the catalog does not tell where job %d lies on its volumes", part.ID)
		}
	}
	for i := range p.Extents {
		switch e := &p.Extents[i]; {
		case !word(e.Volume) || !word(e.MediaType):
			return fmt.Errorf("the name of a volume of job %d, %q of media type %q, cannot be written into a bootstrap", e.JobID, Clean(e.Volume),
				Clean(e.MediaType))
		case e.Session == 0 || e.SessionTime == 0:
			return fmt.Errorf("the catalog does not tell the session of job %d on its volumes", e.JobID)
		case e.First > e.Last || e.From > e.To:
			return fmt.Errorf("a stretch of job %d on volume %s ends before it begins", e.JobID, e.Volume)
		}
	}
	return nil
}

// Bootstrap is the file that bextract, bls and a Director's restore read: where the set lies, job by job. Times of a card are UTC.
func (p *CardPoint) Bootstrap() string {
	var b strings.Builder
	at := &p.Point
	fmt.Fprintf(&b, "# %s as of %s UTC, %s JobId %d: %d jobs\n", at.Cell, at.At.UTC().Format("2006-01-02 15:04:05"), at.Key.Cluster, at.ID,
		len(at.Set))
	for _, e := range p.Extents {
		fmt.Fprintf(&b, "# JobId %d\n", e.JobID)
		if word(e.Storage) {
			fmt.Fprintf(&b, "Storage=\"%s\"\n", e.Storage)
		}
		fmt.Fprintf(&b, "Volume=\"%s\"\nMediaType=\"%s\"\n", e.Volume, e.MediaType)
		if s := p.storage(e.Storage); s != nil && word(s.Device) && !s.Changer { // else it would ask for that drive by the changer's name
			fmt.Fprintf(&b, "Device=\"%s\"\n", s.Device)
		}
		if e.Slot > 0 && e.Slot < maxSlots {
			fmt.Fprintf(&b, "Slot=%d\n", e.Slot)
		}
		fmt.Fprintf(&b, "VolSessionId=%d\nVolSessionTime=%d\nVolAddr=%d-%d\nFileIndex=%d-%d\n", e.Session, e.SessionTime, e.From, e.To, e.First,
			e.Last)
	}
	return b.String()
}

func (p *CardPoint) storage(name string) *StorageResource {
	i := slices.IndexFunc(p.Storages, func(s StorageResource) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &p.Storages[i]
}

// File is the name of the bootstrap's file. A JobId is in it, so that a card and its bootstraps are never of two minds.
func (p *CardPoint) File() string {
	at := &p.Point
	return fmt.Sprintf("%s-%s-%s-%s-%d.bsr", at.Cell.Chain, at.Cell.Region, at.Cell.Kind, at.Key.Cluster, at.ID)
}

// File is the name of the card's own file.
func (c *Card) File() string { return c.Chain + ".card" }

// CardHead begins the file of every card; what follows it on the line is when it was made, as of time.RFC3339 in UTC.
const CardHead = "restore card of "

// Text is the card for a person at three in the morning.
func (c *Card) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s%s, %s, made %s", CardHead, c.Chain, Clean(c.Environment), c.At.UTC().Format(time.RFC3339))
	line("")
	line("What restores it with no catalog and no Director: a host that reads the volumes, and Bacula's bextract of the cluster's version.")
	line("Keys: %s", cmp.Or(Clean(c.Keys), "cards.keys of the configuration does not say where they are; see the file daemons' PKI Keypair"))
	for _, says := range c.Lacks {
		line("! %s", Clean(says))
	}
	for i := range c.Points {
		c.Points[i].text(line)
	}
	return b.String()
}

func (p *CardPoint) text(line func(string, ...any)) {
	at := &p.Point
	line("")
	line("== %s on %s: as of %s UTC", at.Cell, at.Key.Cluster, at.At.UTC().Format("2006-01-02 15:04:05"))
	line("job %s, client %s, %s in %d jobs, %s", at.Key.Job, Clean(at.Client), Size(at.Bytes), len(at.Set), untilOf(at))
	for _, part := range at.Set {
		line("  JobId %-8d %-13s %s", part.ID, part.Level, part.Job)
	}
	for i := range at.Volumes {
		v := &at.Volumes[i]
		line("  volume %s, media type %s, %s", Clean(v.Name), Clean(v.Type), Clean(v.Status))
	}
	device := "DEVICE"
	for _, s := range p.Storages {
		for _, l := range s.lines() {
			line("%s", l)
		}
		if word(s.Device) {
			device = s.Device
		}
	}
	line("bootstrap: %s", p.File())
	line("  bextract -b %s -c bacula-sd.conf %s DIR", p.File(), device)
	for _, l := range p.Format.Load(path.Join("/", "DIR"), len(at.Set)) {
		line("  %s", l)
	}
}

func untilOf(p *RestorePoint) string {
	if p.Until.IsZero() {
		return "never expires"
	}
	return "kept until " + p.Until.UTC().Format("2006-01-02 15:04") + " UTC"
}

// lines are the Storage resource as its Director has it, and the Device of a Storage Daemon's configuration that reads its volumes.
func (s *StorageResource) lines() []string {
	if s.Why != "" {
		return []string{fmt.Sprintf("! the Storage %s was not told: %s", Clean(s.Name), Clean(s.Why))}
	}
	kind := "Storage"
	if s.Changer {
		kind = "Autochanger"
	}
	return []string{
		fmt.Sprintf(kind+" { Name = %q; Address = %q; SDPort = %s; Device = %q; Media Type = %q }", Clean(s.Name), Clean(s.Address),
			Clean(s.Port), Clean(s.Device), Clean(s.MediaType)),
		"  its daemon's own bacula-sd.conf says where the volumes lie; on another host one with",
		fmt.Sprintf("  Device { Name = %q; Media Type = %q; Archive Device = \"DIRECTORY OF THE VOLUMES\"; Random Access = yes; "+
			"RemovableMedia = no; AlwaysOpen = no; AutomaticMount = yes }", Clean(s.Device), Clean(s.MediaType)),
	}
}

// CardPoints are those of a list that a chain's card has: the newest good one of each cell on each cluster. Of a cell that has none on any
// cluster, and of a catalog that was not read, it says so.
func CardPoints(l *RestoreList, cells []AskedCell) (points []RestorePoint, lacks []string) {
	for _, u := range l.Unread {
		lacks = append(lacks, fmt.Sprintf("%s's catalog was not read: %s", u.Cluster, u.Why))
	}
	for _, c := range cells {
		has := false
		for _, k := range Clusters {
			is := func(p RestorePoint) bool { return p.Cell == c.Cell && p.Key.Cluster == k && p.Good() }
			if i := slices.IndexFunc(l.Points, is); i >= 0 {
				points, has = append(points, l.Points[i]), true
			}
		}
		if !has {
			lacks = append(lacks, fmt.Sprintf("%s has no complete good point on any cluster", c.Cell))
		}
	}
	return points, lacks
}
