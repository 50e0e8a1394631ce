// Package record is the journal's language: its records, the state and actions they fold into, and their story.
package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
)

// Version is the version of the records this program writes. It is raised by whatever an older program could not fold. Those of every
// version before it are read: 2 brought attestations, ways back, what steps found, and touches that are a tree; 3 what supersedes,
// emergencies and programmes.
const Version = 3

// MaxBytes bounds a record, in bytes. A genesis, which may carry others, and what wraps it when it is merged have MaxLargeBytes.
const (
	MaxBytes      = 4 << 20
	MaxLargeBytes = 4*MaxBytes + 4<<10
)

// The kinds of records; the list is closed.
const (
	KindGenesis      = "genesis"      // record 1
	KindRoutes       = "routes"       // a new routes document
	KindPlan         = "plan"         // an action as it was proposed
	KindApproved     = "approved"     // one person's approval of an action
	KindClaim        = "claim"        // a runner carries the action out from here on
	KindIntent       = "intent"       // a step is about to be done
	KindDone         = "done"         // a step was seen done
	KindRefused      = "refused"      // a guard, a person or an expiry stood before a step
	KindFailed       = "failed"       // a step was seen not done
	KindUnknown      = "unknown"      // nobody can tell whether a step was done
	KindStop         = "stop"         // stop before the next step
	KindAcknowledged = "acknowledged" // a person takes responsibility for an unfinished action
	KindAttested     = "attested"     // a person says that what a step waits for is so
	KindBack         = "back"         // the ways back of an action's steps are gone
	KindReviewed     = "reviewed"     // a person has looked at an emergency afterwards
	KindProgramme    = "programme"    // ordered batches, each an ordinary plan when it is due
	KindDecided      = "decided"      // a programme stops, or goes on
	KindEvidence     = "evidence"     // what was proven, by what, and for how long it counts
	KindPhase        = "phase"        // a decision about a phase
	KindNote         = "note"         // a person's remark
	KindMerged       = "merged"       // a record of a break-glass journal
	KindClosed       = "closed"       // the end of a break-glass journal
)

// recordKinds tells with which version each kind came.
var recordKinds = map[string]int{
	KindGenesis:      1,
	KindRoutes:       1,
	KindPlan:         1,
	KindApproved:     1,
	KindClaim:        1,
	KindIntent:       1,
	KindDone:         1,
	KindRefused:      1,
	KindFailed:       1,
	KindUnknown:      1,
	KindStop:         1,
	KindAcknowledged: 1,
	KindEvidence:     1,
	KindPhase:        1,
	KindNote:         1,
	KindMerged:       1,
	KindClosed:       1,
	KindAttested:     2,
	KindBack:         2,
	KindReviewed:     3,
	KindProgramme:    3,
	KindDecided:      3,
}

// What a journal, its stores and its fold answer.
var (
	ErrTaken       = errors.New("that number is taken")
	ErrAgain       = errors.New("ask again")
	ErrNotDurable  = errors.New("written, but not known to be durable")
	ErrUnsure      = errors.New("it may or may not have been written")
	ErrNoCondition = errors.New("the store does not refuse a second record of the same number")
	ErrHeld        = errors.New("held by another process")
	ErrTorn        = errors.New("torn record")
	ErrChain       = errors.New("broken hash chain")
	ErrNewer       = errors.New("written by a newer switchyard")
	ErrEnvironment = errors.New("another environment")
	ErrIllegal     = errors.New("not possible in this state")
)

// Record is one entry of the journal. At is information: it never decides order.
type Record struct {
	V     int             `json:"v"`
	Seq   int64           `json:"seq"`            // from 1, without holes
	ID    string          `json:"id"`             // random; tells one's own record from another's
	Prev  string          `json:"prev,omitempty"` // Hash of record Seq-1; empty in record 1
	Actor string          `json:"actor"`          // the person who is responsible
	Host  string          `json:"host"`
	Kind  string          `json:"kind"`
	At    time.Time       `json:"at"`
	Body  json.RawMessage `json:"body"` // a JSON object
	Hash  string          `json:"-"`    // SHA-256 of the record's bytes in hex; set by Seal and Decode
}

// Seal checks the record and returns it with its Hash, and its bytes: one line of JSON, the only form in which it is stored.
func (r Record) Seal() (Record, []byte, error) {
	r.At = r.At.UTC().Round(0)
	if err := r.check(); err != nil {
		return Record{}, nil, err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return Record{}, nil, fmt.Errorf("encoding record %d: %w", r.Seq, err)
	}
	if limit := r.limit(); buf.Len() > limit {
		return Record{}, nil, fmt.Errorf("record %d (%s) has %d bytes, more than %d", r.Seq, r.Kind, buf.Len(), limit)
	}
	sum := sha256.Sum256(buf.Bytes())
	r.Hash = hex.EncodeToString(sum[:])
	return r, buf.Bytes(), nil
}

func (r Record) limit() int {
	switch r.Kind {
	case KindGenesis:
		return 4 * MaxBytes
	case KindMerged:
		return MaxLargeBytes
	}
	return MaxBytes
}

func (r Record) check() error {
	switch {
	case r.V > Version:
		return fmt.Errorf("%w: its version is %d, this program reads %d", ErrNewer, r.V, Version)
	case r.V < 1:
		return fmt.Errorf("record %d has version %d, this program writes %d", r.Seq, r.V, Version)
	case r.Seq < 1:
		return fmt.Errorf("record number %d: they start at 1", r.Seq)
	case r.ID == "" || len(r.ID) > 64 || model.Clean(r.ID) != r.ID:
		return fmt.Errorf("record %d has the id %q", r.Seq, model.Clean(r.ID))
	case (r.Seq == 1) != (r.Prev == ""), r.Prev != "" && !isHash(r.Prev):
		return fmt.Errorf("record %d has the predecessor %q", r.Seq, model.Clean(r.Prev))
	case len(r.Actor) > 256 || len(r.Host) > 256 || model.Clean(r.Actor) != r.Actor || model.Clean(r.Host) != r.Host:
		return fmt.Errorf("record %d: its actor or host is not plain text", r.Seq)
	case recordKinds[r.Kind] == 0 || recordKinds[r.Kind] > r.V:
		return fmt.Errorf("record %d has the unknown kind %q", r.Seq, model.Clean(r.Kind))
	case r.At.IsZero() || r.At.Year() > 9999:
		return fmt.Errorf("record %d has no time that can be written", r.Seq)
	case len(r.Body) == 0 || r.Body[0] != '{':
		return fmt.Errorf("record %d: its body is not a JSON object", r.Seq)
	}
	return nil
}

func isHash(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

// Decode reads what Seal wrote, byte for byte: any other form of the same record is refused. Errors are ErrTorn and ErrNewer.
func Decode(b []byte) (Record, error) {
	switch {
	case len(b) == 0:
		return Record{}, fmt.Errorf("%w: it is empty", ErrTorn)
	case len(b) > MaxLargeBytes:
		return Record{}, fmt.Errorf("%w: it has more than %d bytes", ErrTorn, MaxLargeBytes)
	case len(bytes.Trim(b, "\x00")) == 0:
		return Record{}, fmt.Errorf("%w: it is %d zero bytes", ErrTorn, len(b))
	case b[len(b)-1] != '\n':
		return Record{}, fmt.Errorf("%w: it ends in the middle, after %d bytes", ErrTorn, len(b))
	}
	var r Record
	err := json.Unmarshal(b, &r)
	var v struct{ V int } // what only a newer program understands need not fit a Record.
	if (err == nil && r.V > Version) || (err != nil && json.Unmarshal(b, &v) == nil && v.V > Version) {
		return Record{}, fmt.Errorf("%w: its version is %d, this program reads %d", ErrNewer, max(r.V, v.V), Version)
	}
	if err != nil {
		return Record{}, fmt.Errorf("%w: %s", ErrTorn, model.Clean(err.Error()))
	}
	r, same, err := r.Seal()
	if err != nil {
		return Record{}, torn(err)
	}
	if !bytes.Equal(same, b) {
		return Record{}, fmt.Errorf("%w: record %d is not in the form in which it is written", ErrTorn, r.Seq)
	}
	return r, nil
}

// torn is an error of a record that is no record, unless a newer program wrote it.
func torn(err error) error {
	if errors.Is(err, ErrNewer) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrTorn, err)
}

// Into reads the record's body into a pointer to the type of its kind.
func (r Record) Into(b Body) error {
	if e, ok := b.(*Ended); ok && isEnded(r.Kind) {
		e.How = r.Kind
	}
	if b.RecordKind() != r.Kind {
		return fmt.Errorf("record %d is of kind %s, not %s", r.Seq, r.Kind, b.RecordKind())
	}
	err := json.Unmarshal(r.Body, b)
	if p, ok := b.(*Planned); ok && r.V == 1 {
		err = p.first(r.Body)
	}
	if err != nil {
		return fmt.Errorf("%w: the body of record %d (%s): %s", ErrTorn, r.Seq, r.Kind, model.Clean(err.Error()))
	}
	return nil
}

// first reads a plan of version 1, whose touches were words: "green cell CHAIN REGION KIND", "blue job JOB".
func (p *Planned) first(body []byte) error {
	type plain Planned
	var old struct {
		plain
		Touches []string `json:"touches"`
	}
	if err := json.Unmarshal(body, &old); err != nil {
		return err
	}
	*p = Planned(old.plain)
	var paths []string
	for _, t := range old.Touches {
		parts := strings.Fields(model.Clean(t))
		if len(parts) > 2 && parts[1] == "job" {
			parts = []string{parts[0], "job", strings.Join(parts[2:], " ")}
		}
		paths = append(paths, Touch(parts...))
	}
	p.Touches = TouchesOf(paths...)
	return nil
}

// Action is the id of the action that the record moves; empty when it moves none.
func (r Record) Action() string {
	switch r.Kind {
	case KindPlan,
		KindApproved,
		KindClaim,
		KindIntent,
		KindDone,
		KindRefused,
		KindFailed,
		KindUnknown,
		KindStop,
		KindAcknowledged,
		KindAttested,
		KindBack,
		KindReviewed:
		var about struct{ Action string }
		_ = json.Unmarshal(r.Body, &about)
		return about.Action
	}
	return ""
}

// Bad is the first record that cannot be used, and why.
type Bad struct {
	Seq int64
	Err error
}

func (b *Bad) Error() string { return fmt.Sprintf("record %d: %v", b.Seq, b.Err) }

// Unwrap gives the reason.
func (b *Bad) Unwrap() error { return b.Err }
