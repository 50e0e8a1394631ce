package board

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"switchyard/model"
)

// ending is what is kept of an ended job when nobody looks at it: what counting, judging and finding it again need.
type ending struct {
	id      uint32
	level   model.Level
	status  model.Status
	outcome model.Outcome
	times   model.Times
	doubt   model.Doubt // as it was last judged
	told    model.Doubt // as those that are kept whole say it
	stored  model.Verdict
	own     bool // canceled by Bacula itself
	kind    model.Kind
	nn      uint16
	errors  uint32
	region  string // of restores only
	odd     string // the unique name where it is not made of the name and a stamp
	stamp   int64  // of the unique name
	due     int64  // Unix seconds, as Job.Due
	sched   int64
	start   int64
	end     int64 // 0: none
	files   uint64
	bytes   uint64
}

func endingOf(j *model.Job) ending {
	e := ending{
		id:      j.ID,
		level:   j.Level,
		status:  j.Status,
		outcome: j.Outcome,
		times:   j.Times,
		own:     j.ByBacula(),
		stored:  j.Stored,
		kind:    j.Cell.Kind,
		errors:  j.Errors,
		due:     unix(j.Due()),
		sched:   unix(j.Sched),
		start:   unix(j.Start),
		end:     unix(j.End),
		files:   j.Files,
		bytes:   j.Bytes,
	}
	var ok bool
	if e.stamp, e.nn, ok = uniqueStamp(j.Name, j.Key.Job); !ok {
		e.odd = j.Key.Job
	}
	return e
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func fromUnix(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// of tells whether the ending is that of a job as it is.
func (e *ending) of(j *model.Job) bool {
	return j.ID == e.id && j.Outcome == e.outcome && j.Status == e.status && j.Level == e.level && j.Times == e.times &&
		j.Files == e.files && j.Bytes == e.bytes &&
		j.Errors == e.errors && unix(j.End) == e.end && unix(j.Start) == e.start && unix(j.Sched) == e.sched &&
		j.ByBacula() == e.own &&
		(e.odd == "" || e.odd == j.Key.Job)
}

// when is the newest moment the ending is known by; 0 when there is none.
func (e *ending) when() int64 { return cmp.Or(e.end, e.start, e.sched) }

func (e *ending) took() time.Duration {
	if e.start == 0 || e.end < e.start {
		return 0
	}
	return time.Duration(e.end-e.start) * time.Second
}

func (e *ending) claim() model.Claim {
	return model.Claim{
		Type:    model.TypeBackup,
		Level:   e.level,
		Outcome: e.outcome,
		Times:   e.times,
		Start:   fromUnix(e.start),
		End:     fromUnix(e.end),
		Files:   e.files,
		Bytes:   e.bytes,
		Stored:  e.stored,
	}
}

// same tells whether the ending is that of a row as it was read, but for what only the job's log tells.
func (e *ending) same(j *model.Job) bool {
	is := endingOf(j)
	is.own, is.doubt, is.told, is.region, is.stored = e.own, e.doubt, e.told, e.region, e.stored
	return is == *e
}

func byID(a, b ending) int { return cmp.Compare(a.id, b.id) }

func upsert(s []ending, e ending) []ending {
	i, found := slices.BinarySearchFunc(s, e, byID)
	if found {
		s[i] = e
		return s
	}
	return slices.Insert(s, i, e)
}

func without(s []ending, id uint32) []ending {
	i, found := slices.BinarySearchFunc(s, ending{id: id}, byID)
	if !found {
		return s
	}
	return slices.Delete(s, i, i+1)
}

// endings are those of a history, ordered by JobId.
func (t *track) endings() []ending {
	if len(t.front) > 0 {
		slices.Reverse(t.front)
		t.ended, t.front = append(t.front, t.ended...), nil
	}
	return t.ended
}

func (t *track) size() int { return len(t.ended) + len(t.front) }

func (t *track) find(id uint32) (int, bool) {
	return slices.BinarySearchFunc(t.endings(), ending{id: id}, byID)
}

// put takes in an ending. A walk brings them newest first: one below all others waits in front, because to insert each of 100,000 at the
// beginning would take minutes.
func (t *track) put(e ending) {
	first := t.ended
	if n := len(t.front); n > 0 {
		first = t.front[n-1:]
	}
	if len(first) > 0 && e.id < first[0].id {
		t.front = append(t.front, e)
		return
	}
	if i, found := t.find(e.id); found && t.ended[i].outcome == e.outcome && t.ended[i].stamp == e.stamp && t.ended[i].odd == e.odd {
		e.own = e.own || t.ended[i].own // a row does not tell what its log told, or its volumes
		e.stored = cmp.Or(e.stored, t.ended[i].stored)
	}
	t.ended = upsert(t.endings(), e)
}

// rests are the jobs that a cell rests on.
func (t *track) rests() [3]**model.Job { return [...]**model.Job{&t.last, &t.lastGood, &t.lastFull} }

// stampLayout is what Bacula puts behind the name of a job to make its unique name; a counter follows.
const stampLayout = "2006-01-02_15.04.05"

// uniqueStamp takes the start and the counter out of a unique name; false when it is not made of the name and them.
func uniqueStamp(name, unique string) (at int64, nn uint16, ok bool) {
	rest := unique[min(len(unique), len(name)):]
	if len(rest) < len(stampLayout)+4 || rest[0] != '.' || rest[len(stampLayout)+1] != '_' {
		return 0, 0, false
	}
	t, err := time.Parse(stampLayout, rest[1:len(stampLayout)+1])
	if err != nil {
		return 0, 0, false
	}
	for _, c := range []byte(rest[len(stampLayout)+2:]) {
		if nn = nn*10 + uint16(c-'0'); c < '0' || c > '9' || nn > 6000 {
			return 0, 0, false
		}
	}
	return t.Unix(), nn, uniqueName(name, t.Unix(), nn) == unique
}

func uniqueName(name string, at int64, nn uint16) string {
	b := make([]byte, 0, len(name)+len(stampLayout)+6)
	b = append(append(b, name...), '.')
	b = append(time.Unix(at, 0).UTC().AppendFormat(b, stampLayout), '_')
	if nn < 10 {
		b = append(b, '0')
	}
	return string(strconv.AppendUint(b, uint64(nn), 10))
}
