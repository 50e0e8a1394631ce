package record

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
)

// splitting is the verb of the actions that leave the old schema.
const splitting = "split"

// Rung is the newest action that took a rung of leaving the old schema and was done; nil when there is none, or it was undone since.
// The action but is not looked at: what goes a rung back rests on it until its end.
func (s *State) Rung(which, but string) (last *Action) {
	if s == nil {
		return nil
	}
	var undone *Action
	for _, a := range s.Actions {
		if a.Verb != splitting || a.ID == but {
			continue
		}
		switch {
		case a.Which == which && a.State == ActionDone && (last == nil || a.Seq > last.Seq):
			last = a
		case a.Which == "undo "+which && a.Begun() && (undone == nil || a.Seq > undone.Seq): // as far as it came
			undone = a
		}
	}
	if last != nil && undone != nil && undone.Seq > last.Seq {
		return nil
	}
	return last
}

// Files are those that an action has left, the last of each place.
func (a *Action) Files() (out []FoundFile) {
	for i := range a.Found {
		if f := a.Found[i].File; f != nil {
			out = append(out, *f)
		}
	}
	return out
}

// RightsOf names the settings that are rights of accounts.
const RightsOf = "rights"

// Taken are the rights that freezes have taken and no undoing has given back to its end, and the newest of those freezes: one that did not
// come to its end has taken some. The action but is not looked at.
func (s *State) Taken(but string) (last *Action, rights []FoundSetting) {
	last, found := s.standing("freeze", but)
	return last, RightsIn(found)
}

// standing are the newest of the actions that took a rung and that no undoing has gone back to its end, whether or not they came to
// theirs, and what all of them found.
func (s *State) standing(which, but string) (last *Action, found []Found) {
	var all []*Action
	for _, a := range s.Actions {
		switch {
		case a.Verb != splitting || a.ID == but:
		case a.Which == which && (a.Begun() || a.State == ActionDone) && !a.Returned:
			all = append(all, a)
		case a.Which == "undo "+which && a.State == ActionDone:
			all = slices.DeleteFunc(all, func(f *Action) bool { return f.Seq < a.Seq })
		}
	}
	for _, a := range all {
		found = append(found, a.Found...)
		last = a
	}
	return last, found
}

// LockOf names the settings that are accounts which may log in.
const LockOf = "account"

// Locked are the accounts that locks keep out and the rights that they have taken, as far as no undoing has given them back to its end.
func (s *State) Locked(but string) (last *Action, accounts []string, rights []FoundSetting) {
	last, found := s.standing("lock", but)
	return last, LocksIn(found), RightsIn(found)
}

// LocksIn are the accounts, as grantees, that could log in before they were locked.
func LocksIn(found []Found) (out []string) {
	for i := range found {
		if f := found[i].Setting; f != nil && f.Name == LockOf && !slices.Contains(out, f.Of) {
			out = append(out, f.Of)
		}
	}
	return out
}

// HeldOf names the setting that is the schema which holds another one's tables.
const HeldOf = "held in"

// Holding is the schema that holds the tables of the old one, by the newest rename that no undoing has gone back to its end; nil where
// there is none.
func (s *State) Holding(but string) (last *Action, schema string) {
	last, found := s.standing("rename", but)
	for i := range found {
		if f := found[i].Setting; f != nil && f.Name == HeldOf {
			schema = f.Value
		}
	}
	return last, schema
}

// Dropped is the newest drop that has begun: nothing undoes it. One that only looked, and saw an archive that is damaged or replicas that
// are behind, has dropped nothing. Nil where there is none.
func (s *State) Dropped(but string) (last *Action) {
	for _, a := range s.Actions {
		if a.Verb == splitting && a.ID != but && a.Which == "drop" && (a.State == ActionDone || a.told()) {
			last = a
		}
	}
	return last
}

// told tells whether a system was told anything by it, or may have been.
func (a *Action) told() bool {
	reached := a.Done
	if a.Intent > 0 || a.Back != nil {
		reached++
	}
	if len(a.Sends) == 0 { // nothing says what it would tell
		return a.Begun()
	}
	return slices.ContainsFunc(a.Sends[:min(reached, len(a.Sends))], func(says string) bool { return says != "" })
}

// Follows tells whether an action was carried out after another one, by their place in the journal and by their clocks: one that ran ahead
// makes what is old look new.
func (a *Action) Follows(other *Action) bool {
	return a.Seq > other.Seq && !a.Began.Before(other.Ended)
}

// RightsIn are the rights that accounts had before they were taken: all that was ever found of each.
func RightsIn(found []Found) (out []FoundSetting) {
	for i := range found {
		s := found[i].Setting
		if s == nil || s.Name != RightsOf {
			continue
		}
		at := slices.IndexFunc(out, func(o FoundSetting) bool { return o.Of == s.Of })
		if at < 0 {
			out = append(out, *s)
			continue
		}
		has := strings.Split(out[at].Value, ", ")
		for _, r := range strings.Split(s.Value, ", ") {
			if !slices.Contains(has, r) {
				has = append(has, r)
			}
		}
		out[at].Value = strings.Join(has, ", ")
	}
	return out
}

// FoundTables are the tables of a schema that an archive gives back exactly.
type FoundTables struct {
	Of     string       `json:"of"` // the schema
	Host   string       `json:"host"`
	SHA256 string       `json:"sha256"` // of the archive, in hex
	Tables []FoundTable `json:"tables"`
}

// FoundTable is one of them: its rows, and a sum of them in hex.
type FoundTable struct {
	Name string `json:"name"`
	Rows uint64 `json:"rows"`
	Sum  string `json:"sum"`
}

func (t *FoundTables) texts() []string {
	all := []string{t.Of, t.Host}
	for _, f := range t.Tables {
		all = append(all, f.Name)
	}
	return all
}

func (t *FoundTables) check() error {
	if len(t.Tables) == 0 || len(t.Tables) > maxTables {
		return fmt.Errorf("it found %d tables, not 1 to %d", len(t.Tables), maxTables)
	}
	sums := []string{t.SHA256}
	for _, f := range t.Tables {
		sums = append(sums, f.Sum)
	}
	for _, s := range sums {
		if b, err := hex.DecodeString(s); err != nil || len(b) != 32 {
			return fmt.Errorf("it found a sum %.70q", model.Clean(s))
		}
	}
	return nil
}

func (t *FoundTables) String() string {
	rows := uint64(0)
	for _, f := range t.Tables {
		rows += f.Rows
	}
	return fmt.Sprintf("the archive of %s on %s gives back exactly its %d tables with %d rows", t.Of, t.Host, len(t.Tables), rows)
}

// Tables are those that an action saw an archive give back; nil where it saw none.
func (a *Action) Tables() *FoundTables {
	for i := range a.Found {
		if t := a.Found[i].Tables; t != nil {
			return t
		}
	}
	return nil
}
