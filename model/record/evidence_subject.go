package record

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
)

// Subject is what a proof is about. Cluster, Cell, Storage and the instances' names tell which thing it is; the rest is what the proof is
// bound to: when one of these changes it counts no more.
type Subject struct {
	Cluster   *model.Cluster   `json:"cluster,omitempty"`
	Cell      *model.Cell      `json:"cell,omitempty"`
	Storage   string           `json:"storage,omitempty"`        // the Storage Daemon that the backup lies on
	Jobs      []ProvenJob      `json:"jobs,omitempty"`           // the set that was restored
	Volumes   []string         `json:"volumes,omitempty"`        // that it was read from
	FileSet   string           `json:"fileset,omitempty"`        // the hash that the catalog has of it
	Format    string           `json:"format,omitempty"`         // of what is in the backup, as in the inventory
	Command   string           `json:"command_sha256,omitempty"` // of the argument vector that verified it, in hex
	Instances []ProvenInstance `json:"instances,omitempty"`      // one, or a primary and its replica
}

// ProvenJob is a job by the name that is its own and the JobId that its catalog gave it.
type ProvenJob struct {
	ID  uint32 `json:"jobid"`
	Job string `json:"job,omitempty"` // its unique name; empty where a framework knows only JobIds
}

// ProvenInstance is an RDS instance: ID and Region name it, ResourceID tells whether it is the same one.
type ProvenInstance struct {
	ID         string `json:"id"`
	Region     string `json:"aws_region"`
	ResourceID string `json:"resource_id"` // DbiResourceId
}

// place is what tells one subject from another.
func (s *Subject) place() string {
	var parts []string
	if s.Cell != nil {
		parts = append(parts, s.Cell.Chain, s.Cell.Region, s.Cell.Kind.String())
	}
	for _, i := range s.Instances {
		parts = append(parts, i.ID, i.Region)
	}
	on := "-"
	if s.Cluster != nil {
		on = s.Cluster.String()
	}
	parts = append(parts, on, s.Storage)
	if s.Cell == nil && len(s.Instances) == 0 { // single jobs or volumes
		for _, j := range s.Jobs {
			parts = append(parts, fmt.Sprint(j.ID))
		}
		parts = append(parts, s.Volumes...)
	}
	return strings.Join(parts, "\x00")
}

// String names it.
func (s *Subject) String() string {
	var parts []string
	if s.Cell != nil {
		parts = append(parts, s.Cell.String())
	}
	for _, i := range s.Instances {
		parts = append(parts, i.ID)
	}
	if s.Cluster != nil {
		parts = append(parts, s.Cluster.String())
	}
	if s.Storage != "" {
		parts = append(parts, s.Storage)
	}
	if n := len(s.Jobs); n > 0 {
		ids := make([]string, 0, 3)
		for _, j := range s.Jobs[:min(n, 3)] {
			ids = append(ids, fmt.Sprint(j.ID))
		}
		if n > 3 {
			ids = append(ids, fmt.Sprintf("%d more", n-3))
		}
		parts = append(parts, "JobId "+strings.Join(ids, ", "))
	}
	if n := len(s.Volumes); n > 0 && s.Cell == nil && len(s.Jobs) == 0 {
		parts = append(parts, fmt.Sprintf("%d volumes, %s", n, s.Volumes[0]))
	}
	return strings.Join(parts, " ")
}

func (s *Subject) check() error {
	if s.Cluster == nil && s.Cell == nil && len(s.Instances) == 0 {
		return errors.New("it is about nothing: it names no cluster, no cell and no instance")
	}
	if s.Cluster == nil && (len(s.Jobs) > 0 || len(s.Volumes) > 0 || s.Storage != "" || s.FileSet != "") {
		return errors.New("jobs, volumes, a Storage Daemon and a FileSet are those of a cluster, and it names none")
	}
	if len(s.Jobs) > maxSubjects || len(s.Volumes) > maxSubjects || len(s.Instances) > 2 {
		return fmt.Errorf("it is about %d jobs, %d volumes and %d instances; more than %d, %d and 2",
			len(s.Jobs), len(s.Volumes), len(s.Instances), maxSubjects, maxSubjects)
	}
	texts := append([]string{s.Storage, s.FileSet, s.Format}, s.Volumes...)
	needed := append([]string{}, s.Volumes...)
	if s.Cell != nil {
		needed = append(needed, s.Cell.Chain, s.Cell.Region)
		if s.Cell.Kind > model.Immutable {
			return errors.New("its cell is of no kind")
		}
	}
	for _, i := range s.Instances {
		needed = append(needed, i.ID, i.Region, i.ResourceID)
	}
	for _, j := range s.Jobs {
		texts = append(texts, j.Job)
		if j.ID == 0 {
			return errors.New("it is about JobId 0")
		}
	}
	if slices.Contains(needed, "") {
		return errors.New("a name in what it is about is empty")
	}
	for _, t := range append(texts, needed...) {
		if !plain(t, maxName) {
			return fmt.Errorf("it is about %.40q, which is not plain text of %d bytes at most", t, maxName)
		}
	}
	if sum, err := hex.DecodeString(s.Command); s.Command != "" && (err != nil || len(sum) != 32) {
		return fmt.Errorf("the SHA-256 of its command is %.70q", model.Clean(s.Command))
	}
	return nil
}

// BoundKind is what a proof may be bound to.
type BoundKind string

// What a proof may be bound to; the list is closed.
const (
	BoundInstance BoundKind = "instance" // Is: the DbiResourceId under that name
	BoundJob      BoundKind = "job"      // Is: the unique Job name of that JobId
	BoundVolume   BoundKind = "volume"   // Is: its name, as long as it holds what it held
	BoundStorage  BoundKind = "storage"  // Is: the Storage Daemon of the cell
	BoundFileSet  BoundKind = "FileSet"  // Is: its hash
	BoundFormat   BoundKind = "format"   // Is: the chain's, as in the inventory
	BoundCommand  BoundKind = "command"  // Is: the hash of what verifies the cell
)

// Bound is one identity that a proof is bound to.
type Bound struct {
	Kind    BoundKind
	Cluster *model.Cluster
	Cell    *model.Cell
	Of      string // the instance, the JobId or the volume
	Region  string // AWS region of an instance
	Is      string
}

// Bounds are all that a proof about it is bound to. A Storage Daemon is one only of a cell: it may lie elsewhere tomorrow.
func (s *Subject) Bounds() (out []Bound) {
	for _, i := range s.Instances {
		out = append(out, Bound{Kind: BoundInstance, Of: i.ID, Region: i.Region, Is: i.ResourceID})
	}
	of := func(kind BoundKind, name, is string) {
		if is != "" {
			out = append(out, Bound{Kind: kind, Cluster: s.Cluster, Cell: s.Cell, Of: name, Is: is})
		}
	}
	for _, j := range s.Jobs {
		of(BoundJob, fmt.Sprint(j.ID), j.Job)
	}
	for _, v := range s.Volumes {
		of(BoundVolume, v, v)
	}
	if s.Cell != nil {
		of(BoundStorage, "", s.Storage)
	}
	of(BoundFileSet, "", s.FileSet)
	of(BoundFormat, "", s.Format)
	of(BoundCommand, "", s.Command)
	return out
}

func (b Bound) String() string {
	if b.Of == "" {
		return "the " + string(b.Kind)
	}
	kind := string(b.Kind)
	if b.Kind == BoundJob {
		kind = "JobId"
	}
	return kind + " " + b.Of
}

// changed says what it is now.
func (b Bound) changed(is string) string {
	return fmt.Sprintf("%s is %s now, it was %s", b, cmp.Or(model.Clean(is), "gone"), b.Is)
}
