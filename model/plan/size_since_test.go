package plan

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// factsOf are all that a load of steadyLoad wants beside it.
func factsOf(t *testing.T, l *model.Load, class string) SizeFacts {
	i := &model.Instance{ID: "bacula"}
	i.AWS.At, i.AWS.Value = l.To, model.Description{Class: class, Storage: model.Storage{Type: "gp3", GiB: 400}}
	i.Server.At, i.Server.Value = l.To, model.Server{MaxConnections: 5461,
		Variables: []model.Parameter{{Name: "innodb_buffer_pool_size", Value: "51539607552"}}}
	i.Group.At = l.To
	return SizeFacts{Instance: i, Class: ownClasses(t).Of(class), CatchUps: []time.Time{l.To.AddDate(0, 0, -3)}, ClassSince: l.From}
}

// loud sets what is from a moment on to other values than what is before.
func loud(l *model.Load, from time.Time, s model.Series, before, after float64) {
	for i := range s {
		s[i].Value = before
		if !s[i].At.Before(from) {
			s[i].Value = after
		}
	}
}

// TestACPUOfAnotherClassIsNoneOfThisOne was halved a month ago, after which its CPU is twice as high.
func TestACPUOfAnotherClassIsNoneOfThisOne(t *testing.T) {
	l := steadyLoad(60, 0)
	since := l.To.AddDate(0, 0, -30)
	loud(l, since, l.CPU, 18, 20)
	for i := range 3 {
		l.CPU[5000+i].Value = 90 // of 16 vCPU, while it had them
		l.CPU[12000+i].Value = 30
	}
	f := factsOf(t, l, "db.r7g.2xlarge")
	if f.ClassSince = since; since.Before(l.CPU[5000].At) {
		t.Fatal("the fixture has its peak after the change")
	}
	n := NeedOf(l, f, sizing())
	if len(n.Blind) > 0 || n.CPU != 20 || n.Herd != 30 || !n.From.Equal(since) {
		t.Errorf("%q, CPU %v, herd %v, from %v", n.Blind, n.CPU, n.Herd, n.From)
	}
	f.CatchUps = []time.Time{since.AddDate(0, 0, -1)}
	if n := NeedOf(l, f, sizing()); !strings.Contains(strings.Join(n.Blind, "; "), "--catch-up") {
		t.Errorf("a catch-up of another class counts: %q", n.Blind)
	}
}

func TestALoadOfAnotherClassOrRoleIsRefused(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*SizeFacts, *model.Load)
		says   string
	}{
		"never told":  {func(f *SizeFacts, _ *model.Load) { f.ClassSince = time.Time{} }, "say it with --class-since"},
		"an hour ago": {func(f *SizeFacts, l *model.Load) { f.ClassSince = l.To.Add(-time.Hour) }, "it has its class since 29 Nov 11:00 UTC"},
		"just not":    {func(f *SizeFacts, l *model.Load) { f.ClassSince = l.To.AddDate(0, 0, -14).Add(1) }, "14d are needed"},
		"promoted": {func(f *SizeFacts, l *model.Load) { f.WriterSince = l.To.Add(-6 * time.Hour) },
			"it takes writes since 29 Nov 06:00 UTC"},
		"13 days of it": {func(f *SizeFacts, l *model.Load) { f.WriterSince = l.To.AddDate(0, 0, -13) }, "ask again after 30 Nov 12:00"},
	} {
		l := steadyLoad(60, 0)
		f := factsOf(t, l, "db.r7g.2xlarge")
		if n := NeedOf(l, f, sizing()); len(n.Blind) > 0 {
			t.Fatalf("%q", n.Blind)
		}
		x.change(&f, l)
		f.CatchUps = []time.Time{l.To.Add(-2 * time.Hour)}
		n := NeedOf(l, f, sizing())
		if told := strings.Join(n.Blind, "; "); !strings.Contains(told, x.says) || strings.Contains(told, "none of it") {
			t.Errorf("%s: %q", name, n.Blind)
		}
		if s := Size(n, ownClasses(t), "", sizing()); s.Verdict != SizeRefused {
			t.Errorf("%s: %s %s", name, s.Verdict, s.To)
		}
	}
}

// TestAPromotedReplicaIsJudgedAsAWriter was idle as a replica, and is loud since.
func TestAPromotedReplicaIsJudgedAsAWriter(t *testing.T) {
	l := steadyLoad(60, 0)
	since := l.To.AddDate(0, 0, -20)
	loud(l, since, l.CPU, 4, 31)
	loud(l, since, l.WriteIOPS, 90, 300)
	f := factsOf(t, l, "db.r7g.2xlarge")
	f.WriterSince = since
	n := NeedOf(l, f, sizing())
	if len(n.Blind) > 0 || n.CPU != 31 || n.IOPS != 1200 || !n.From.Equal(since) {
		t.Errorf("%q, CPU %v, IOPS %v, from %v", n.Blind, n.CPU, n.IOPS, n.From)
	}
}

func TestSinceWhenAnInstanceIsWhatItIs(t *testing.T) {
	at := func(hours int) time.Time { return time.Date(2026, 11, 20, hours, 0, 0, 0, time.UTC) }
	events := []model.RDSEvent{
		{At: at(1), Instance: "bacula", Says: "Applying modification to database instance class"},
		{At: at(2), Instance: "bacula", Says: "Finished applying modification to DB instance class"},
		{At: at(3), Instance: "bacula", Says: "DB instance restarted"},
		{At: at(4), Instance: "other", Says: "Finished applying modification to DB instance class"},
		{At: at(5), Instance: "other", Says: "Replication for the Read Replica resumed"},
		{At: at(6), Instance: "bacula", Says: "Backing up DB instance."},
	}
	if since := ClassSince(events, "bacula"); !since.Equal(at(2)) {
		t.Errorf("its class since %v", since)
	}
	if a, b := ReplicaUntil(events, "bacula"), ReplicaUntil(events, "other"); !a.IsZero() || !b.Equal(at(5)) {
		t.Errorf("replicas until %v and %v", a, b)
	}
	st := &record.State{}
	for _, a := range []record.Action{
		{Verb: board.FailoverVerb, Which: "switchover", State: record.ActionDone, Done: 4, Ended: at(3), LastAt: at(9)},
		{Verb: board.FailoverVerb, Which: "emergency", State: record.ActionFailed, Done: 2, LastAt: at(5)},
		{Verb: board.FailoverVerb, Which: "emergency", State: record.ActionWaits, LastAt: at(8)},
		{Verb: board.FailoverVerb, Which: "az", State: record.ActionDone, Done: 4, Ended: at(10)},
		{Verb: RecoverVerb, Which: "drill", State: record.ActionDone, Done: 4, Ended: at(11)},
	} {
		st.Actions = append(st.Actions, &a)
	}
	if since := WriterSince(st); !since.Equal(at(5)) {
		t.Errorf("it takes writes since %v", since)
	}
	if ups := CatchUps(st); len(ups) != 1 || !ups[0].Equal(at(10)) {
		t.Errorf("catch-ups %v: a takeover is none", ups)
	}
	st.Actions = append(st.Actions, &record.Action{Verb: RecoverVerb, Which: "bring up", State: record.ActionDone, Ended: at(12)})
	if since := WriterSince(st); !since.Equal(at(12)) {
		t.Errorf("after a recovery it takes writes since %v", since)
	}
}

func TestACatchUpThatWasNotMeasuredIsNone(t *testing.T) {
	lose := func(s model.Series, from, until time.Time) (out model.Series) {
		for _, p := range s {
			if p.At.Before(from) || !p.At.Before(until) {
				out = append(out, p)
			}
		}
		return out
	}
	at := steadyLoad(60, 0).To.AddDate(0, 0, -10).Add(2 * time.Minute)
	for name, x := range map[string]struct {
		change func(*SizeFacts, *model.Load)
		says   string // empty: it counts
	}{
		"measured":     {func(*SizeFacts, *model.Load) {}, ""},
		"a minute ago": {func(f *SizeFacts, l *model.Load) { f.CatchUps = []time.Time{l.To.Add(-time.Minute)} }, "is not measured for 1h yet"},
		"55 minutes": {func(f *SizeFacts, l *model.Load) { f.CatchUps = []time.Time{l.To.Add(-55 * time.Minute)} },
			"is not measured for 1h yet"},
		"an hour ago": {func(f *SizeFacts, l *model.Load) { f.CatchUps = []time.Time{l.To.Add(-time.Hour)} }, ""},
		"no CPU":      {func(_ *SizeFacts, l *model.Load) { l.CPU = lose(l.CPU, at, at.Add(3*time.Hour)) }, "1 of 12 points"},
		"a lost write": {func(_ *SizeFacts, l *model.Load) {
			l.WriteIOPS = lose(l.WriteIOPS, at.Add(30*time.Minute), at.Add(35*time.Minute))
		}, "after what was let go at 19 Nov 12:02 UTC CloudWatch has 11 of 12 points"},
		"lost later": {func(_ *SizeFacts, l *model.Load) { l.CPU = lose(l.CPU, at.Add(time.Hour), at.Add(2*time.Hour)) }, ""},
		"another one": {func(f *SizeFacts, l *model.Load) {
			l.CPU = lose(l.CPU, at, at.Add(3*time.Hour))
			f.CatchUps = append(f.CatchUps, at.AddDate(0, 0, -1))
		}, ""},
		"before its class": {func(f *SizeFacts, l *model.Load) {
			f.ClassSince, f.CatchUps = l.To.AddDate(0, 0, -20), []time.Time{l.To.AddDate(0, 0, -20).Add(-time.Minute)}
		}, "nothing in that time was held back"},
	} {
		l := steadyLoad(60, 0)
		f := factsOf(t, l, "db.r7g.2xlarge")
		f.CatchUps = []time.Time{at}
		x.change(&f, l)
		told := strings.Join(NeedOf(l, f, sizing()).Blind, "; ")
		if x.says == "" && told != "" || x.says != "" && (!strings.Contains(told, x.says) || !strings.Contains(told, "--catch-up")) {
			t.Errorf("%s: %q", name, told)
		}
	}
}
