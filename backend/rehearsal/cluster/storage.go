package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// storageStatus asks a Storage Daemon for its running jobs. A name that is none makes the Director ask which one is meant.
func (t *talk) storageStatus(storage string, words []string) string {
	c := t.d.c
	c.mu.Lock()
	names := t.d.names("storage")
	mute := c.mute[storage]
	c.mu.Unlock()
	if !slices.Contains(names, storage) {
		return t.fail(fmt.Sprintf("Storage resource %q: not found\n", storage) + t.menu("Storage", names))
	}
	if mute && !c.pause(15*time.Second) {
		return ""
	}
	if mute {
		return t.fail(fmt.Sprintf("\nFailed to connect to Storage daemon %s.\n====\n", storage))
	}
	if len(words) == 0 || words[0] != "running" || t.api != 2 {
		return "1900 Bad .status command, wrong argument.\n"
	}
	objects := strings.Join(c.onStorage(storage), "\n\n")
	if c.o.Cluster == model.Blue { // an idle daemon says nothing
		if objects == "" {
			return ""
		}
		return "\n" + objects + "\n"
	}
	var b block
	b.time("DirectorConnected", c.o.Clock.Now(), c.o.Zone)
	b.put("DirTLS", 1)
	if objects != "" {
		objects = "\n" + objects + "\n"
	}
	return "\nrunning:\n" + objects + "\n" + b.String() + "\nerror=0\nerrmsg=\n\n"
}

// onStorage are the jobs on a Storage Daemon, as it describes them.
func (c *Cluster) onStorage(storage string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.o.Clock.Now()
	var out []string
	for _, j := range c.jobs {
		if j.storage != storage || !j.moves() {
			continue
		}
		bytes, files := j.progress(now)
		if j.back != nil {
			bytes = j.back.stored(bytes)
		}
		seconds := max(1, int64(now.Sub(j.start())/time.Second))
		volume, device := c.volume(j.run), storage+"-drive-1"
		if j.back != nil {
			volume, _ = j.back.reading(files)
		}
		write := [3]string{volume, j.pool, device}
		var read [3]string
		if j.kind == 'R' {
			read, write = write, read
		}
		var b block
		b.put("jobid", j.id)
		b.put("job", j.unique(c.o.Zone))
		b.put("level", c.levelLetter(j.run))
		b.put("type", string(rune(j.kind)))
		b.put("status", string(rune(j.status)))
		b.put("jobbytes", bytes)
		b.put("jobfiles", files)
		b.time("starttime", j.start(), time.UTC) // its own zone
		b.put("errors", 0)
		b.put("newbsr", 0)
		for i, of := range []string{"volume", "pool", "device"} {
			b.put("read_"+of, read[i])
		}
		for i, of := range []string{"volume", "pool", "device"} {
			b.put("write_"+of, write[i])
		}
		b.put("spooling", 0)
		b.put("despooling", 0)
		b.put("despool_wait", 0)
		b.put("avebytes_sec", bytes/uint64(seconds))
		b.put("lastbytes_sec", bytes/uint64(seconds))
		out = append(out, b.String())
	}
	return out
}

// touch is what 15.0.3 does to its catalog whenever a client is asked: a transaction. 9.6.7 does nothing.
func (c *Cluster) touch(client string) {
	if c.o.Cluster != model.Green {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.touched++
	conn, err := c.active().connect(c.catalog)
	if err == nil {
		defer conn.Close()
		err = conn.Write(func(tx *sqlsim.Tx) error {
			return tx.Exec("UPDATE Client SET AutoPrune = AutoPrune WHERE Name = ?", client)
		})
	}
	if err != nil {
		c.active().say("Error: sql_update.c:254 Update Client record failed: ERR=MySQL server has gone away")
	}
}

// Touched is how often a question to a client made a Director of this cluster write to its catalog.
func (c *Cluster) Touched() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.touched
}
