package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Batch says that a plan is a batch of a programme.
type Batch struct {
	Programme string `json:"programme"` // its id
	Seq       int64  `json:"seq"`       // its number
	Number    int    `json:"number"`    // of the batch, from 1
}

// of is the programme and the batch of an ask.
func (a Ask) of() (programme string, batch int) {
	if a.Batch == nil {
		return "", 0
	}
	return a.Batch.Programme, a.Batch.Number
}

// Programme is what a person wants done in order, batch after batch.
type Programme struct {
	Says     string `json:"says"`
	Soak     string `json:"soak"`     // from the end of a batch until the next is due, such as 24h or 3d
	Failures int    `json:"failures"` // it stops after so many attempts that began and did not end as done
	Batches  []Ask  `json:"batches"`
}

// DecodeProgramme reads one from JSON, and refuses what it has no place for.
func DecodeProgramme(b []byte) (p Programme, err error) {
	if err = Strictly(b, &p); err != nil {
		return p, fmt.Errorf("reading a programme: %w", err)
	}
	return p, nil
}

// Record is the programme as the journal of a state keeps it. The id is random, and unique for ever.
func (p *Programme) Record(s *record.State, id string) (b record.Begun, err error) {
	b = record.Begun{Programme: id, Environment: s.Environment, Rehearsal: s.Rehearsal, Says: model.Clean(p.Says), Failures: p.Failures}
	if b.Soak, err = model.ParseSpan(p.Soak); err != nil {
		return b, fmt.Errorf("a programme's soak: %w", err)
	}
	for i, ask := range p.Batches {
		raw, err := json.Marshal(ask)
		if err == nil {
			_, err = askSays(raw)
		}
		if err != nil {
			return b, fmt.Errorf("batch %d of the programme: %w", i+1, err)
		}
		b.Batches = append(b.Batches, raw)
	}
	switch {
	case b.Says == "":
		return b, errors.New("a programme says what it is for")
	case len(b.Batches) == 0 || len(b.Batches) > record.MaxBatches:
		return b, fmt.Errorf("a programme of %d batches: want 1 to %d", len(b.Batches), record.MaxBatches)
	case b.Failures < 1:
		return b, errors.New("a programme stops after 1 failure or more: say how many")
	case b.Soak > record.LongestSoak:
		return b, fmt.Errorf("a programme's soak is %s at most", model.Span(record.LongestSoak))
	}
	return b, nil
}

// Lines says a programme before it is begun.
func (p *Programme) Lines() []string {
	out := []string{"PROGRAMME", model.Clean(p.Says), "",
		fmt.Sprintf("%d batches, each a plan that somebody approves when it is due: %s after the one before was done",
			len(p.Batches), model.Clean(p.Soak)),
		fmt.Sprintf("it stops at %d failed, which are attempts that began and were not done, until somebody lets it go on", p.Failures), ""}
	for i, ask := range p.Batches {
		_, says, _ := ask.words()
		out = append(out, fmt.Sprintf("  %d  %s", i+1, says))
	}
	return out
}

// askSays tells what a batch asks for, from its data.
func askSays(raw json.RawMessage) (string, error) {
	var a Ask
	if err := Strictly(raw, &a); err != nil {
		return "", err
	}
	if len(a.makers()) != 1 || a.Batch != nil {
		return "", errors.New("it asks for nothing that this program knows, or for several things")
	}
	_, says, _ := a.words()
	return says, nil
}

// NextBatch is what the next batch of a programme asks for; false when there is none, or this program cannot read it.
func NextBatch(s *record.State, p *record.Programme) (Ask, bool) {
	n := s.Course(p).Next()
	if n == 0 {
		return Ask{}, false
	}
	var a Ask
	if err := Strictly(p.Asks[n-1], &a); err != nil {
		return Ask{}, false
	}
	a.Batch = &Batch{Programme: p.ID, Seq: p.Seq, Number: n}
	return a, true
}

const guardBatch = "batch-due"

// batchDue holds when the plan is what its programme asks for next, and the one before has soaked. A plan that has begun goes on.
func (w World) batchDue(p *Plan) model.Check {
	c := model.Check{Says: "it is the due batch of its programme", Bar: model.Block}
	b := p.Ask.Batch
	switch {
	case b == nil:
		c.Value = "it is no batch"
		return c
	case w.unread() != "":
		c.Value = w.unread()
		return c
	}
	c.At, c.Fact, c.Verdict = w.Now, b.Programme+" "+strconv.Itoa(b.Number), model.Fails
	of := w.State.Programme(b.Programme)
	if of == nil {
		c.Verdict, c.Value = model.Unknown, "its programme is not in this journal"
		return c
	}
	course := w.State.Course(of)
	own := course.Action != nil && course.Action.ID == p.ID
	next, _ := NextBatch(w.State, of)
	switch {
	case course.Halt != "":
		c.Value = fmt.Sprintf("programme %d stands: %s", of.Seq, course.Halt)
	case !fulfils(next, p.Ask):
		c.Value = fmt.Sprintf("programme %d asks for something else: %d of its %d batches are done", of.Seq, course.Done, len(of.Batches))
	case course.Open && !own:
		c.Value = fmt.Sprintf("it is action %d already, which is %s", course.Action.Seq, course.Action)
	case w.Now.Before(course.Due):
		c.Value = "it soaks until " + course.Due.UTC().Format("2 Jan 15:04:05")
	default:
		c.Verdict, c.Value = model.Holds, "since "+course.Due.UTC().Format("2 Jan 15:04:05")
	}
	return c
}

// Soaks tells how much longer a programme waits for its next batch; 0 when it does not.
func Soaks(c record.Course, now time.Time) time.Duration {
	if c.Over || c.Halt != "" || c.Open {
		return 0
	}
	return max(0, c.Due.Sub(now))
}
