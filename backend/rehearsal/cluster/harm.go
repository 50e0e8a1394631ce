package cluster

import (
	"fmt"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
)

// Spoil is what is wrong with a volume.
type Spoil uint8

// What may be wrong with a volume.
const (
	Sound   Spoil = iota
	Corrupt       // a block of it is not what was written
	Missing       // its file is gone
)

// harm is what stands in the way of restores.
type harm struct {
	volumes map[string]Spoil // by name
	gone    map[string]bool  // clients whose file daemon is gone
	brims   map[string]bool  // clients whose disk is full
}

// Spoil does something to a volume, or mends it. Restores that wait for it go on.
func (c *Cluster) Spoil(volume string, with Spoil) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.harm.volumes == nil {
		c.harm.volumes = map[string]Spoil{}
	}
	c.harm.volumes[volume] = with
	c.replan()
}

// Spoiled is what is wrong with a volume.
func (c *Cluster) Spoiled(volume string) Spoil {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.harm.volumes[volume]
}

// HasClient tells whether the active Director knows a client.
func (c *Cluster) HasClient(client string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.active().has("client", client)
}

// SetBrim fills a client's disk, or empties it again.
func (c *Cluster) SetBrim(client string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.harm.brims == nil {
		c.harm.brims = map[string]bool{}
	}
	c.harm.brims[client] = on
	c.replan()
}

// replan plans anew how the restores that run go on. The caller holds mu.
func (c *Cluster) replan() {
	for _, j := range c.jobs {
		switch {
		case j.back == nil || !j.moves() || j.back.over:
		case !j.stall.IsZero():
			c.thaw(j)
		default:
			c.planEnd(j)
		}
	}
	c.wake()
}

// missing tells whether a restore stands before a volume that is still not there.
func (c *Cluster) missing(j *job) bool {
	if j.back == nil || j.status != 'M' {
		return false
	}
	_, files := j.progress(c.now())
	volume, _ := j.back.reading(files)
	return c.harm.volumes[volume] == Missing
}

// SetGone ends a client's file daemon, with the jobs that run there, or starts it again.
func (c *Cluster) SetGone(client string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.harm.gone == nil {
		c.harm.gone = map[string]bool{}
	}
	c.harm.gone[client] = on
	for _, j := range c.jobs {
		if on && j.client == client && j.moves() {
			word := "Backup"
			if j.kind == 'R' {
				word = "Restore"
			}
			c.fail(j, 'f', "bsock.c:520 Network error with FD during "+word+": ERR=Connection reset by peer", 2*time.Second)
		}
	}
	c.wake()
}

// unreached is the fate of a job whose client is gone: the Director tries for as long as it may.
func (j *job) unreached() fate {
	return fate{level: j.level, wait: j.wait, took: 3 * time.Minute, status: 'f', errors: 1, why: failures[0]}
}

// MarkVolume sets the status of a volume in the catalog and returns the one it had. Where only is not empty, no other status is changed.
func (c *Cluster) MarkVolume(volume, status, only string) (was string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn, err := c.active().connect(c.o.Catalog)
	if err == nil {
		defer conn.Close()
		err = conn.Write(func(tx *sqlsim.Tx) error {
			if err := tx.Row("SELECT VolStatus FROM Media WHERE VolumeName = ?", volume).Scan(&was); err != nil {
				return err
			}
			if only != "" && was != only {
				return nil
			}
			return tx.Exec("UPDATE Media SET VolStatus = ? WHERE VolumeName = ?", status, volume)
		})
	}
	if err != nil {
		return "", fmt.Errorf("marking volume %s: %w", volume, err)
	}
	return was, nil
}

// HasVolume tells whether the catalog has a volume.
func (c *Cluster) HasVolume(volume string) bool {
	var n int
	_ = c.o.Catalog.Read("SELECT COUNT(*) FROM Media WHERE VolumeName = ?", volume).Scan(&n)
	return n > 0
}
