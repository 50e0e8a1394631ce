package board

import "switchyard/model"

// judged has the rows that are kept whole say what their history makes of them, where that has changed. Of most it never does.
func (l *Ledger) judged(t *track, e *ending) {
	was, is := e.told.Against(e.outcome), e.doubt.Against(e.outcome)
	if e.told = e.doubt; was == is {
		return
	}
	n := *l.whole(t, e)
	n.Doubt = is
	if at, recent := l.recentAt(e.id); recent && e.of(l.recent[at]) {
		l.recent[at] = &n
	}
	l.bad.note(&n)
	for i, h := range t.held {
		if h != nil && h.ID == e.id {
			t.held[i] = &n
		}
	}
}

// doubt is what speaks against an ended job that Bacula calls a success, as its history is judged; one that is in no history is judged by
// its own row.
func (l *Ledger) doubt(j *model.Job) model.Doubt {
	if t := l.find(j); t != nil {
		l.look(t)
		if i, found := t.find(j.ID); found && t.ended[i].of(j) {
			return t.ended[i].doubt.Against(j.Outcome)
		}
	}
	switch j.Type { // whatever time it is: it is judged once
	case model.TypeBackup:
		return model.Judge(j.Claim(), model.Bench{}).Against(j.Outcome)
	case model.TypeRestore:
		return model.JudgeRestore(j.Claim(), model.Bench{}).Against(j.Outcome)
	}
	return model.NotJudged
}

// counted is what an ending counts as, and whether it does: when some ended is not known. What Bacula canceled itself failed, as its alert
// says.
func counted(o model.Outcome, d model.Doubt, own bool) (model.Outcome, bool) {
	switch d = d.Against(o); {
	case d.Hollow(), o == model.Canceled && own:
		return model.Failed, true
	case d != model.NotJudged:
		return o, false
	}
	return o, true
}

// ahead is a job of whose end only its Director tells as yet, with what speaks against it: that it left nothing. All else awaits its row.
func (l *Ledger) ahead(j *model.Job) *model.Job {
	var b model.Bench
	if t := l.find(j); t != nil && j.Level.Changes() {
		b.Leaves = t.leaves(l.walked, nil)[j.Level]
	}
	c, doubt := j.Claim(), model.NotJudged
	if c.Start.IsZero() { // a Director does not tell when what ended had begun
		c.Start = c.End
	}
	switch j.Type {
	case model.TypeBackup:
		doubt = model.Judge(c, b)
	case model.TypeRestore:
		doubt = model.JudgeRestore(c, b)
	}
	if j.Doubt = model.NotJudged; doubt == model.Empty {
		j.Doubt = doubt
	}
	return j
}
