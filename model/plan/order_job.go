package plan

import (
	"fmt"
	"switchyard/model"
	"switchyard/model/record"
)

// TaggedJob names a job before it exists: the one that carries a tag as its Comment.
type TaggedJob struct {
	Cluster model.Cluster `json:"cluster"`
	Job     string        `json:"job"` // the Job resource
	Tag     string        `json:"tag"`
	After   Mark          `json:"after"`
	// Leaves are the letters of the levels below full at which the cell's backups leave something: one that does not is no good one.
	Leaves string `json:"leaves,omitempty"`
	Asked  string `json:"asked,omitempty"` // the level that was asked for; only of what verifies
	// Scratch: it is on the Director that a drill brings up, and in its copy of the catalog.
	Scratch bool `json:"scratch,omitempty"`
}

// keep takes over what was measured when the plan was made: where to look from, and what a good one leaves.
func (t *TaggedJob) keep(was TaggedJob) { t.After, t.Leaves = was.After, was.Leaves }

// Mark is a job that was in a catalog when the plan was made: what the plan starts has a greater JobId. When the mark's
// row is another job's, a failover has lost rows and JobIds were issued again. The zero value is an empty catalog's.
type Mark struct {
	ID  uint32 `json:"jobid"`
	Job string `json:"job"`
}

// StartJob starts a job that carries a tag.
type StartJob struct {
	TaggedJob
	Level string `json:"level,omitempty"` // Full, Incremental or Differential; empty: what the Job resource says
	Alone bool   `json:"alone,omitempty"` // it is not started while its Director holds a job of that name
}

// CancelJob cancels a job by its unique name.
type CancelJob struct {
	Cluster model.Cluster `json:"cluster"`
	Job     string        `json:"job"`
	ID      uint32        `json:"jobid"`
}

// cellOf is the cell that a job backs up, as something that is touched; nothing when it is no cell's.
func (w World) cellOf(j *TaggedJob) record.Touches {
	cell, ok := w.Names.Cell(j.Job)
	if !ok {
		return record.Touches{}
	}
	return record.TouchesOf(TouchCell(j.Cluster, cell))
}

func (s *StartJob) command() string {
	level := ""
	if s.Level != "" {
		level = fmt.Sprintf(` level="%s"`, s.Level)
	}
	return fmt.Sprintf(`run job="%s"%s comment="%s" yes`, s.Job, level, s.Tag)
}
