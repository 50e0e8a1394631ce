package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Here is the runner's own machine: its clock, the journal, and the commands that its configuration names.
const Here System = "its own machine"

// Wait waits after the step before it, and then until a look says so. Not yet is no failure.
type Wait struct {
	For  time.Duration `json:"for_ns,omitempty"` // since the step before was done
	Look *Call         `json:"look,omitempty"`
}

// ByHand is what a person does where this program may not. It is done when its look says so, or without one when somebody says so.
type ByHand struct {
	Text    string         `json:"text"`           // what is to be done
	Copy    string         `json:"copy,omitempty"` // a command for it, to be copied
	Touches record.Touches `json:"touches"`        // paths, as of record.Touch
	Look    *Call          `json:"look,omitempty"`
}

// Attest waits for a person's word that something is so.
type Attest struct {
	Text string   `json:"text"`          // what is to be so
	Who  []string `json:"who,omitempty"` // whose word counts; empty: anybody's
}

// Command runs a configured command, which has a look of its own. It is told of the action on its standard input.
type Command struct {
	Run     Call           `json:"run"`
	Look    Call           `json:"look"`
	Touches record.Touches `json:"touches"`
}

// Call is a command of the runner's configuration, and its argument vector as it was when the plan was made: another one is refused. A look
// ends 0 when it is done, 1 when it is surely not and nothing is on its way, and otherwise nobody can tell.
type Call struct {
	Name string   `json:"name"`
	Argv []string `json:"argv"`
}

func (c *Call) String() string { return strings.Join(c.Argv, " ") }

// Word tells whether a step waits for a person's word, and what for.
func (o Order) Word() (text string, waits bool) {
	switch {
	case o.Attest != nil:
		return o.Attest.Text, true
	case o.ByHand != nil && o.ByHand.Look == nil:
		return o.ByHand.Text, true
	}
	return "", false
}

// Takes refuses the word of somebody whose word does not count.
func (o Order) Takes(by string) error {
	if _, waits := o.Word(); !waits {
		return &model.Fault{Kind: model.ErrGuard, Says: "it waits for nobody's word"}
	}
	if a := o.Attest; a != nil && len(a.Who) > 0 && !slices.Contains(a.Who, by) {
		return &model.Fault{Kind: model.ErrGuard, Says: fmt.Sprintf("it waits for the word of %s, not of %s", strings.Join(a.Who, " or "), by)}
	}
	return nil
}

// Given finds the word that a step waits for, among what people said; says is what stands in the way, or who said what.
func (o Order) Given(past Past) (given bool, says string) {
	for _, a := range past.Attested {
		if a.Step == past.Step && o.Takes(a.By) == nil {
			return true, a.By + " says: " + a.Says
		}
	}
	text, _ := o.Word()
	return false, "it waits for a person's word: " + text
}

// Wants is what is wanted of a person; empty when nothing is.
func (o Order) Wants() string {
	if r, err := o.Row(); err != nil || !r.Waits {
		return ""
	}
	return strings.Join(o.Shows(), "; ")
}

// Shows are lines about an order that its step's name does not say.
func (o Order) Shows() (lines []string) {
	switch {
	case o.ByHand != nil:
		lines = []string{"by hand: " + o.ByHand.Text}
		if o.ByHand.Copy != "" {
			lines = append(lines, "such as: "+o.ByHand.Copy)
		}
	case o.Attest != nil:
		lines = []string{"to be attested: " + o.Attest.Text}
		if len(o.Attest.Who) > 0 {
			lines = append(lines, "by "+strings.Join(o.Attest.Who, " or "))
		}
	case o.ServiceByHand != nil:
		lines = []string{"by hand: " + o.ServiceByHand.text(), "such as: " + o.ServiceByHand.copyable()}
	case o.AccountByHand != nil:
		for _, says := range o.AccountByHand.statements() {
			lines = append(lines, "by hand on "+o.AccountByHand.ID+": "+says)
		}
	case o.NumbersByHand != nil:
		lines = []string{"by hand: " + o.NumbersByHand.text(), "such as: " + o.NumbersByHand.copyable()}
	case o.ReadOnlyByHand != nil:
		lines = []string{"by hand: " + o.ReadOnlyByHand.text(), "such as: " + o.ReadOnlyByHand.copyable()}
	case o.Command != nil:
		lines = []string{"runs: " + o.Command.Run.String()}
	default:
		if says := o.Sends(); says != "" {
			lines = []string{"sends: " + says}
		}
	}
	for i, l := range lines {
		lines[i] = model.Clean(l)
	}
	return lines
}
