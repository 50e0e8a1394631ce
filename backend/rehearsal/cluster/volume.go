package cluster

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// labelBytes are those of a volume that holds its label alone.
const labelBytes = int64(226)

// volume is the name of the volume that a backup is written to.
func (c *Cluster) volume(r *run) string {
	if r.volume != "" {
		return r.volume
	}
	return c.volumeName(r, int64(r.id))
}

func (c *Cluster) volumeName(r *run, n int64) string {
	prefix := "reg"
	if r.cell != nil && r.cell.Cell.Kind == model.Immutable {
		prefix = "imm"
	}
	return fmt.Sprintf("%s-%s-%07d", c.o.Cluster, prefix, n)
}

// label gives a backup that starts a new volume, as Directors do: its name has the highest MediaId that there is and one more, or the next
// whose name is not in the catalog yet; its own MediaId is what the server gives.
func (c *Cluster) label(tx *sqlsim.Tx, r *run) error {
	r.media, r.volume = 0, ""
	if r.kind != 'B' || r.bytes == 0 {
		return nil
	}
	var highest int64
	if err := tx.Row("SELECT COALESCE(MAX(MediaId), 0), "+sqlsim.Next("Media", "MediaId")+" FROM Media").Scan(&highest, &r.media); err != nil {
		return err
	}
	for n := highest + 1; n < highest+100; n++ {
		there, name := 0, c.volumeName(r, n)
		if err := tx.Row("SELECT COUNT(*) FROM Media WHERE VolumeName = ?", name).Scan(&there); err != nil {
			return err
		}
		if there == 0 {
			r.volume = name
			return c.putVolume(tx, c.ids, r, running)
		}
	}
	return errors.New("too many failures: giving up creating a volume's name")
}

// store notes that a job writes to its volume. A Storage Daemon that finds a labeled volume of a name appends to it, whatever it holds.
func (c *Cluster) store(r *run) {
	if r.volume != "" {
		if c.stored == nil {
			c.stored = map[string][]uint32{}
		}
		c.stored[r.volume] = append(c.stored[r.volume], r.id)
	}
}

// Appended are the volumes on the Storage Daemons that more than one job has written to since the world began, whatever a catalog knows of
// them.
func (c *Cluster) Appended() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for name, jobs := range c.stored {
		if len(jobs) > 1 {
			names = append(names, name)
		}
	}
	return slices.Sorted(slices.Values(names))
}

// Stored are the volumes that jobs have written to since the world began.
func (c *Cluster) Stored() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.stored))
}
