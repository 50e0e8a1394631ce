package feed

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
)

// clients asks the file daemons of running jobs how far they are: Director and catalog know no bytes before a job has ended.
type clients struct {
	*Feed
	cluster model.Cluster
	reader  *bacula.ClientReader // it leaves a silent client alone
	again   func()               // asks to be asked again at once
	hurried int                  // how often that was done in a row
}

// hasten asks again soon for the first bytes of a job, but not for ever: a script before the backup may take its time.
func (s *clients) hasten(far map[string]model.Progress) {
	for _, p := range far {
		if p.Bytes == 0 && p.Why == "" && s.hurried < 10 {
			s.hurried++
			time.AfterFunc(hurry(s.hurried), s.again)
			return
		}
	}
	s.hurried = 0
}

func (s *clients) read(ctx context.Context) (string, error) {
	var jobs map[string][]string
	s.tell(func(b *board.Board) { jobs = b.RunningOn(s.cluster) })
	far := map[string]model.Progress{}
	var met []string
	left := 0 // not asked
	var kind error
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		said, err := s.reader.ClientRunning(ctx, name)
		if ctx.Err() != nil {
			return "", fmt.Errorf("asking %d clients: %w", len(jobs), ctx.Err())
		}
		if err != nil {
			for _, job := range jobs[name] {
				far[job] = model.Progress{Percent: -1, Left: -1, Why: model.Clean(err.Error())}
			}
			if errors.Is(err, model.ErrNotAsked) {
				left++
				continue
			}
			met, kind = append(met, err.Error()), err
			continue
		}
		maps.Copy(far, said)
	}
	s.tell(func(b *board.Board) { b.Clients(s.cluster, far) })
	s.hasten(far)
	switch {
	case len(met) > 0:
		return "", &model.Fault{Kind: kind, Says: fmt.Sprintf("%d of %d clients do not tell: %s", len(met), len(jobs), strings.Join(met[:min(len(met), 3)], "; "))}
	case len(jobs) == 0:
		return "", errIdle
	case left == len(jobs):
		return "", errWaits
	}
	return fmt.Sprintf("%d with running jobs", len(jobs)), nil
}
