package feed

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
)

// storages asks the Storage Daemons of running jobs how far they are: Director and catalog know no bytes before a job has ended.
type storages struct {
	*Feed
	cluster model.Cluster
	readers []*bacula.StorageReader // through each Director of the cluster; they leave a silent Storage Daemon alone
	again   func()                  // asks to be asked again at once
	hurried int                     // how often that was done in a row
}

// hasten asks again soon for the first bytes of a job, but not for ever: a script before the backup may take its time.
func (s *storages) hasten(far map[string]model.Progress) {
	for _, p := range far {
		if p.Bytes == 0 && p.Why == "" && s.hurried < 10 {
			s.hurried++
			time.AfterFunc(hurry(s.hurried), s.again)
			return
		}
	}
	s.hurried = 0
}

func (s *storages) read(ctx context.Context) (string, error) {
	var jobs map[string][]string
	acting := 0
	s.tell(func(b *board.Board) { jobs, acting = b.RunningOn(s.cluster), b.Acting(s.cluster) })
	if len(jobs) == 0 {
		s.tell(func(b *board.Board) { b.Storages(s.cluster, nil) })
		s.hurried = 0
		return "", errIdle
	}
	said, met := s.readers[acting].Running(ctx, slices.Collect(maps.Keys(jobs)))
	if ctx.Err() != nil {
		return "", fmt.Errorf("asking %d storages: %w", len(jobs), ctx.Err())
	}
	far := map[string]model.Progress{}
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		for _, job := range jobs[name] {
			if p, told := said[job]; told { // by any Storage resource of its daemon
				far[job] = p
			} else if why := met[name]; why != nil {
				far[job] = model.Progress{Percent: -1, Left: -1, Why: model.Clean(why.Error())}
			}
		}
	}
	s.tell(func(b *board.Board) { b.Storages(s.cluster, far) })
	s.hasten(far)
	if len(met) > 0 {
		var why []string
		var kind error
		for _, name := range slices.Sorted(maps.Keys(met)) {
			why, kind = append(why, met[name].Error()), met[name]
		}
		return "", &model.Fault{
			Kind: kind,
			Says: fmt.Sprintf("%d of %d storages do not tell: %s", len(met), len(jobs), strings.Join(why[:min(len(why), 3)], "; ")),
		}
	}
	return fmt.Sprintf("%d with running jobs", len(jobs)), nil
}
