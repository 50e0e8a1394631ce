package model

import (
	"fmt"
	"time"
)

// CardsKept are the restore cards in a directory, as they say themselves when they were made.
type CardsKept struct {
	At      time.Time `json:"at"` // when that was looked at
	Dir     string    `json:"dir"`
	Chains  int       `json:"chains"`                 // that should have one
	Missing []string  `json:"missing"`                // chains that have none
	Oldest  string    `json:"oldest_chain,omitempty"` // whose card was made first
	Made    time.Time `json:"oldest_made,omitzero"`   // when it was
}

// Judge tells at a moment whether every chain has a card that is not older than a limit.
func (k *CardsKept) Judge(now time.Time, limit time.Duration) Check {
	c := Check{ID: "cards", Says: "every chain has a fresh restore card", Limit: "not older than " + Span(limit), Bar: Caution, At: k.At}
	age := now.Sub(k.Made)
	judge := func(v Verdict, format string, args ...any) Check {
		c.Verdict, c.Value = v, Clean(fmt.Sprintf(format, args...))
		return c
	}
	switch n := len(k.Missing); {
	case n > 0:
		return judge(Fails, "%d of %s have none in %s, such as %s", n, Plural(k.Chains, "chain"), k.Dir, k.Missing[0])
	case k.Chains == 0:
		return judge(Unknown, "the inventory has no chains")
	case age < -ClockSlack:
		return judge(Unknown, "that of %s says that it was made at %s, which is to come", k.Oldest, k.Made.UTC().Format(time.DateTime))
	case age > Allow(limit):
		return judge(Fails, "the oldest of %d in %s, that of %s, is %s old, older than %s", k.Chains, k.Dir, k.Oldest, Age(age), Span(limit))
	}
	return judge(Holds, "the oldest of %d in %s is %s old", k.Chains, k.Dir, Age(max(0, age)))
}

// FreshenCards is what mends cards that are old, or are not there.
const FreshenCards = "run switchyard cards DIR, by a timer, and see what it says"
