package feed

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
)

// RestoreList reads both catalogs for the points to which some cells can be restored, and asks both active Directors which clients they
// still know. Nothing of it is on the board, and nothing is asked again by itself. What was not read is told in the list, and so is a
// catalog that is not the one it is configured as: nothing of it counts. An error is the end of ctx.
func (f *Feed) RestoreList(ctx context.Context, ask model.RestoreAsk) (*model.RestoreList, error) {
	var reads [2]*restoreReading
	var wrong [2]error
	var wg sync.WaitGroup
	wg.Go(func() { wrong = f.wrongCatalogs(ctx, ask.Clusters) })
	for _, k := range model.Clusters {
		if len(ask.Clusters) > 0 && !slices.Contains(ask.Clusters, k) {
			continue
		}
		reads[k] = &restoreReading{Cluster: f.of[k], cluster: k, ask: ask}
		f.tell(func(b *board.Board) { reads[k].acting = b.Acting(k) })
		wg.Go(func() { reads[k].rows(ctx) })
	}
	wg.Wait()
	for k, r := range reads {
		if r != nil && wrong[k] != nil {
			r.err = wrong[k]
		}
	}
	all, read := merged(reads)
	ids := model.VolumesFor(ask, all, read, model.Now())
	for _, k := range model.Clusters {
		if read[k] {
			wg.Go(func() { reads[k].volumes(ctx, ids[k]) })
		}
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all, read = merged(reads)
	l := model.NewRestoreList(ask, all, read, model.Now())
	for _, r := range reads {
		if r != nil && r.err != nil {
			l.Miss(model.Unread{Cluster: r.cluster, Why: model.Clean(strings.TrimPrefix(r.err.Error(), model.ErrIdentity.Error()+": "))})
		}
	}
	return l, nil
}

// otherWithin is how long the catalog of a cluster that is not asked for may take to say whether it is the same one.
const otherWithin = 2 * time.Second

// wrongCatalogs says which catalogs are not those that they are configured as, by what is seen of both clusters. Of one of which nothing
// tells whose it is nothing is said: it can be read also while every Director is down. No clusters are both.
func (f *Feed) wrongCatalogs(ctx context.Context, of []model.Cluster) (wrong [2]error) {
	f.box.Lock()
	snap := f.last
	f.box.Unlock()
	if f.asked != nil {
		var must, may []model.Source
		for _, k := range model.Clusters {
			sources := []model.Source{model.CatalogOf(k), {Kind: model.SourceDirector, Cluster: k}}
			if len(of) == 0 || slices.Contains(of, k) {
				must = append(must, sources...)
			} else {
				may = append(may, sources...)
			}
		}
		var err error
		if snap, err = f.Fresh(ctx, must, may, Wait{Must: f.policy.Answer + time.Second, May: otherWithin}); err != nil {
			return wrong
		}
	}
	if snap == nil {
		return wrong
	}
	for _, k := range model.Clusters {
		if s := snap.Source(model.CatalogOf(k)); s != nil && s.Wrong {
			wrong[k] = fmt.Errorf("%w: %s", model.ErrIdentity, s.Why)
		}
	}
	return wrong
}

func merged(reads [2]*restoreReading) (all []model.History, read [2]bool) {
	for k, r := range reads {
		if r != nil && r.err == nil {
			read[k] = true
			all = append(all, r.out...)
		}
	}
	return all, read
}

// restoreReading is what one cluster tells.
type restoreReading struct {
	*Cluster
	cluster model.Cluster
	acting  int // the place of the Director that schedules
	ask     model.RestoreAsk
	out     []model.History
	err     error
}

// rows reads everything but volumes. Which clients the Director knows is asked meanwhile.
func (r *restoreReading) rows(ctx context.Context) {
	var wg sync.WaitGroup
	var clients map[string]bool
	var why string
	wg.Go(func() { clients, why = r.clients(ctx) })
	r.out, r.err = r.histories(ctx)
	wg.Wait()
	for i := range r.out {
		r.out[i].Clients, r.out[i].NoClients = clients, why
	}
}

func (r *restoreReading) clients(ctx context.Context) (known map[string]bool, why string) {
	names, err := r.Directors[r.acting].Reader.Console.Clients(ctx)
	if err != nil {
		return nil, model.Clean(err.Error())
	}
	known = make(map[string]bool, len(names))
	for _, n := range names {
		known[n] = true
	}
	return known, ""
}

func (r *restoreReading) histories(ctx context.Context) ([]model.History, error) {
	ahead, err := r.Catalog.Clock(ctx)
	if err != nil {
		return nil, err
	}
	var page bacula.Page
	if !r.ask.Deep {
		page = bacula.RestorePage(len(r.ask.Cells))
	}
	page.Before = r.ask.Before
	var out []model.History
	for _, c := range r.ask.Cells {
		rows, whole, err := r.Catalog.Backups(ctx, r.Names.Name(c.Cell), page)
		if err != nil {
			return nil, err
		}
		saved, err := r.saved(ctx, rows)
		if err != nil {
			return nil, err
		}
		out = append(out, model.History{Cluster: r.cluster, Cell: c.Cell, Saved: saved, Whole: whole, Now: model.Now().Add(ahead)})
	}
	return out, nil
}

// saved adds to the rows of a name whether copies stand alone, and for how long they are kept.
func (r *restoreReading) saved(ctx context.Context, rows []bacula.Backup) ([]model.Saved, error) {
	there, err := r.originals(ctx, rows)
	if err != nil {
		return nil, err
	}
	kept, err := r.retentions(ctx, rows)
	if err != nil {
		return nil, err
	}
	out := make([]model.Saved, len(rows))
	for i := range rows {
		b := &rows[i]
		s := model.Saved{Job: b.ToJob(r.cluster), Pruned: b.Purged, Alone: b.Type == model.TypeCopy && b.PriorID != 0 && !there[b.PriorID]}
		r.bind(&s.Job)
		if k := kept[b.ClientID]; !s.Job.End.IsZero() {
			s.JobsUntil, s.FilesUntil = later(s.Job.End, k.Jobs), later(s.Job.End, k.Files)
		}
		out[i] = s
	}
	return out, nil
}

func later(t time.Time, by time.Duration) time.Time {
	if by == 0 {
		return time.Time{}
	}
	return t.Add(by)
}

// originals are the JobIds of the backups that copies among the rows were made of, as far as they are there under the copy's name.
func (r *restoreReading) originals(ctx context.Context, rows []bacula.Backup) (map[uint32]bool, error) {
	there, names := map[uint32]bool{}, map[uint32]string{}
	for i := range rows {
		if b := &rows[i]; b.Type == model.TypeCopy && b.PriorID != 0 {
			names[b.PriorID] = b.Name
		}
	}
	if len(names) == 0 {
		return there, nil
	}
	ids := make([]uint32, 0, len(names))
	for id := range names {
		ids = append(ids, id)
	}
	found, err := r.Catalog.Rows(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if o := &found[i]; o.Type == model.TypeBackup && o.Name == names[o.ID] {
			there[o.ID] = true
		}
	}
	return there, nil
}

func (r *restoreReading) retentions(ctx context.Context, rows []bacula.Backup) (map[uint32]bacula.Retention, error) {
	var ids []uint32
	for i := range rows {
		if id := rows[i].ClientID; id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return r.Catalog.Retentions(ctx, ids)
}

// volumes adds those of some jobs.
func (r *restoreReading) volumes(ctx context.Context, ids []uint32) {
	told, err := r.Catalog.Volumes(ctx, ids)
	if err != nil {
		r.err = err
		return
	}
	for i := range r.out {
		for n := range r.out[i].Saved {
			s := &r.out[i].Saved[n]
			if v, ok := told[s.Job.ID]; ok {
				s.Told, s.Volumes = true, v
			}
		}
	}
}

// VolumeNames are those of the volumes of some jobs of a cluster, by JobId, as far as a record of evidence holds them.
func (f *Feed) VolumeNames(ctx context.Context, c model.Cluster, ids []uint32) (map[uint32][]string, error) {
	told, err := f.of[c].Catalog.Volumes(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[uint32][]string, len(told))
	for id, all := range told {
		for _, v := range all {
			if name := model.Clean(v.Name); name != "" && !slices.Contains(out[id], name) {
				out[id] = append(out[id], name)
			}
		}
	}
	return out, nil
}
