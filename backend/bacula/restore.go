package bacula

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// MostCounted is how many file records are counted: beyond, a catalog would be busy with it for longer than a watcher may keep it.
const MostCounted = 400_000

// ErrNoFiles says that a catalog has no file records of some jobs, or does not tell them: the account may not read its table File.
var ErrNoFiles = fault(model.ErrAnswer, "the catalog has no file records of them")

// Files counts, by their paths, the files that a restore of some jobs leaves: of each path the newest record counts, and one that says that
// the file is gone (FileIndex 0) is none. The caller has seen to it that they have no more than MostCounted records. It is ErrNoFiles when
// there are none.
func (c *Catalog) Files(ctx context.Context, jobids []uint32) (uint64, error) {
	if len(jobids) > stFiles.Args {
		return 0, fault(nil, "count files: %d jobs, more than %d", len(jobids), stFiles.Args)
	}
	n, err := c.files(ctx, stFiles, jobids)
	if mysql.Number(err) == 1054 { // before 1026 the names have a table of their own
		n, err = c.files(ctx, stFilesOld, jobids)
	}
	switch {
	case mysql.Denied(err), mysql.Number(err) == 1146, err == nil && n == 0:
		return 0, ErrNoFiles
	case err != nil:
		return 0, c.fault("count files", err)
	}
	return n, nil
}

func (c *Catalog) files(ctx context.Context, st Statement, jobids []uint32) (n uint64, err error) {
	err = c.each(ctx, st, filled(st, jobids), func(rows *sql.Rows) error { return rows.Scan(&n) })
	return n, err
}

// FileSets are the FileSets of some jobs by name, with the newest hash of each, as the catalog has them, and each job's own hash.
func (c *Catalog) FileSets(ctx context.Context, jobids []uint32) (sets []model.FileSetSight, of map[uint32]string, err error) {
	of = map[uint32]string{}
	for part := range slices.Chunk(slices.Sorted(slices.Values(jobids)), stFileSets.Args) {
		err := c.each(ctx, stFileSets, filled(stFileSets, part), func(rows *sql.Rows) error {
			var id uint32
			var name, hash sql.RawBytes
			if err := rows.Scan(&id, &name, &hash); err != nil {
				return err
			}
			set := model.FileSetSight{Name: model.Literal(string(name)), Hash: model.Clean(string(hash))}
			of[id] = set.Hash
			if i := slices.IndexFunc(sets, func(s model.FileSetSight) bool { return s.Name == set.Name }); i >= 0 {
				sets[i] = set
			} else {
				sets = append(sets, set)
			}
			return nil
		})
		if err != nil {
			return nil, nil, c.fault("read file sets", err)
		}
	}
	slices.SortFunc(sets, func(a, b model.FileSetSight) int { return strings.Compare(a.Name, b.Name) })
	return sets, of, nil
}

// Prunes tells whether a client's jobs prune the catalog when they end; Unknown when the catalog has no such client.
func (c *Catalog) Prunes(ctx context.Context, client string) (model.Verdict, error) {
	if err := c.readClients(ctx); err != nil {
		return model.Unknown, err
	}
	var id uint32
	c.mu.Lock()
	for n, name := range c.clients {
		if name == client {
			id = n
		}
	}
	c.mu.Unlock()
	if id == 0 {
		return model.Unknown, nil
	}
	kept, err := c.Retentions(ctx, []uint32{id})
	switch {
	case err != nil:
		return model.Unknown, err
	case kept[id] != Retention{}:
		return model.Holds, nil
	}
	return model.Fails, nil
}

func showFileSet(name string) Command { return Command{`show fileset="` + name + `"`} }

// FileSets tells which plugins the Director's FileSets of these names have. One that it does not have any more is an error: nobody knows
// then what is in its backups.
func (c Console) FileSets(ctx context.Context, names []string) ([]model.FileSetSight, error) {
	shown, err := c.shown(ctx, names, showFileSet)
	if err != nil {
		return nil, err
	}
	var out []model.FileSetSight
	for i, name := range names {
		own := shown[i]
		set := model.FileSetSight{Name: name}
		known := false
		for line := range strings.SplitSeq(own, "\n") {
			known = known || strings.HasPrefix(line, "FileSet: name="+name+" ")
			for _, sign := range []string{"      P ", "      G "} { // of its own, and of its options
				if plugin, is := strings.CutPrefix(line, sign); is {
					set.Plugins = append(set.Plugins, model.Clean(plugin))
				}
			}
		}
		if !known {
			return nil, fault(model.ErrAnswer, "%s: it does not show its FileSet %s: %s", c.who(), name, firstWords(own))
		}
		out = append(out, set)
	}
	return out, nil
}

// Restored is what the report at the end of a restore's log says; a field that it does not say is empty.
type Restored struct{ Where, Replace, Termination string }

// Restored reads the report of a restore. Told is false as long as its log has none.
func (c *Catalog) Restored(ctx context.Context, jobid uint32) (r Restored, told bool, err error) {
	lines, err := c.log(ctx, stWhy, jobid)
	if err != nil {
		return r, false, c.fault("read job log", err)
	}
	for _, l := range lines {
		for _, f := range []struct {
			label string
			to    *string
		}{{"Where:", &r.Where}, {"Replace:", &r.Replace}, {"Termination:", &r.Termination}} {
			if value, is := strings.CutPrefix(strings.TrimSpace(l.Text), f.label); is {
				*f.to = strings.TrimSpace(value)
			}
		}
	}
	return r, r.Termination != "", nil
}

// VolumeStatuses are the VolStatus of volumes, by name. Those that the catalog does not have are left out.
func (c *Catalog) VolumeStatuses(ctx context.Context, names []string) (map[string]string, error) {
	out := map[string]string{}
	for part := range slices.Chunk(names, statusesAtOnce) {
		args := make([]any, statusesAtOnce)
		for i := range args {
			args[i] = part[min(i, len(part)-1)]
		}
		err := c.each(ctx, stVolumeStatuses, args, func(rows *sql.Rows) error {
			var name, status string
			err := rows.Scan(&name, &status)
			out[name] = status
			return err
		})
		if err != nil {
			return nil, c.fault("read the status of volumes", err)
		}
	}
	return out, nil
}

// HighestVolume is the highest MediaId of the catalog; 0: it has no volume.
func (c *Catalog) HighestVolume(ctx context.Context) (id uint64, err error) {
	err = c.each(ctx, stHighestVolume, nil, func(rows *sql.Rows) error {
		return rows.Scan(&id)
	})
	if err != nil {
		return 0, c.fault("read the highest MediaId", err)
	}
	return id, nil
}

// NewestVolumes are the volumes that the newest jobs wrote to, those of the newest first.
func (c *Catalog) NewestVolumes(ctx context.Context) (out []model.JobVolume, err error) {
	top, err := c.top(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	err = c.each(ctx, stNewestVolumes, []any{max(0, top-volumesOfNewest)}, func(rows *sql.Rows) error {
		var job, id, pool, of, name, kind sql.RawBytes
		err := rows.Scan(&job, &of, &id, &name, &kind, &pool)
		n, _ := wholeNumber(pool, 32)
		out = append(out, model.JobVolume{Job: model.Literal(string(of)), Name: string(name), MediaType: string(kind), Pool: uint32(n)})
		return err
	})
	if err != nil {
		return nil, c.fault("read the volumes of the newest jobs", err)
	}
	return out, nil
}
