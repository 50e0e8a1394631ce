package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// giveBack is what a restore job restores. Its files are derived whenever they are needed.
type giveBack struct {
	jobs           []saved
	path           string // the one file that was asked for; empty: all
	where, replace string
	expected       uint64
	begun, over    bool // it came to moving data; what it restored is written
}

func (b *giveBack) picks() []picked {
	all := overlay(b.jobs)
	if b.path == "" {
		return all
	}
	return slices.DeleteFunc(all, func(p picked) bool { return p.path != b.path })
}

// stored is how much of the volumes is read for so many bytes of files: a Storage Daemon counts what was compressed before it came.
func (b *giveBack) stored(bytes uint64) uint64 {
	var on, of uint64
	for i := range b.jobs {
		on, of = on+b.jobs[i].bytes, of+max(b.jobs[i].read, b.jobs[i].bytes)
	}
	return uint64(float64(bytes) * float64(on) / float64(max(1, of)))
}

// givesBack decides how a restore goes when all goes well.
func (c *Cluster) givesBack(r *run, picks []picked, at time.Time) fate {
	rate := 80e6
	if cell := r.back.jobs[0].cell; cell != nil {
		rate = cell.Rate
	}
	f := fate{level: 'F', status: 'T', files: uint64(len(picks)), wait: time.Duration(1+c.random("restore "+r.name, at).IntN(3)) * time.Second}
	for _, p := range picks {
		f.bytes += p.size
	}
	f.read = f.bytes
	f.took = 15*time.Second + time.Duration(float64(f.bytes)/(3*rate)*float64(time.Second))
	return f
}

// ClientDir is where the file system of a client lies in a world's directory. Only what is restored is in it.
func ClientDir(dir, client string) string {
	return filepath.Join(dir, "clients", url.PathEscape(client))
}

// gives writes the first files of a restore into its client's file system, once, and makes its bytes those that were written: a file that
// is there and stays counts as restored and moves nothing.
func (c *Cluster) gives(j *job, files uint64) {
	b := j.back
	if b == nil || b.over || !b.begun {
		return
	}
	b.over = true
	bytes, err := c.extract(j.client, b, files)
	j.bytes, j.read = bytes, bytes
	if err != nil { // this machine's own trouble, such as a full disk
		j.fate.status, j.errors, j.why = 'E', j.errors+1, "Write error: ERR="+err.Error()
	}
}

func (c *Cluster) extract(client string, b *giveBack, files uint64) (bytes uint64, err error) {
	home := ClientDir(c.o.Dir, client)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(home) // nothing that is restored leads out of it
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	picks := b.picks()
	for _, p := range picks[:min(int(files), len(picks))] {
		put, err := c.put(root, b, &p)
		if err != nil {
			return bytes, err
		}
		if put {
			bytes += p.size
		}
	}
	return bytes, nil
}

// put writes one file or directory, unless one is there that replace= spares.
func (c *Cluster) put(root *os.Root, b *giveBack, p *picked) (bool, error) {
	name := strings.TrimPrefix(filepath.Join("/", b.where, p.path), "/")
	at := p.modified()
	if p.dir() {
		return true, root.MkdirAll(name, 0o755)
	}
	if old, err := root.Lstat(name); err == nil {
		switch {
		case b.replace == "Never", b.replace == "IfNewer" && !at.After(old.ModTime()), b.replace == "IfOlder" && !at.Before(old.ModTime()):
			return false, nil
		}
		if err := root.Remove(name); err != nil {
			return false, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return false, err
	}
	if err := root.WriteFile(name, p.text(c.o.Cluster, &p.entry), 0o640); err != nil {
		return false, err
	}
	return true, root.Chtimes(name, at, at)
}

// stretch is the part of a restore that comes from one volume: files from first on.
type stretch struct {
	volumeOf
	first, files uint64
}

// stretches are those of a restore, in the order in which they are read. A volume on which nothing is picked is not read.
func (b *giveBack) stretches() (out []stretch) {
	for i, p := range b.picks() {
		v := p.volumes[0]
		if n := len(out); n > 0 && out[n-1].name == v.name {
			out[n-1].files++
		} else {
			out = append(out, stretch{v, uint64(i), 1})
		}
	}
	return out
}

// reading is the volume that a running restore reads from, and where its next file is.
func (b *giveBack) reading(files uint64) (volume, file string) {
	for _, s := range b.stretches() {
		if files >= s.first {
			volume = s.name
		}
	}
	if picks := b.picks(); len(picks) > 0 {
		file = filepath.Join(b.where, picks[min(int(files), len(picks)-1)].path)
	}
	return volume, file
}

// when is the moment at which a running restore comes to a file.
func (j *job) when(file uint64) time.Time {
	return j.start().Add(time.Duration(float64(j.took) * float64(file) / float64(max(1, j.back.expected))))
}

// obstacle is the next thing that stands in the way of a restore that runs, and when it is met; nil: nothing does.
func (c *Cluster) obstacle(j *job) (at time.Time, do func(*job)) {
	if j.back == nil || j.back.over || j.files == 0 { // it comes to no data
		return at, nil
	}
	j.back.begun = true
	now := c.now()
	meets := func(file uint64, f func(*job)) {
		if t := j.when(file); !t.Before(now) && (do == nil || t.Before(at)) {
			at, do = t, f
		}
	}
	for _, s := range j.back.stretches() {
		switch c.harm.volumes[s.name] {
		case Corrupt:
			meets(s.first+s.files*2/5, func(j *job) { c.breaks(j, s) })
		case Missing:
			meets(s.first, func(j *job) { c.awaits(j, s) })
		}
	}
	if c.harm.brims[j.client] {
		meets(j.back.expected*3/5, c.spills)
	}
	return at, do
}

// breaks ends a restore on a block that is not what was written.
func (c *Cluster) breaks(j *job, s stretch) {
	block := s.bytes / 64512 * 2 / 5
	c.fail(j, 'E', fmt.Sprintf("block_util.c:444 Volume data error at 0:%d!\n"+
		"Block checksum mismatch in block=%d len=64512: calc=%08x blk=%08x",
		block*64512+64512, block+1, uint32(hashOf(s.name)), uint32(hashOf(s.name+" there"))), 0)
}

// awaits lets a restore wait for a volume that is not there, for as long as it is not.
func (c *Cluster) awaits(j *job, s stretch) {
	now := c.now()
	path := volumesDir + "/" + s.name
	daemon := fmt.Sprintf("%s JobId %d: ", s.storage, j.id)
	lines := []line{
		{now, fmt.Sprintf("%sWarning: acquire.c:275 Read open File device \"FileDev\" (%s) Volume \"%s\" failed: ERR=file_dev.c:190 "+
			"Could not open(%s,OPEN_READ_ONLY,0640): ERR=No such file or directory\n", daemon, volumesDir, s.name, path)},
		{now, fmt.Sprintf("%sPlease mount read Volume \"%s\" for:\n    Job:          %s\n    Storage:      \"FileDev\" (%s)\n"+
			"    Pool:         %s\n    Media type:   %s", daemon, s.name, j.unique(c.o.Zone), volumesDir, cmp.Or(j.pool, "Default"), s.kind)},
	}
	if !c.record(j, running, func(*run) []line { return lines }) {
		c.next(j, now.Add(retry), func(j *job) { c.awaits(j, s) })
		return
	}
	c.freeze(j, now)
	j.status = 'M'
}

// spills ends a restore onto a client whose disk is full: what does not fit any more is an error each, and no fatal one.
func (c *Cluster) spills(j *job) {
	left := uint32(j.back.expected - j.back.expected*3/5)
	c.fail(j, 'T', spilled, 0)
	j.errors = left
}

const (
	volumesDir = "/bacula/volumes"
	spilled    = "No space left on device"
)
