package model

import "errors"

// The kinds of what a source or a lever may meet. Tell them with errors.Is, never by text.
var (
	ErrUnreachable = errors.New("unreachable")                 // nobody answers there, or the connection broke
	ErrTimeout     = errors.New("no answer in time")           // somebody is there and does not answer; what was asked may still happen
	ErrRefused     = errors.New("credentials refused")         // name, password, token or key
	ErrUntrusted   = errors.New("certificate not trusted")     // TLS: who answers could not be proven, or does not speak it
	ErrIdentity    = errors.New("not who it is configured as") // it answers well, and is another one
	ErrNotAllowed  = errors.New("not allowed")                 // the account or Console lacks the right
	ErrNotReadOnly = errors.New("not read-only")               // the server would not make the session read-only
	ErrThrottled   = errors.New("throttled")                   // AWS asks for fewer calls; the next look tries again
	ErrBusy        = errors.New("no room")                     // it answers and takes no more connections, of anybody or of this account
	ErrNone        = errors.New("not there")                   // it answered that there is no such thing
	ErrAnswer      = errors.New("answer not understood")       // it answered something else than what was asked
	ErrNotDone     = errors.New("not done")                    // a lever was asked to move and certainly did not
	ErrGuard       = errors.New("a guard refuses")             // a check in front of an action does not hold, or lacks what would override it
	ErrStale       = errors.New("the plan is stale")           // what it was bound to is not so any more, or its time is over
)

// Fault is an error of one of the kinds above whose text is only what a person needs to read.
type Fault struct {
	Kind error  // one of the Err values, or nil
	Says string // "doing what: reason", clean
}

func (f *Fault) Error() string { return f.Says }

// Unwrap gives the kind to errors.Is.
func (f *Fault) Unwrap() error { return f.Kind }
