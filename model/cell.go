// Package model holds the nouns of a catalog migration and the pure functions over them; it imports nothing of ours.
package model

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// Cluster is one Bacula installation: Directors, Storage Daemons and a catalog.
type Cluster uint8

// The two clusters of a migration; they index the two-element arrays of a Snapshot.
const (
	Blue  Cluster = iota // old Director, on-premises catalog
	Green                // new Director, RDS catalog
)

// Clusters lists both, in screen order.
var Clusters = [2]Cluster{Blue, Green}

func (c Cluster) String() string {
	if c == Green {
		return "green"
	}
	return "blue"
}

// MarshalText writes "blue" or "green".
func (c Cluster) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (c *Cluster) UnmarshalText(b []byte) error {
	switch string(b) {
	case "blue":
		*c = Blue
	case "green":
		*c = Green
	default:
		return fmt.Errorf("cluster %q: want blue or green", b)
	}
	return nil
}

// Kind says whether a backup may be deleted before it expires.
type Kind uint8

// The two kinds of the routing document.
const (
	Regular Kind = iota
	Immutable
)

// Kinds lists both, in screen order.
var Kinds = [2]Kind{Regular, Immutable}

func (k Kind) String() string {
	if k == Immutable {
		return "immutable"
	}
	return "regular"
}

// MarshalText writes "regular" or "immutable".
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(b []byte) error {
	switch string(b) {
	case "regular":
		*k = Regular
	case "immutable":
		*k = Immutable
	default:
		return fmt.Errorf("kind %q: want regular or immutable", b)
	}
	return nil
}

// Cell is the smallest thing that is routed, covered and backed up.
type Cell struct {
	Chain  string `json:"chain"`
	Region string `json:"region"` // where the backup is taken; never an AWS region
	Kind   Kind   `json:"kind"`
}

func (c Cell) String() string { return c.Chain + " " + c.Region + " " + c.Kind.String() }

// Compare orders cells by chain, region and kind.
func (c Cell) Compare(o Cell) int {
	return cmp.Or(cmp.Compare(c.Chain, o.Chain), cmp.Compare(c.Region, o.Region), cmp.Compare(c.Kind, o.Kind))
}

// JobKey identifies a job: Bacula's unique Job name within a cluster. JobIds are reissued after a failover.
type JobKey struct {
	Cluster Cluster `json:"cluster"`
	Job     string  `json:"job"`
}

// Verdict is what a check concluded; the zero value is Unknown, and Unknown never passes.
type Verdict uint8

// The three verdicts.
const (
	Unknown Verdict = iota
	Fails
	Holds
)

func (v Verdict) String() string { return [...]string{"unknown", "fails", "holds"}[min(v, Holds)] }

// MarshalText writes the verdict's word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (v *Verdict) UnmarshalText(b []byte) error {
	for _, w := range []Verdict{Unknown, Fails, Holds} {
		if w.String() == string(b) {
			*v = w
			return nil
		}
	}
	return fmt.Errorf("verdict %q: want unknown, fails or holds", b)
}

// Reading is a value with the moment it was read; a zero At means never seen, and Why says what stands in the way of a newer one.
type Reading[T any] struct {
	Value   T         `json:"value"`
	At      time.Time `json:"at"`
	Why     string    `json:"why,omitempty"`
	Trouble Trouble   `json:"trouble,omitempty"` // the kind of Why
}

// MarshalJSON leaves out a value that was never read: its zeros would read as facts.
func (r Reading[T]) MarshalJSON() ([]byte, error) {
	told := struct {
		Value   *T        `json:"value,omitempty"`
		At      time.Time `json:"at,omitzero"`
		Why     string    `json:"why,omitempty"`
		Trouble Trouble   `json:"trouble,omitempty"`
	}{At: r.At, Why: r.Why, Trouble: r.Trouble}
	if r.Seen() {
		told.Value = &r.Value
	}
	return json.Marshal(told)
}

// Seen tells whether the value was ever read.
func (r Reading[T]) Seen() bool { return !r.At.IsZero() }
