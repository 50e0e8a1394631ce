package model

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// SightAsk asks for what a restore of one point to one client rests on.
type SightAsk struct {
	Cell   AskedCell `json:"cell"`
	Key    JobKey    `json:"point"`
	At     time.Time `json:"at"`     // when the point ended
	Client string    `json:"client"` // to which it is to be restored
}

// RestoreSight is what a catalog, its Director and its Storage Daemons say of that.
type RestoreSight struct {
	At       time.Time
	Ask      SightAsk
	Why      string        // its catalog could not be read
	Point    *RestorePoint // nil: it is not there
	Newer    int           // points of its cell on its cluster that are newer, and not good
	NewerWhy string        // what the newest of them lacks

	Clients    []string // that the Director knows
	NoClients  string   // why that is not known
	Storages   []StorageSight
	FileSets   []FileSetSight
	NoFileSets string // why what its FileSets hold is not known
	Files      Counted
	Prunes     Answer // whether a job of that client prunes its catalog when it ends
}

// StorageSight is what one Storage resource says.
type StorageSight struct {
	Name string
	Why  string // it does not answer, or its Director does not know it
	Jobs int    // that run on its daemon
}

// FileSetSight is what a Director has loaded of a FileSet.
type FileSetSight struct {
	Name    string
	Hash    string // that the catalog has of it; empty: it tells none
	Plugins []string
}

// Counted is how many files a restore leaves, by paths; zero At: nobody can tell, and Why says why.
type Counted struct {
	N   uint64
	At  time.Time
	Why string
}

// Matches tells whether it was asked for that.
func (s *RestoreSight) Matches(ask SightAsk) bool {
	return s != nil && s.Ask.Cell.Cell == ask.Cell.Cell && s.Ask.Key == ask.Key && s.Ask.Client == ask.Client
}

// Of takes out of a list the point that is asked for, and what is newer and not good on its cluster.
func (s *RestoreSight) Of(l *RestoreList) {
	for _, u := range l.Unread {
		if u.Cluster == s.Ask.Key.Cluster {
			s.Why = u.Why
		}
	}
	i := slices.IndexFunc(l.Points, func(p RestorePoint) bool { return p.Key == s.Ask.Key && p.Cell == s.Ask.Cell.Cell })
	if i < 0 {
		return
	}
	s.Point = &l.Points[i]
	for n := range l.Points[:i] {
		if p := &l.Points[n]; p.Key.Cluster == s.Ask.Key.Cluster && p.Cell == s.Ask.Cell.Cell && !p.Good() {
			if s.Newer++; s.Newer == 1 {
				s.NewerWhy = fmt.Sprintf("job %d: %s", p.ID, p.Lacks())
			}
		}
	}
}

// IDs are the JobIds of the point's set, in its order.
func (p *RestorePoint) IDs() []uint32 {
	ids := make([]uint32, len(p.Set))
	for i := range p.Set {
		ids[i] = p.Set[i].ID
	}
	return ids
}

// Next is the newest good point below a point of a list, of the same cell; nil: there is none.
func (l *RestoreList) Next(after JobKey) *RestorePoint {
	i := slices.IndexFunc(l.Points, func(p RestorePoint) bool { return p.Key == after })
	if i < 0 {
		return nil
	}
	for n := i + 1; n < len(l.Points); n++ {
		if p := &l.Points[n]; p.Good() && p.Cell == l.Points[i].Cell {
			return p
		}
	}
	return nil
}

// maxPath is the longest path that is sent to a Director.
const maxPath = 1024

// CheckDirectory refuses a directory that is not plain below the root: a Director reads quotes, and a file daemon would go up from it.
func CheckDirectory(dir string) error {
	if err := checkPath("directory", dir); err != nil {
		return err
	}
	if dir == "/" {
		return errors.New("directory /: it would be restored over what is there")
	}
	for _, r := range dir {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._:+=,-", r)
		if !plain {
			return fmt.Errorf("directory %q: it holds %q; write ASCII letters, digits and . _ : + = , -", Clean(dir), r)
		}
	}
	return nil
}

// CheckFile refuses the path of a file that could not be said to a Director as one word.
func CheckFile(file string) error {
	if err := checkPath("file", file); err != nil {
		return err
	}
	if i := strings.IndexAny(file, "\"'`\\"); i >= 0 {
		return fmt.Errorf("file %q: it holds %q, which a Director would read as more than a name", Clean(file), file[i])
	}
	return nil
}

func checkPath(what, p string) error {
	shown := Clean(p)
	switch {
	case p == "":
		return fmt.Errorf("%s: it is empty", what)
	case len(p) > maxPath:
		return fmt.Errorf("%s %.40q...: it has %d bytes, more than %d", what, shown, len(p), maxPath)
	case p != shown:
		return fmt.Errorf("%s %q: it holds control characters or others that do not show", what, shown)
	case p[0] != '/':
		return fmt.Errorf("%s %q: it does not begin with /", what, shown)
	case slices.Contains(strings.Split(p, "/"), ".."):
		return fmt.Errorf("%s %q: it goes up with .. in it", what, shown)
	case path.Clean(p) != p:
		return fmt.Errorf("%s %q: write it as %s", what, shown, path.Clean(p))
	}
	return nil
}
