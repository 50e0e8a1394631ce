package feed

import (
	"context"
	"fmt"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// journalPoller follows what everybody does: everybody's screen shows it.
func (f *Feed) journalPoller(of *journal.Reader) *poller {
	return &poller{
		seen:  board.Sighting{Source: model.Journal, Every: f.policy.JournalEvery},
		limit: f.policy.Answer,
		read: func(ctx context.Context) (string, error) {
			st, news, orphans, err := of.Look(ctx)
			if err != nil {
				return "", err
			}
			f.tell(func(b *board.Board) { b.Journal(st, news, orphans) })
			return fmt.Sprintf("%d records", st.Head.Seq), nil
		},
	}
}

// ActionStory are an action's records, one clean line each, its time in UTC first. The kinds of its errors are those of the journal,
// and model.ErrNone when no journal is read.
func (f *Feed) ActionStory(ctx context.Context, action string) ([]string, error) {
	if f.past == nil {
		return nil, &model.Fault{Kind: model.ErrNone, Says: "reading what was done: no journal is configured"}
	}
	_, rs, err := f.past.Story(ctx, action)
	if err != nil {
		return nil, err
	}
	var st *record.State
	f.tell(func(b *board.Board) { st = b.State() })
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = fmt.Sprintf("%s %s  %s", r.At.UTC().Format("15:04:05"), r.Actor, r.Line(st))
	}
	return out, nil
}
