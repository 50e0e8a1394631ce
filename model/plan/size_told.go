package plan

import (
	"errors"
	"fmt"
	"math"

	"switchyard/model"
)

// SizeFigure is one measured figure.
type SizeFigure struct {
	What  string  `json:"what"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

func (f SizeFigure) String() string { return figure(f.Value, f.Unit) }

// Figures are those that are known.
func (n *SizeNeed) Figures() (out []SizeFigure) {
	for _, f := range []SizeFigure{
		{"CPU, 99.5 % of the time below", n.CPU, "%"}, {"CPU, highest mean of 15 minutes", n.Herd, "%"},
		{"reads, 95 % of the time below", n.ReadP95, "IOPS"}, {"reads and writes, 99.5 % of the time below", n.IOPS, "IOPS"},
		{"throughput, 99.5 % of the time below", n.Bytes / 1e6, "MB/s"}, {"network, 99.5 % of the time below", n.Net / 1e9, "Gbit/s"},
		{"connections, at most", n.Connections, ""}, {"data and indexes, at most", n.Data, "B"}, {"swap grew by", n.SwapGrew / 1e6, "MB"},
		{"max_connections", n.MaxConnections, ""}, {"buffer pool", n.Pool, "B"},
	} {
		if !math.IsNaN(f.Value) && !math.IsInf(f.Value, 0) {
			out = append(out, f)
		}
	}
	return out
}

// Resize is one instance whose class is changed.
type Resize struct {
	ID     string `json:"id"`
	Region string `json:"aws_region"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// Call is the command that would do it in the instance's next window.
func (r *Resize) Call() string {
	return fmt.Sprintf("aws rds modify-db-instance --region %s --db-instance-identifier %s --db-instance-class %s --no-apply-immediately",
		r.Region, r.ID, r.To)
}

// Resizes are the changes in their order: what takes over must never be smaller than what it takes over from, so that the replica is the
// first to grow and the last to shrink, and grows also where the writer stays what it is.
func (s *Sized) Resizes(writer, replica *model.Instance, classes *model.Classes) (out []Resize) {
	to := classes.Of(s.To)
	if to == nil || s.Verdict != SizeDown && s.Verdict != SizeUp && s.Verdict != SizeStay {
		return nil
	}
	var grows bool
	if replica != nil {
		has := classes.Of(replica.AWS.Value.Class)
		grows = has != nil && has.SmallerThan(to)
	}
	order := []*model.Instance{writer, replica}
	switch {
	case s.Verdict == SizeStay && !grows:
		return nil
	case grows:
		order = []*model.Instance{replica, writer}
	}
	for _, i := range order {
		if i != nil && i.AWS.Value.Class != s.To {
			out = append(out, Resize{ID: i.ID, Region: i.Region, From: i.AWS.Value.Class, To: s.To})
		}
	}
	return out
}

// Writer is the instance that takes writes by AWS's word, and the one beside it, where that can be only one.
func Writer(r *model.RDS) (writer, other *model.Instance, err error) {
	if r == nil {
		return nil, nil, errors.New("AWS was not heard of an instance that takes writes")
	}
	var unheard *model.Instance
	for _, in := range []*model.Instance{r.Primary, r.Replica} {
		switch {
		case in == nil || !in.Missing.IsZero():
		case !in.AWS.Seen():
			unheard = in
		case in.AWS.Value.IsReplica():
			other = in
		case writer != nil:
			return nil, nil, fmt.Errorf("both %s and %s are no replicas by AWS's word, so which of them takes green's writes is not known: make "+
				"one of them the other's replica, or take it out of rds", writer.ID, in.ID)
		default:
			writer = in
		}
	}
	switch {
	case writer == nil:
		return nil, nil, errors.New("AWS was not heard of an instance that takes writes")
	case unheard != nil:
		return nil, nil, fmt.Errorf("AWS was not heard of %s, which may be the one that takes green's writes", unheard.ID)
	}
	return writer, other, nil
}

// Told is what is needed of what is there.
func (c *SizeCheck) Told() string {
	if c.Says != "" {
		return c.Says
	}
	return fmt.Sprintf("%s of %s", figure(c.Need, c.Unit), figure(c.Has, c.Unit))
}
