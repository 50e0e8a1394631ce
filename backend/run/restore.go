package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// restoreDeed starts a restore. It is seen as a backup by hand is, by its tag: its job is there when its Director has built its tree, which
// may be long after its console has gone, so that absence is proven by what the Director holds.
var restoreDeed = deed{
	look: func(ctx context.Context, b *Bacula, o plan.Order, past plan.Past) (Sight, error) {
		s := o.StartRestore.Found(past)
		sight, err := b.clusters[s.Cluster].started(ctx, s.TaggedJob, b.since(past))
		if err == nil && sight.Verdict == model.Holds {
			of := record.FoundRestoring{Cluster: s.Cluster, Point: s.Point, Client: s.Client, Where: s.Where}
			if len(s.Files) == 0 { // how much a part of them holds is not known
				of.Bytes = s.Bytes
			}
			sight.Found = append(sight.Found, record.Found{Restoring: &of})
		}
		return sight, err
	},
	do: func(ctx context.Context, b *Bacula, o plan.Order) error {
		s := o.StartRestore
		_, err := push.Restore(ctx, b.clusters[s.Cluster].Console, o.Sends(), s.Job, s.Where, s.Files, s.Tag, s.Source, s.Client)
		return err
	},
}

var verifyDeed = deed{look: func(ctx context.Context, b *Bacula, o plan.Order, past plan.Past) (Sight, error) {
	return b.clusters[o.VerifyRestore.Cluster].restored(ctx, o.VerifyRestore, past)
}}

// restored wants every file that can be counted, without an error, where the plan said. That Bacula calls a restore OK is not enough: with
// replace=never it is OK also when it wrote nothing, and without a volume when it wrote less. As long as the log has no report nobody can
// tell where it went.
func (l *lever) restored(ctx context.Context, v *plan.VerifyRestore, past plan.Past) (Sight, error) {
	r, err := l.row(ctx, v.TaggedJob, past)
	if err != nil {
		return Sight{}, err
	}
	if _, _, err := l.find(ctx, v.TaggedJob); errors.Is(err, errTwice) {
		return Sight{}, err
	}
	says := fmt.Sprintf("JobId %d: %s, %d files, %s, %d errors", r.ID, r.Outcome(), r.Files, model.Size(r.Bytes), r.Errors)
	if bad := restoreLacks(&r, v); bad != "" {
		if why, err := l.Catalog.Why(ctx, r.ID); err == nil && why != "" {
			bad += ": " + why
		}
		return Sight{Verdict: model.Fails, Says: causeFirst(&r, says+": "+bad)}, nil
	}
	told, whole, err := l.Catalog.Restored(ctx, r.ID)
	switch {
	case err != nil:
		return Sight{}, err
	case !whole:
		return Sight{Says: says + ", and its log does not say yet where they are"}, nil
	case told.Where != v.Where:
		return Sight{Verdict: model.Fails, Says: fmt.Sprintf("%s: its log says that they are in %q, not in %s", says, told.Where, v.Where)}, nil
	case !strings.EqualFold(told.Replace, "never"):
		return Sight{Verdict: model.Fails, Says: fmt.Sprintf("%s: its log says replace %q, not never", says, told.Replace)}, nil
	}
	if v.Expect > 0 {
		says += ", as many as its set holds"
	} else {
		says += "; how many there must be nobody can tell (" + v.NoCount + ")"
	}
	return Sight{Verdict: model.Holds, Says: says, Found: []record.Found{{Restored: &record.FoundRestored{
		Client: v.Client, Where: v.Where, Files: r.Files, Bytes: r.Bytes, Format: v.Format, Parts: v.Parts}}}}, nil
}

// causeFirst puts why a restore ended badly before all else that is to be said of it: a narrow screen shows the beginning.
func causeFirst(r *bacula.Row, says string) string {
	cause := model.RestoreCause(says)
	if r.Type != model.TypeRestore || cause == "" {
		return says
	}
	return cause + ": " + says
}

// restoreLacks says why what a restore's job left is not what was asked for; empty when it is, as far as its row tells.
func restoreLacks(r *bacula.Row, v *plan.VerifyRestore) string {
	switch {
	case r.Type != model.TypeRestore:
		return fmt.Sprintf("it is no restore, but of type %q", string(rune(r.Type)))
	case r.Status != 'T':
		return "it is not OK"
	case r.Errors > 0:
		return "it had errors"
	case r.Files == 0:
		return "it restored nothing"
	case r.Bytes == 0 && v.Bytes > 0:
		if v.File != "" {
			return "it wrote nothing: the file is empty, or was there before"
		}
		return "it wrote nothing: what is there was there before"
	case v.Expect > 0 && r.Files < v.Expect:
		return fmt.Sprintf("%d files are missing of %d", v.Expect-r.Files, v.Expect)
	case v.Expect > 0 && r.Files > v.Expect:
		return fmt.Sprintf("it has %d files more than its set holds", r.Files-v.Expect)
	}
	return ""
}
