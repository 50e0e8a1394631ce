package run

import (
	"context"
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// fenced notes what a server has executed once nobody of the Director's account is on it: in two looks that agree. What the server itself
// writes meanwhile is noted, too, and waited for; it is no harm.
func (h *Amazon) fenced(ctx context.Context, p *plan.Pair) (Sight, error) {
	what := "fence " + p.From.ID
	s, err := h.server(ctx, &p.From)
	if err != nil {
		h.disagree(what)
		return Sight{}, err
	}
	switch {
	case s.Director < 0:
		return Sight{}, fmt.Errorf(
			"whether the Director's account is on %s cannot be seen: rds.director_account names it, and who asks needs PROCESS",
			p.From.ID,
		)
	case s.Director > 0:
		h.disagree(what)
		return Sight{Verdict: model.Fails, Says: fmt.Sprintf("%d sessions of the Director's account are on %s", s.Director, p.From.ID)}, nil
	}
	fence, err := fenceAt(p.From.ID, &s)
	if err != nil {
		return Sight{}, err
	}
	found := record.Found{Fence: fence}
	return h.agree(what, Sight{Verdict: model.Holds, Says: found.String(), Found: []record.Found{found}}), nil
}

// fenceAt is what a server has executed by now: by GTIDs, else by its place in its own binary log.
func fenceAt(id string, s *model.Server) (*record.FoundFence, error) {
	fence := &record.FoundFence{Server: id, UUID: s.UUID}
	switch {
	case s.GTIDMode == "ON" && !s.GTIDs.Empty():
		fence.GTIDs = s.GTIDs.String()
	case s.BinlogFile != "" && s.BinlogPos > 0:
		fence.File, fence.Pos = s.BinlogFile, s.BinlogPos
	default:
		return nil, fmt.Errorf("what %s has executed cannot be told: gtid_mode is %s, and no place in a binary log is told", id, s.GTIDMode)
	}
	return fence, nil
}

// fenceOf is what was noted of the server that is given up; nil when nothing was.
func fenceOf(past plan.Past, server string) (fence *record.FoundFence) {
	for i := range past.Found {
		if f := past.Found[i].Fence; f != nil && f.Server == server {
			fence = f
		}
	}
	return fence
}

// caughtUp wants all that was noted on the replica: its set is a superset of it. Lag proves nothing.
func (h *Amazon) caughtUp(ctx context.Context, p *plan.Pair, past plan.Past) (Sight, error) {
	fence := fenceOf(past, p.From.ID)
	if fence == nil {
		return Sight{}, fmt.Errorf("nobody noted what %s has executed", p.From.ID)
	}
	s, err := h.server(ctx, &p.To)
	if err != nil {
		return Sight{}, err
	}
	if fence.GTIDs == "" {
		return caughtUpByPlace(fence, &s, p.To.ID)
	}
	want, err := model.ParseGTIDs(fence.GTIDs)
	switch {
	case err != nil:
		return Sight{}, err
	case want.Empty() || s.GTIDMode != "ON" || s.GTIDs.Empty():
		return Sight{}, fmt.Errorf("GTIDs do not tell: gtid_mode of %s is %s", p.To.ID, s.GTIDMode)
	}
	left := want.Minus(s.GTIDs)
	if n := left.Count(); n > 0 {
		return Sight{Verdict: model.Fails, Says: fmt.Sprintf("%s lacks %d transactions of what %s had executed", p.To.ID, n, p.From.ID)}, nil
	}
	return Sight{
		Verdict: model.Holds,
		Says:    fmt.Sprintf("%s has all %d transactions that %s had executed", p.To.ID, want.Count(), p.From.ID),
	}, nil
}

// caughtUpByPlace compares places in the source's binary log. Files are numbered upwards, and those of another server prove nothing: of
// several channels the one counts that reads from the source.
func caughtUpByPlace(fence *record.FoundFence, s *model.Server, id string) (Sight, error) {
	r := s.Stream(fence.UUID)
	switch {
	case r == nil || r.File == "" || r.Pos == 0:
		return Sight{}, fmt.Errorf("%s does not tell up to which place it has executed", id)
	case r.SourceUUID != fence.UUID && (len(s.Streams()) > 1 || r.SourceUUID != "" && fence.UUID != ""):
		return Sight{}, fmt.Errorf("no channel of %s is known to read from %s", id, fence.Server)
	}
	says := fmt.Sprintf("%s has executed up to %s:%d, and %s:%d was noted", id, r.File, r.Pos, fence.File, fence.Pos)
	if r.File > fence.File && len(r.File) == len(fence.File) || len(r.File) > len(fence.File) || r.File == fence.File && r.Pos >= fence.Pos {
		return Sight{Verdict: model.Holds, Says: says}, nil
	}
	return Sight{Verdict: model.Fails, Says: says}, nil
}

// settled waits out whatever AWS is at, a backup for one: in two looks. What is pending until a window of maintenance keeps AWS from
// nothing.
func (h *Amazon) settled(ctx context.Context, i *plan.OnInstance) (Sight, error) {
	what := "settled " + i.ID
	d, err := h.describe(ctx, i)
	switch {
	case err != nil:
		h.disagree(what)
		return Sight{}, err
	case d.StatusClass() == model.StatusPerson:
		h.disagree(what)
		return Sight{Verdict: model.Fails, Refused: true, Says: fmt.Sprintf("%s is %s: %s", i.ID, d.Status, d.Remedy())}, nil
	case d.Status != "available":
		h.disagree(what)
		return Sight{Verdict: model.Fails, Says: fmt.Sprintf("%s is %s", i.ID, d.Status)}, nil
	}
	return h.agree(what, Sight{Verdict: model.Holds, Says: i.ID + " is available"}), nil
}

// promoted wants AWS's word and the server's: an own primary, available, that replicates from nobody and takes writes, in two looks. While
// AWS still calls it an available replica nothing shows of a call; that is certain when it did so for long enough.
func (h *Amazon) promoted(ctx context.Context, p *plan.Promote, past plan.Past) (Sight, error) {
	what := "promote " + p.ID
	d, err := h.describe(ctx, &p.OnInstance)
	if err != nil {
		h.disagree(what)
		return Sight{}, err
	}
	said := fmt.Sprintf("%s is %s", p.ID, d.Status)
	switch {
	case d.IsReplica() && d.Status == "available":
		h.disagree(what)
		age := elapsed(past.Intended, h.Now())
		return Sight{
			Verdict: model.Fails,
			Absent:  !past.Intended.IsZero() && age >= absentAfter,
			Says:    said + ", and still a replica of " + d.Source,
		}, nil
	case d.IsReplica() && past.Intended.IsZero() || d.StatusClass() == model.StatusPerson:
		h.disagree(what)
		return Sight{Verdict: model.Fails, Refused: d.StatusClass() == model.StatusPerson, Says: said + ": it cannot be promoted now"}, nil
	case d.Status != "available" || d.IsReplica():
		h.disagree(what)
		return Sight{Says: fmt.Sprintf("%s, replica of %q", said, d.Source)}, nil
	}
	s, err := h.server(ctx, &p.OnInstance)
	if err != nil {
		h.disagree(what)
		return Sight{}, fmt.Errorf("AWS calls %s a primary of its own, and its server does not answer: %w", p.ID, err)
	}
	if s.Replication != nil || s.ReadOnly {
		h.disagree(what)
		return Sight{
			Says: fmt.Sprintf("AWS calls %s a primary of its own; its server replicates: %v, read_only: %v", p.ID, s.Replication != nil, s.ReadOnly),
		}, nil
	}
	return h.agree(
		what,
		Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s (%s) is a primary of its own, available, and takes writes", p.ID, d.ResourceID),
			Found: []record.Found{{Setting: &record.FoundSetting{Of: p.ID, Name: promotedUUID, Value: s.UUID}}}},
	), nil
}

// modified wants what was asked for, applied and not only accepted, in two looks.
func (h *Amazon) modified(ctx context.Context, m *plan.Modify, past plan.Past) (Sight, error) {
	what := "modify " + m.ID
	d, err := h.describe(ctx, &m.OnInstance)
	if err != nil {
		h.disagree(what)
		return Sight{}, err
	}
	var lacks []string
	for _, l := range []struct {
		lacks bool
		says  string
	}{
		{m.MultiAZ && !d.MultiAZ, "it is not Multi-AZ"},
		{m.Protected && !d.Protected, "it is not protected"},
		{m.Retention > 0 && d.Retention != m.Retention, fmt.Sprintf("backups are kept for %d d", d.Retention)},
		{m.Window != "" && d.BackupWindow != m.Window, "its backup window is " + d.BackupWindow},
	} {
		if l.lacks {
			lacks = append(lacks, l.says)
		}
	}
	calm := d.Status == "available" && len(d.Pending) == 0 && (d.ParameterStatus == "in-sync" || d.ParameterStatus == "")
	switch {
	case len(lacks) == 0 && calm:
		return h.agree(what, Sight{Verdict: model.Holds, Says: m.ID + " is set as its predecessor was"}), nil
	case !calm:
		h.disagree(what)
		return Sight{
			Verdict: unlessIntended(past),
			Says:    fmt.Sprintf("%s is %s, %d changes pending, parameters %s", m.ID, d.Status, len(d.Pending), d.ParameterStatus),
		}, nil
	}
	h.disagree(what)
	return Sight{Verdict: model.Fails, Absent: !past.Intended.IsZero() && elapsed(past.Intended, h.Now()) >= absentAfter,
		Says: strings.Join(lacks, ", ")}, nil
}

// unlessIntended: what goes on after a call is not known to be done or not; before it, it is certainly not done.
func unlessIntended(past plan.Past) model.Verdict {
	if past.Intended.IsZero() {
		return model.Fails
	}
	return model.Unknown
}

// wroteSince tells whether Bacula wrote to a server after its Director was started by this action: an idle one holds no session.
func wroteSince(s *model.Server, director string, past plan.Past) bool {
	for _, f := range past.Found {
		if e := f.Epoch; e != nil && e.Director == director && f.Step > 1 && s.Newest.After(e.Loaded) {
			return true
		}
	}
	return false
}

// closed wants a server that takes no writes any more.
func (h *Amazon) closed(ctx context.Context, q *plan.Quarantine, shut bool) (Sight, error) {
	s, err := h.server(ctx, &q.OnInstance)
	switch {
	case err != nil:
		return Sight{}, err
	case s.ReadOnly == shut:
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("%s has read_only %v", q.ID, s.ReadOnly)}, nil
	}
	return Sight{Verdict: model.Fails, Says: fmt.Sprintf("%s has read_only %v", q.ID, s.ReadOnly)}, nil
}
