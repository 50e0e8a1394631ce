package model

import (
	"context"
	"errors"
)

// Trouble is what stands in the way of a source's answer, in the kinds of errors.go. What a person is told and does differs: who refuses,
// answers.
type Trouble uint8

// The troubles; the zero value is that there is none, or that nobody said of which kind it is.
const (
	TroubleNone      Trouble = iota
	TroubleGone              // nobody is there, or the connection broke
	TroubleSilent            // somebody is there and does not answer in time
	TroubleRefused           // it answers, and takes neither account nor key
	TroubleDenied            // it answers, and the account lacks a right
	TroubleUntrusted         // it could not be proven who answers
	TroubleWritable          // it would not make the session read-only
	TroubleThrottled         // it asks for fewer calls
	TroubleBusy              // it answers, and takes no more connections
	TroubleMissing           // it answers that there is no such thing
	TroubleAnswer            // it answers something that is of no use
	TroubleOther             // it was not asked: something here stands in the way
)

var troubles = [...]struct {
	kind      error
	word      string
	one, many string
}{
	TroubleNone:      {nil, "", "does not answer", "do not answer"},
	TroubleGone:      {ErrUnreachable, "gone", "does not answer", "do not answer"},
	TroubleSilent:    {ErrTimeout, "silent", "does not answer", "do not answer"},
	TroubleRefused:   {ErrRefused, "refused", "refuses the credentials", "refuse the credentials"},
	TroubleDenied:    {ErrNotAllowed, "not allowed", "does not allow it", "do not allow it"},
	TroubleUntrusted: {ErrUntrusted, "not trusted", "is not trusted", "are not trusted"},
	TroubleWritable:  {ErrNotReadOnly, "not read-only", "grants no read-only session", "grant no read-only session"},
	TroubleThrottled: {ErrThrottled, "throttled", "asks for fewer calls", "ask for fewer calls"},
	TroubleBusy:      {ErrBusy, "busy", "takes no more connections", "take no more connections"},
	TroubleMissing:   {ErrNone, "missing", "is not there", "are not there"},
	TroubleAnswer:    {ErrAnswer, "no use", "gives no usable answer", "give no usable answer"},
	TroubleOther:     {nil, "not asked", "cannot be asked", "cannot be asked"},
}

// TroubleOf is the kind of what a source met; TroubleNone for nil.
func TroubleOf(err error) Trouble {
	if err == nil {
		return TroubleNone
	}
	for t, f := range troubles {
		if f.kind != nil && errors.Is(err, f.kind) {
			return Trouble(t)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return TroubleSilent
	}
	return TroubleOther
}

// String is the trouble's word: gone, silent, refused and so on; empty for none.
func (t Trouble) String() string { return troubles[min(t, TroubleOther)].word }

// Says is what the source does, as in "green catalog refuses the credentials".
func (t Trouble) Says() string { return troubles[min(t, TroubleOther)].one }

// SaysMany is Says of several.
func (t Trouble) SaysMany() string { return troubles[min(t, TroubleOther)].many }

// Answers tells whether somebody is there and answered, if not with what was asked for.
func (t Trouble) Answers() bool {
	switch t {
	case TroubleRefused, TroubleDenied, TroubleWritable, TroubleThrottled, TroubleBusy, TroubleMissing, TroubleAnswer:
		return true
	case TroubleNone, TroubleGone, TroubleSilent, TroubleUntrusted, TroubleOther:
	}
	return false
}

// MarshalText writes the trouble's word.
func (t Trouble) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (t *Trouble) UnmarshalText(b []byte) error {
	*t = TroubleNone
	for i, f := range troubles {
		if f.word == string(b) {
			*t = Trouble(i)
		}
	}
	return nil
}
