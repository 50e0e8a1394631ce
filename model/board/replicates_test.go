package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// TestEachChannelIsTold by its name, for itself: when it breaks, lags, heals, is delayed on purpose, and when it is gone.
func TestEachChannelIsTold(t *testing.T) {
	w := newBoard(t, midday)
	channel := func(name string, lag model.Lag, delay time.Duration) model.Replication {
		return model.Replication{Channel: name, Lag: lag, IO: "Yes", SQL: "Yes", Delay: delay}
	}
	look := func(of ...model.Replication) string {
		w.now = w.now.Add(10 * time.Second)
		before := len(w.Snapshot(w.now).Events)
		w.RDS(func(r *model.RDS) {
			r.Primary, r.Replica = &model.Instance{ID: "bacula"}, &model.Instance{ID: "bacula-replica"}
			s := model.Server{}
			if len(of) > 0 {
				s.Replication = &of[0]
			}
			if len(of) > 1 {
				s.Channels = of
			}
			r.Replica.Server = model.Reading[model.Server]{At: w.now, Value: s}
		})
		var says []string
		for _, e := range w.Snapshot(w.now).Events[before:] {
			says = append(says, strings.TrimPrefix(e.Says, "bacula-replica"))
		}
		return strings.Join(says, "; ")
	}
	well, late := model.KnownLag(0), model.KnownLag(40*time.Second)
	for i, st := range []struct {
		of   []model.Replication
		want string
	}{
		{[]model.Replication{channel("", well, 0), channel("reports", well, 0)}, ""},
		{[]model.Replication{channel("", well, 0), channel("reports", late, 0)},
			", channel reports: the replica is 40 s behind (limit for a switchover 5s)"},
		{[]model.Replication{channel("", model.BrokenLag("SQL thread stopped: worker 2: 1062 Duplicate"), 0), channel("reports", late, 0)},
			", its unnamed channel: replication is broken: SQL thread stopped: worker 2: 1062 Duplicate"},
		{[]model.Replication{channel("", model.UnknownLag("x"), 0), channel("reports", well, time.Hour)},
			", channel reports: the replica is delayed by 1h on purpose; , channel reports: the replica keeps up again after 20 s, " +
				"it was at most 40 s behind"},
		{[]model.Replication{channel("", well, 0), channel("reports", well, 0)},
			", its unnamed channel: replication runs again after 20 s; , channel reports: the replica is not delayed any more"},
		{[]model.Replication{channel("", well, 0)}, ": channel reports is gone: nothing is replicated by it any more"},
		{nil, ": replication is broken: it replicates from nobody"},
	} {
		if got := look(st.of...); got != st.want {
			t.Errorf("step %d: %q, want %q", i, got, st.want)
		}
	}
}
