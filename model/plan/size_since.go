package plan

import (
	"fmt"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// ClassSince is when AWS told last that an instance has another class, or was made; zero: it lists neither.
func ClassSince(events []model.RDSEvent, id string) time.Time {
	return newest(events, id, func(says string) bool {
		return strings.Contains(strings.ReplaceAll(says, " ", ""), "instanceclass") || strings.Contains(says, "instance created") ||
			strings.Contains(says, "restored from")
	})
}

// ReplicaUntil is when AWS told last of an instance what it tells only of a replica; zero: it lists nothing of that. It has no event of a
// promotion: one that takes writes now was promoted then or later.
func ReplicaUntil(events []model.RDSEvent, id string) time.Time {
	return newest(events, id, func(says string) bool {
		return strings.HasPrefix(says, "replication") || strings.Contains(says, "promot")
	})
}

func newest(events []model.RDSEvent, id string, is func(says string) bool) (at time.Time) {
	for i := range events {
		if e := &events[i]; e.Instance == id && e.At.After(at) && is(strings.ToLower(e.Says)) {
			at = e.At
		}
	}
	return at
}

// WriterSince is when the journal's newest takeover or recovery ended, done or not: which instance takes writes may have changed with
// it; zero: there was none.
func WriterSince(s *record.State) (at time.Time) {
	for _, a := range s.Actions {
		if began := a.Begun() || a.State == record.ActionDone || a.State == record.ActionRunning; !began || !changesWriter(a) {
			continue
		}
		end := a.Ended
		if end.IsZero() || a.Back != nil {
			end = a.LastAt
		}
		if end.After(at) {
			at = end
		}
	}
	return at
}

func changesWriter(a *record.Action) bool {
	if a.Verb == RecoverVerb {
		return a.Which == recoverUp
	}
	to := FailoverTo(a.Which)
	return a.Verb == board.FailoverVerb && (to == FailoverSwitchover || to == FailoverEmergency)
}

// CatchUps are the ends of the journal's failovers to a standby: what had waited was let go, on the instance that it had been on before.
func CatchUps(s *record.State) (out []time.Time) {
	for _, a := range s.Actions {
		if a.Verb == board.FailoverVerb && a.State == record.ActionDone && FailoverTo(a.Which) == FailoverAZ {
			end := a.Ended
			if end.IsZero() {
				end = a.LastAt
			}
			out = append(out, end)
		}
	}
	return out
}

// window is the part of a load that tells of the instance as it is: CPU is measured in percent of the class of its time, and what it
// did as a replica is not what it does now. What is too short, or not known, is told with what to do.
func (f *SizeFacts) window(l *model.Load, by *model.Sizing) (cut *model.Load, blind []string) {
	cut = l
	if f.ClassSince.IsZero() {
		blind = append(blind, "since when it has its class is not known, and its CPU is measured in percent of the class of its time: AWS "+
			"lists no change of it, and lists 14 days: say it with --class-since")
	}
	for _, since := range []struct {
		at   time.Time
		says string
	}{{f.ClassSince, "it has its class since"}, {f.WriterSince, "it takes writes since"}} {
		if since.at.IsZero() {
			continue
		}
		if l.To.Sub(since.at) < by.SizeDays {
			blind = append(blind, fmt.Sprintf("%s %s UTC, and what was measured before that tells nothing; %s are needed: ask again after %s",
				since.says, minute(since.at), model.Span(by.SizeDays), minute(since.at.Add(by.SizeDays))))
		}
		cut = cut.Since(since.at)
	}
	return cut, blind
}

func minute(t time.Time) string { return t.UTC().Format("2 Jan 15:04") }
