package record

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
)

// Housed is who lives on the server of a schema, as one look found that was shown everything.
type Housed struct {
	model.Tenants
}

// Traffic is what a catalog's server counted at looks over days, the newest last, one of each hour. A record brings that of one look; the
// state keeps the newest TrafficLooks. What happened between two of them is told by their difference, unless the server is another one, was
// started anew or set back.
type Traffic struct {
	Looks []model.Figures `json:"looks"`
}

// TrafficLooks bounds how many looks are kept: those of a month.
const TrafficLooks = 31 * 24

// mostTenants bounds the names of one look: 500 schemas, 500 accounts with sessions, 256 with rights, 128 things that name the schema.
const mostTenants = 2048

func (h *Housed) check(p *Proof) error {
	if p.Of.Cluster == nil || *p.Of.Cluster != model.Blue {
		return errors.New("the schema that is moved is blue's")
	}
	if h.Server == "" || h.Schema == "" {
		return errors.New("it does not say who lives on which server")
	}
	texts := slices.Concat([]string{h.Server, h.Schema}, h.Schemas, h.May, h.Lacks, h.Named, h.Unseen)
	for _, s := range h.Sessions {
		texts = append(texts, s.Account)
	}
	if len(texts) > mostTenants {
		return fmt.Errorf("%d names, more than %d", len(texts), mostTenants)
	}
	for _, t := range texts {
		if !plain(t, maxWhy) { // an account of MariaDB has up to 128 characters, and 255 of its host
			return fmt.Errorf("a name is %.40q, which is not plain text of %d bytes at most", t, maxWhy)
		}
	}
	return nil
}

func (t *Traffic) check(p *Proof) error {
	if p.Of.Cluster == nil || *p.Of.Cluster != model.Blue {
		return errors.New("the traffic that is told is that of blue's catalog")
	}
	if len(t.Looks) == 0 || len(t.Looks) > TrafficLooks {
		return fmt.Errorf("traffic of %d looks: 1 to %d are told", len(t.Looks), TrafficLooks)
	}
	for i := range t.Looks {
		f := &t.Looks[i]
		switch {
		case f.At.IsZero() || f.At.After(p.At.Add(model.ClockSlack)):
			return errors.New("a look at the traffic has no time, or a later one than the proof")
		case i > 0 && !f.At.After(t.Looks[i-1].At):
			return errors.New("the looks at the traffic ascend")
		case f.Server == "" || !plain(f.Server, maxName) || f.Started.IsZero():
			return errors.New("a look at the traffic does not say of which server, and since when that counts")
		case f.Connected < 0 || f.Running < 0 || f.MostAtOnce < 0 || f.MayAtOnce < 0:
			return errors.New("a look at the traffic tells of less than nothing")
		}
	}
	return nil
}

// with is the traffic with more looks: the first of each hour and server counts, so that one that is taken in twice, or late, changes
// nothing.
func (t *Traffic) with(more []model.Figures) *Traffic {
	looks := slices.Clone(t.Looks)
	for _, m := range more {
		i, _ := slices.BinarySearchFunc(looks, m, func(a, b model.Figures) int { return a.At.Compare(b.At) })
		if t.Has(&m) {
			continue
		}
		looks = slices.Insert(looks, i, m)
	}
	return &Traffic{Looks: looks[max(0, len(looks)-TrafficLooks):]}
}

// Has tells whether there is a look of that hour, at that run of that server, already.
func (t *Traffic) Has(m *model.Figures) bool {
	hour := m.At.UTC().Truncate(time.Hour)
	return slices.ContainsFunc(t.Looks, func(f model.Figures) bool {
		return f.At.UTC().Truncate(time.Hour).Equal(hour) && f.Server == m.Server && f.Started.Sub(m.Started).Abs() <= beganApart
	})
}
