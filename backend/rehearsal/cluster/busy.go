package cluster

import "time"

// Busy is what a cluster did in one minute.
type Busy struct {
	Running float64 // jobs at a time
	Ended   int     // jobs
	Files   uint64  // whose attributes went into the catalog
	Bytes   uint64  // to Storage Daemons
}

// busy keeps every minute since the past began.
type busy struct {
	from    time.Time
	minutes []Busy
}

func (b *busy) at(t time.Time) *Busy {
	i := int(t.Sub(b.from) / time.Minute)
	if t.Before(b.from) {
		return nil
	}
	for len(b.minutes) <= i {
		b.minutes = append(b.minutes, Busy{})
	}
	return &b.minutes[i]
}

// add counts a run that has ended.
func (b *busy) add(r *run) {
	start, end := r.start(), r.end()
	for t := start.Truncate(time.Minute); !t.After(end); t = t.Add(time.Minute) {
		m := b.at(t)
		if m == nil {
			continue
		}
		from, to := t, t.Add(time.Minute)
		if start.After(from) {
			from = start
		}
		if end.Before(to) {
			to = end
		}
		part := float64(to.Sub(from)) / float64(time.Minute)
		m.Running += part
		if r.took > 0 {
			m.Bytes += uint64(float64(r.bytes) * part * float64(time.Minute) / float64(r.took))
		}
	}
	if m := b.at(end); m != nil {
		m.Ended++
		m.Files += r.files
	}
}

// Busy tells what the cluster did in the minute that starts at t, running jobs included.
func (c *Cluster) Busy(t time.Time) Busy {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out Busy
	if m := c.did.at(t); m != nil {
		out = *m
	}
	for _, j := range c.jobs {
		if j.moves() && j.start().Before(t.Add(time.Minute)) {
			out.Running++
			out.Bytes += uint64(float64(j.bytes) * float64(time.Minute) / float64(max(j.took, time.Minute)))
		}
	}
	return out
}
