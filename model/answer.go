package model

import (
	"encoding/json"
	"fmt"
)

// Answer is a Verdict on a question instead of a sentence, as it is written where a script reads it: yes, no or unknown.
type Answer Verdict

var answerWords = [...]string{"unknown", "no", "yes"}

func (a Answer) String() string { return answerWords[min(int(a), len(answerWords)-1)] }

// MarshalText writes yes, no or unknown.
func (a Answer) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *Answer) UnmarshalText(b []byte) error {
	for i, w := range answerWords {
		if w == string(b) {
			*a = Answer(i)
			return nil
		}
	}
	return fmt.Errorf("answer %q: want yes, no or unknown", b)
}

type (
	plainCatalog  Catalog
	plainJob      Job
	plainTakeover Takeover
)

// MarshalJSON writes whether its Director uses it as an answer.
func (a Catalog) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainCatalog
		Target Answer `json:"used_by_director,omitzero"`
	}{plainCatalog(a), Answer(a.Target)})
}

// MarshalJSON writes whether its volumes are protected as an answer.
func (j Job) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainJob
		Protected Answer `json:"volumes_protected,omitzero"`
	}{plainJob(j), Answer(j.Protected)})
}

type answeredTakeover struct {
	Can Answer `json:"possible"`
	plainTakeover
}

// MarshalJSON writes whether it can be done as an answer.
func (t Takeover) MarshalJSON() ([]byte, error) {
	return json.Marshal(answeredTakeover{Answer(t.Can), plainTakeover(t)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Takeover) UnmarshalJSON(b []byte) error {
	var a answeredTakeover
	if err := json.Unmarshal(b, &a); err != nil {
		return err
	}
	*t = Takeover(a.plainTakeover)
	t.Can = Verdict(a.Can)
	return nil
}
