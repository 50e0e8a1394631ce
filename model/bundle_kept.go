package model

import (
	"time"
)

// BundleKept is the recovery bundle where it is kept, as it says outside when it was made.
type BundleKept struct {
	At   time.Time `json:"at"` // when that was looked at
	File string    `json:"file"`
	Made time.Time `json:"made,omitzero"`
	Why  string    `json:"why,omitempty"` // there is none, or it is no bundle
}

// Judge tells at a moment whether it is there and not older than a limit.
func (k *BundleKept) Judge(now time.Time, limit time.Duration) Check {
	c := Check{ID: "bundle", Says: "the recovery bundle is fresh", Limit: "not older than " + Span(limit), Bar: Caution, At: k.At}
	switch age := now.Sub(k.Made); {
	case k.Why != "":
		c.Verdict, c.Value = Fails, Clean(k.File+": "+k.Why)
	case age < -ClockSlack:
		c.Value = "it says that it was made at " + k.Made.UTC().Format(time.DateTime) + ", which is to come"
	case age > Allow(limit):
		c.Verdict, c.Value = Fails, "it says that it is "+Age(age)+" old, older than "+Span(limit)
	default:
		c.Verdict, c.Value = Holds, "it says that it is "+Age(max(0, age))+" old"
	}
	return c
}

// FreshenBundle is what mends a bundle that is old or not there.
const FreshenBundle = "run switchyard bundle, by a timer, and see what it says"
