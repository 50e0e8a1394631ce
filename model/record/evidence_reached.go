package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// Reached are the file daemons that were asked through a cluster's Director, which only those who act may do: Bacula 15 writes to its
// catalog for it; or the Storage Daemons that were. A record brings those that were asked then; the state keeps the newest word of each.
type Reached struct {
	Of []ReachedClient `json:"of"` // by name
}

// ReachedClient is what came of asking one.
type ReachedClient struct {
	Client  string    `json:"client"` // or the Storage resource
	At      time.Time `json:"at"`
	Through string    `json:"through,omitempty"` // the Director that it was asked through; empty: by a record that does not tell
	Version string    `json:"version,omitempty"` // as the file daemon says it
	Why     string    `json:"why,omitempty"`     // the Director cannot have it work; empty: it can
	Silent  bool      `json:"silent,omitempty"`  // it let the Director wait, which holds one of its consoles for minutes
}

// keptReached bounds how many file daemons are kept; beyond it those that were asked longest ago go.
const keptReached = 20_000

func (r *Reached) check(p *Proof, versions bool) error {
	of := &p.Of
	if of.Cluster == nil || of.Cell != nil || len(of.Instances) > 0 || len(of.Jobs) > 0 {
		return errors.New("file daemons are asked through one cluster, and it names something else")
	}
	if len(r.Of) == 0 || len(r.Of) > keptReached {
		return fmt.Errorf("%d file daemons, not 1 to %d", len(r.Of), keptReached)
	}
	for i, c := range r.Of {
		switch {
		case c.Client == "" || !plain(c.Client, maxName) || !plain(c.Through, maxName) || !plain(c.Version, maxName) || !plain(c.Why, maxWhy):
			return fmt.Errorf("the file daemon %.40q is not told in plain text", c.Client)
		case i > 0 && r.Of[i-1].Client >= c.Client:
			return errors.New("the file daemons are not in order, each once")
		case c.At.IsZero() || c.At.After(p.At):
			return fmt.Errorf("%s was asked at no time, or after it was told of", c.Client)
		case c.Why == "" && (versions && c.Version == "" || c.Silent):
			return fmt.Errorf("%s answered, and its version is not told", c.Client)
		}
	}
	if v, _ := r.Verdict(); v != p.Verdict {
		return errors.New("they are reached where each can be had to work, and only there")
	}
	return nil
}

func (r *Reached) String() string { return r.says("file daemon") }

func (r *Reached) says(what string) string {
	bad := 0
	for _, c := range r.Of {
		if c.Why != "" {
			bad++
		}
	}
	says := model.Plural(len(r.Of)-bad, what) + " answered"
	if bad > 0 {
		says += fmt.Sprintf(", %d cannot be had to work", bad)
	}
	return says
}

// Verdict holds where each of them can be had to work; else it names those that cannot, by cause.
func (r *Reached) Verdict() (model.Verdict, string) {
	var whys []string
	by := map[string][]string{}
	for _, c := range r.Of {
		if c.Why == "" {
			continue
		}
		if by[c.Why] == nil {
			whys = append(whys, c.Why)
		}
		by[c.Why] = append(by[c.Why], c.Client)
	}
	for i, why := range whys {
		const few = 5
		names := by[why]
		says := strings.Join(names[:min(len(names), few)], ", ")
		if n := len(names) - few; n > 0 {
			says += fmt.Sprintf(" and %d more", n)
		}
		whys[i] = says + ": " + why
	}
	if len(whys) == 0 {
		return model.Holds, ""
	}
	return model.Fails, model.Clean(strings.Join(whys, "; "))
}

// Client is what is known of one; false: nobody asked it.
func (r *Reached) Client(name string) (ReachedClient, bool) {
	if r == nil {
		return ReachedClient{}, false
	}
	i, there := slices.BinarySearchFunc(r.Of, name, func(c ReachedClient, name string) int { return strings.Compare(c.Client, name) })
	if !there {
		return ReachedClient{}, false
	}
	return r.Of[i], true
}

// with takes in what is newer of each.
func (r *Reached) with(more []ReachedClient) *Reached {
	all := slices.Clone(r.Of)
	for _, c := range more {
		i, there := slices.BinarySearchFunc(all, c.Client, func(c ReachedClient, name string) int { return strings.Compare(c.Client, name) })
		switch {
		case !there:
			all = slices.Insert(all, i, c)
		case !c.At.Before(all[i].At):
			all[i] = c
		}
	}
	for len(all) > keptReached {
		oldest := 0
		for i := range all {
			if all[i].At.Before(all[oldest].At) {
				oldest = i
			}
		}
		all = slices.Delete(all, oldest, oldest+1)
	}
	return &Reached{Of: all}
}

// Reached are the file daemons that were asked through a cluster; nil: none was.
func (s *State) Reached(c model.Cluster) *Reached {
	if s == nil {
		return nil
	}
	for _, p := range s.Evidence {
		if p.Claim.Reached != nil && p.Of.Cluster != nil && *p.Of.Cluster == c {
			return p.Claim.Reached
		}
	}
	return nil
}

// Storages are the Storage Daemons that were asked through a cluster; nil: none was.
func (s *State) Storages(c model.Cluster) *Reached {
	if s == nil {
		return nil
	}
	for _, p := range s.Evidence {
		if p.Claim.Storages != nil && p.Of.Cluster != nil && *p.Of.Cluster == c {
			return p.Claim.Storages
		}
	}
	return nil
}
