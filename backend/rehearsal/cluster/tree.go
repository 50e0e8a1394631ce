package cluster

import (
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// saved is a job of the catalog, as far as a restore of it needs it.
type saved struct {
	id          uint32
	job, name   string
	client, set string // names of its Client and its FileSet
	kind, level byte
	status      byte
	files       uint64
	bytes, read uint64
	purged      bool
	start       time.Time
	tdate       int64
	cell        *Cell // that it backed up; nil: none's
	volumes     []volumeOf
}

// volumeOf is a volume that holds a job.
type volumeOf struct {
	name, kind, storage, status string
	bytes                       uint64
}

// entry is a file record: a file of a job, or a directory, whose path ends with a slash.
type entry struct {
	path string
	size uint64 // bytes that it would have; the rehearsal's files are small
}

func (e *entry) dir() bool { return strings.HasSuffix(e.path, "/") }

// The data directory that a clone is copied to before it is backed up, as the FileSets name it.
const datadir = "/clone/datadir/"

const (
	ofServer  = 7 // files of the server itself come first
	binlogs   = 3 // then its newest binary logs
	newTables = 16
)

// server are the files of a data directory that are there once, by their places.
var server = [ofServer]string{"ibdata1", "mysql.ibd", "undo_001", "undo_002", "binlog.index", "auto.cnf", "ib_buffer_pool"}

// entries are the file records of a job, as many as its JobFiles: they follow from its row alone, so that no tree is ever kept. A full
// backup has everything; another one has what changes every day, and some tables, few of which are new. What was dropped in between is not
// noted, as without Accurate.
func (s *saved) entries() []entry {
	if s.kind != 'B' && s.kind != 'C' || s.files == 0 {
		return nil
	}
	var paths []string
	switch {
	case s.cell == nil:
		paths = s.ofNoCell()
	case model.Level(s.level) == 'F':
		paths = s.whole()
	default:
		paths = s.changed()
	}
	out := make([]entry, min(len(paths), int(s.files)))
	weights, all := make([]uint64, len(out)), uint64(0)
	for i := range out {
		out[i].path = paths[i]
		if !out[i].dir() {
			weights[i] = 1 + hashOf(paths[i])%1000
		}
		all += weights[i]
	}
	total, passed, given := max(s.read, s.bytes), uint64(0), uint64(0)
	for i := range out {
		passed += weights[i]
		upTo := uint64(float64(total) * float64(passed) / float64(max(1, all)))
		if passed == all {
			upTo = total
		}
		if weights[i] > 0 {
			out[i].size = upTo - given
			given = upTo
		}
	}
	return out
}

// ofNoCell are files of a backup that is no cell's: the dump of a catalog, a canary.
func (s *saved) ofNoCell() []string {
	if s.name == CatalogJob {
		return []string{"/opt/bacula/working/bacula.sql"}
	}
	out := []string{"/etc/hostname"}
	for i := 1; i < int(s.files); i++ {
		out = append(out, fmt.Sprintf("/etc/canary/%04d", i))
	}
	return out
}

// whole is the data directory with as many tables as it takes.
func (s *saved) whole() []string {
	dirs := []string{datadir}
	for i := range s.schemas() {
		dirs = append(dirs, datadir+schemaName(i)+"/")
	}
	files := max(0, int(s.files)-len(dirs))
	out := make([]string, 0, files+len(dirs))
	for i := range files {
		switch {
		case i < ofServer:
			out = append(out, datadir+server[i])
		case i < ofServer+binlogs:
			out = append(out, s.binlog(ofServer+binlogs-1-i))
		default:
			out = append(out, s.table(i-ofServer-binlogs))
		}
	}
	return append(out, dirs...)
}

// changed is what an incremental or differential backup takes: tables are spread by a stride that meets each once.
func (s *saved) changed() []string {
	out := []string{}
	for i := range ofServer - 2 { // a server writes these all the time
		out = append(out, datadir+server[i])
	}
	out = append(out, s.binlog(1), s.binlog(0))
	there := s.tables() + newTables
	at, stride := int(hashOf(s.job)%uint64(there)), 1+int(hashOf("stride "+s.job)%uint64(there))
	for gcd(stride, there) != 1 {
		stride++
	}
	for i := 0; len(out) < int(s.files)-1; i++ {
		if i >= there { // all of them changed, and more were made
			out = append(out, s.table(i))
			continue
		}
		out = append(out, s.table((at+i*stride)%there))
	}
	return append(out, datadir)
}

// tables is about how many a full backup of the chain finds, and schemas in how many databases they are.
func (s *saved) tables() int  { return 12 + int(s.cell.Full/(200<<20)) }
func (s *saved) schemas() int { return 1 + s.tables()/100 }

func (s *saved) table(i int) string {
	return fmt.Sprintf("%s%s/t%04d.ibd", datadir, schemaName(i%s.schemas()), i)
}

func schemaName(i int) string { return fmt.Sprintf("app%02d", i+1) }

// binlog is the binary log of so many days before the backup; the servers rotate once a day.
func (s *saved) binlog(days int) string {
	return fmt.Sprintf("%sbinlog.%06d", datadir, max(1, s.start.Unix()/86400-19_000-int64(days)))
}

// text is what a restored file holds: it tells what it was made from, and differs for every job and path. The last line is the SHA-256 of
// those before it.
func (s *saved) text(c model.Cluster, e *entry) []byte {
	said := fmt.Sprintf("%s\nfrom JobId %d of %s, %s\nof %s as of %s\n%d bytes there\n", e.path, s.id, c, s.job, s.client,
		s.start.UTC().Format(time.RFC3339), e.size)
	return fmt.Appendf([]byte(said), "%x\n", sha256.Sum256([]byte(said)))
}

// picked is a file record and the job that it is of.
type picked struct {
	*saved
	entry
	index int // FileIndex
}

// overlay is what a restore of some jobs gives: every path once, as the newest of them has it, in the order in which it is read.
func overlay(jobs []saved) []picked {
	byAge := make([]*saved, len(jobs))
	for i := range jobs {
		byAge[i] = &jobs[i]
	}
	slices.SortStableFunc(byAge, func(a, b *saved) int { return int(a.tdate - b.tdate) })
	records := make([][]entry, len(byAge))
	newest := map[string]int{}
	for i, s := range byAge {
		records[i] = s.entries()
		for _, e := range records[i] {
			newest[e.path] = i
		}
	}
	out := make([]picked, 0, len(newest))
	for i, s := range byAge {
		for n, e := range records[i] {
			if newest[e.path] == i {
				out = append(out, picked{s, e, n + 1})
			}
		}
	}
	return out
}

// modified is when the file was changed last, before its backup.
func (p *picked) modified() time.Time {
	return p.start.Add(-time.Duration(hashOf(p.path)%3600) * time.Second)
}

func hashOf(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
