package cluster

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// reachable tells whether the catalog answers the Director that asks.
func (c *Cluster) reachable() error {
	c.mu.Lock()
	d, conf := c.active(), c.active().whole
	c.mu.Unlock()
	conn, err := d.connectBy(conf, c.reads.Load())
	if err == nil {
		conn.Close()
	}
	return err
}

// whole waits until the past is in the catalog: what is asked for by its number must look as if it had always been there.
func (c *Cluster) whole() {
	for {
		c.mu.Lock()
		filled := c.filled
		c.mu.Unlock()
		if filled || !c.pause(20*time.Millisecond) {
			return
		}
	}
}

// saved reads a job of the catalog. It returns sql.ErrNoRows for one that is not there.
func (c *Cluster) saved(id uint32) (*saved, error) {
	s, err := c.savedIn(c.reads.Load(), id)
	if errors.Is(err, sql.ErrNoRows) || err == nil && len(s.volumes) == 0 && s.bytes > 0 {
		c.whole()
		s, err = c.savedIn(c.reads.Load(), id)
	}
	return s, err
}

func (c *Cluster) savedIn(in *sqlsim.Instance, id uint32) (*saved, error) {
	s := &saved{id: id}
	var kind, level, status, start string
	err := in.Read("SELECT CAST(Job.Job AS TEXT), CAST(Job.Name AS TEXT), Type, Level, JobStatus, JobFiles, JobBytes, ReadBytes, "+
		"PurgedFiles, JobTDate, COALESCE(CAST(StartTime AS TEXT), ''), COALESCE(CAST(Client.Name AS TEXT), ''), "+
		"COALESCE(CAST(FileSet.FileSet AS TEXT), '') FROM Job LEFT JOIN Client ON Client.ClientId = Job.ClientId "+
		"LEFT JOIN FileSet ON FileSet.FileSetId = Job.FileSetId WHERE JobId = ?", int64(id)).Scan(
		&s.job, &s.name, &kind, &level, &status, &s.files, &s.bytes, &s.read, &s.purged, &s.tdate, &start, &s.client, &s.set)
	if err != nil {
		return nil, fmt.Errorf("reading job %d: %w", id, err)
	}
	s.kind, s.level, s.status = (kind + " ")[0], (level + " ")[0], (status + " ")[0]
	if len(start) >= len(dateTime) {
		s.start, _ = time.ParseInLocation(dateTime, strings.Replace(start[:len(dateTime)], "T", " ", 1), c.o.Zone)
	}
	s.cell = c.cellOf(s.name)
	for n := 0; ; n++ {
		var v volumeOf
		err := in.Read("SELECT CAST(VolumeName AS TEXT), CAST(MediaType AS TEXT), VolStatus, VolBytes, "+
			"COALESCE(CAST(Storage.Name AS TEXT), '') FROM JobMedia JOIN Media ON Media.MediaId = JobMedia.MediaId "+
			"LEFT JOIN Storage ON Storage.StorageId = Media.StorageId WHERE JobId = ? ORDER BY JobMediaId LIMIT 1 OFFSET ?",
			int64(id), n).Scan(&v.name, &v.kind, &v.status, &v.bytes, &v.storage)
		if errors.Is(err, sql.ErrNoRows) {
			return s, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the volumes of job %d: %w", id, err)
		}
		s.volumes = append(s.volumes, v)
	}
}

// accurate are the JobIds of the set that a job completes, oldest first, by its Client and FileSet, as .bvfs_get_jobids tells them: the
// newest good full backup that is not newer, the newest differential one after that, and the incremental ones since.
func (c *Cluster) accurate(of *saved) (ids []uint32, err error) {
	const good = "FROM Job WHERE Type = 'B' AND JobStatus IN ('T', 'W') AND ClientId = (SELECT ClientId FROM Job WHERE JobId = ?) " +
		"AND FileSetId = (SELECT FileSetId FROM Job WHERE JobId = ?) AND StartTime <= (SELECT StartTime FROM Job WHERE JobId = ?) "
	c.whole()
	at := int64(of.id)
	var full, after int64
	since := "1970-01-01 00:00:00"
	newest := func(level string) (int64, error) {
		var id int64
		var start string
		err := c.reads.Load().Read("SELECT JobId, CAST(StartTime AS TEXT) "+good+"AND Level = ? AND StartTime > ? ORDER BY StartTime DESC, "+
			"JobId DESC LIMIT 1", at, at, at, level, since).Scan(&id, &start)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, nil
		}
		if err == nil {
			since = start
		}
		return id, err
	}
	if full, err = newest("F"); err != nil || full == 0 {
		return nil, err
	}
	ids = append(ids, uint32(full))
	if after, err = newest("D"); err != nil {
		return nil, err
	}
	if after != 0 {
		ids = append(ids, uint32(after))
	}
	for n := 0; ; n++ {
		var id int64
		err := c.reads.Load().Read("SELECT JobId "+good+"AND Level = 'I' AND StartTime > ? ORDER BY StartTime, JobId LIMIT 1 OFFSET ?",
			at, at, at, since, n).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return ids, nil
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, uint32(id))
	}
}

// newestOf is the newest good backup of a client's FileSet; 0: there is none.
func (c *Cluster) newestOf(client, set string) uint32 {
	var id int64
	_ = c.reads.Load().Read("SELECT JobId FROM Job WHERE Type = 'B' AND JobStatus IN ('T', 'W') "+
		"AND ClientId = (SELECT ClientId FROM Client WHERE Name = ?) AND FileSetId IN (SELECT FileSetId FROM FileSet WHERE FileSet = ?) "+
		"ORDER BY StartTime DESC, JobId DESC LIMIT 1", client, set).Scan(&id)
	return uint32(id)
}

// setsOf are the FileSets of which a client has backups.
func (c *Cluster) setsOf(client string) (names []string) {
	for n := 0; ; n++ {
		var name string
		if c.reads.Load().Read("SELECT DISTINCT CAST(FileSet.FileSet AS TEXT) AS F FROM Job JOIN FileSet ON FileSet.FileSetId = Job.FileSetId "+
			"WHERE Type = 'B' AND ClientId = (SELECT ClientId FROM Client WHERE Name = ?) ORDER BY F LIMIT 1 OFFSET ?", client, n).
			Scan(&name) != nil {
			return names
		}
		names = append(names, name)
	}
}

func levelOf(b byte) string { return model.Level(b).String() }
