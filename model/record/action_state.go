package record

import (
	"fmt"
	"slices"

	"switchyard/model"
)

// ActionState is how far an action is; the zero value waits for approvals.
type ActionState uint8

// The states of an action.
const (
	ActionWaits      ActionState = iota // proposed, not yet approved by as many as its policy asks
	ActionApproved                      // no runner has claimed it
	ActionRunning                       // claimed; Step says how far it is
	ActionDone                          // its last step was seen done
	ActionRefused                       // stopped before a step by a guard, a person or an expiry
	ActionFailed                        // a step was seen not done
	ActionUnknown                       // nobody can tell whether a step was done
	ActionSuperseded                    // another action took its place
)

var actionWords = [...]string{"waits for approval", KindApproved, "running", KindDone, KindRefused, KindFailed, KindUnknown, "superseded"}

func (a ActionState) String() string { return actionWords[min(a, ActionSuperseded)] }

// MarshalText writes the state's word.
func (a ActionState) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *ActionState) UnmarshalText(b []byte) error {
	i := slices.Index(actionWords[:], string(b))
	if i < 0 {
		return fmt.Errorf("action state %q", model.Clean(string(b)))
	}
	*a = ActionState(i)
	return nil
}
