package plan

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

func sizedInstance(id, class, source string) *model.Instance {
	i := &model.Instance{ID: id, Region: "eu-central-1"}
	i.AWS.At, i.AWS.Value = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC), model.Description{Class: class, Source: source}
	return i
}

func TestAReplicaIsNeverSmallerThanItsWriter(t *testing.T) {
	const large, xlarge, x2, x4 = "db.r7g.large", "db.r7g.xlarge", "db.r7g.2xlarge", "db.r7g.4xlarge"
	for name, x := range map[string]struct {
		verdict             SizeVerdict
		writer, replica, to string
		want                string // the changes in their order
	}{
		"stays":                         {SizeStay, x2, x2, x2, ""},
		"stays, its replica is smaller": {SizeStay, x2, xlarge, x2, "replica " + xlarge + ">" + x2},
		"stays, its replica is of m":    {SizeStay, x2, "db.m7g.2xlarge", x2, "replica db.m7g.2xlarge>" + x2},
		"stays, its replica is larger":  {SizeStay, x2, x4, x2, ""},
		"down":                          {SizeDown, x2, x2, xlarge, "writer " + x2 + ">" + xlarge + " replica " + x2 + ">" + xlarge},
		"down, its replica is there":    {SizeDown, x2, xlarge, xlarge, "writer " + x2 + ">" + xlarge},
		"down, its replica is smaller":  {SizeDown, x2, large, xlarge, "replica " + large + ">" + xlarge + " writer " + x2 + ">" + xlarge},
		"up":                            {SizeUp, xlarge, xlarge, x2, "replica " + xlarge + ">" + x2 + " writer " + xlarge + ">" + x2},
		"up, its replica is larger":     {SizeUp, xlarge, x4, x2, "writer " + xlarge + ">" + x2 + " replica " + x4 + ">" + x2},
		"none":                          {SizeNone, x2, xlarge, "", ""},
		"refused":                       {SizeRefused, x2, xlarge, "", ""},
	} {
		s := &Sized{Verdict: x.verdict, To: x.to}
		var got []string
		for _, c := range s.Resizes(sizedInstance("writer", x.writer, ""), sizedInstance("replica", x.replica, "writer"), ownClasses(t)) {
			got = append(got, c.ID+" "+c.From+">"+c.To)
		}
		if strings.Join(got, " ") != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	s := &Sized{Verdict: SizeStay, To: x2}
	if got := s.Resizes(sizedInstance("writer", x2, ""), nil, ownClasses(t)); len(got) > 0 {
		t.Errorf("without a replica: %v", got)
	}
}

func TestTheWriterIsTheOneThatIsNoReplica(t *testing.T) {
	writer, replica := sizedInstance("a", "", ""), sizedInstance("b", "", "arn of a")
	unheard, gone := &model.Instance{ID: "c"}, sizedInstance("d", "", "")
	gone.Missing = gone.AWS.At
	for name, x := range map[string]struct {
		pair        *model.RDS
		first, next string
		why         string
	}{
		"as configured":    {&model.RDS{Primary: writer, Replica: replica}, "a", "b", ""},
		"after a takeover": {&model.RDS{Primary: replica, Replica: writer}, "a", "b", ""},
		"alone":            {&model.RDS{Primary: writer}, "a", "", ""},
		"the other gone":   {&model.RDS{Primary: gone, Replica: writer}, "a", "", ""},
		"both":             {&model.RDS{Primary: writer, Replica: sizedInstance("e", "", "")}, "", "", "both a and e are no replicas"},
		"no other heard":   {&model.RDS{Primary: unheard, Replica: writer}, "", "", "not heard of c"},
		"only replicas":    {&model.RDS{Primary: replica, Replica: replica}, "", "", "not heard of an instance"},
		"none":             {nil, "", "", "not heard of an instance"},
	} {
		id := func(i *model.Instance) string {
			if i == nil {
				return ""
			}
			return i.ID
		}
		first, next, err := Writer(x.pair)
		if (err == nil) != (x.why == "") || err != nil && !strings.Contains(err.Error(), x.why) || id(first) != x.first || id(next) != x.next {
			t.Errorf("%s: %q and %q, %v", name, id(first), id(next), err)
		}
	}
}
