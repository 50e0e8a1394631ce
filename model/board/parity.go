package board

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"switchyard/model"
	"switchyard/model/record"
)

// Differences lists where the replica falls short of the primary, by what AWS and the two servers say. What both lack is no
// difference, and neither is what must differ: AWS regions, keys, zones, names, being read-only. A larger replica volume is none either.
func Differences(primary, replica *model.Instance) []model.Difference {
	out := []model.Difference{}
	add := func(what, p, r string) {
		if p != r {
			out = append(out, model.Difference{What: what, Primary: cmp.Or(p, "none"), Replica: cmp.Or(r, "none")})
		}
	}
	p, r := primary.AWS.Value, replica.AWS.Value
	add("class", p.Class, r.Class)
	add("engine", p.Engine+" "+p.Version, r.Engine+" "+r.Version)
	add("multi-AZ", onOff(p.MultiAZ), onOff(r.MultiAZ))
	add("storage type", p.Storage.Type, r.Storage.Type)
	if r.Storage.GiB < p.Storage.GiB {
		add("storage", gib(p.Storage.GiB), gib(r.Storage.GiB))
	}
	if r.Storage.MaxGiB < p.Storage.MaxGiB {
		add("storage limit", gib(p.Storage.MaxGiB), gib(r.Storage.MaxGiB))
	}
	if r.Storage.IOPS < p.Storage.IOPS {
		add("storage IOPS", strconv.Itoa(p.Storage.IOPS), strconv.Itoa(r.Storage.IOPS))
	}
	if r.Storage.MBps < p.Storage.MBps {
		add("storage throughput", fmt.Sprintf("%d MB/s", p.Storage.MBps), fmt.Sprintf("%d MB/s", r.Storage.MBps))
	}
	if r.Retention < p.Retention {
		add("backup retention", days(p.Retention), days(r.Retention))
	}
	if p.Protected && !r.Protected {
		add("deletion protection", "on", "off")
	}
	if p.IAM && !r.IAM {
		add("IAM login", "on", "off")
	}
	if p.Encrypted && !r.Encrypted {
		add("encryption", "on", "off")
	}
	switch { // their ids are those of one AWS region
	case primary.Region == replica.Region:
		add("security groups", strings.Join(p.SecurityGroups, " "), strings.Join(r.SecurityGroups, " "))
	case len(r.SecurityGroups) == 0 && len(p.SecurityGroups) > 0:
		add("security groups", strings.Join(p.SecurityGroups, " "), "")
	}
	out = append(out, groupDifferences(primary, replica)...)
	pv, rv := parameterMap(primary.Server.Value.Variables), parameterMap(replica.Server.Value.Variables)
	for _, name := range model.ParityVariables {
		add(name, tidyVariable(name, pv[name]), tidyVariable(name, rv[name]))
	}
	return out
}

// mostOfGroup bounds how many parameters of two groups are told apart: a record of evidence has room for so many.
const mostOfGroup = 64

// groupDifferences are the parameters that somebody set in one parameter group and not so in the other, as far as AWS told both. A promoted
// replica lives by its own; what must differ is read_only, and what the servers themselves say counts for those that are asked for it.
func groupDifferences(primary, replica *model.Instance) (out []model.Difference) {
	p, r := &primary.Group, &replica.Group
	if !p.Seen() || !r.Seen() || p.Value.Name != primary.AWS.Value.ParameterGroup || r.Value.Name != replica.AWS.Value.ParameterGroup {
		return nil
	}
	pv, rv := parameterMap(p.Value.Set), parameterMap(r.Value.Set)
	names := slices.Sorted(maps.Keys(pv))
	for name := range rv {
		if _, there := pv[name]; !there {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		is, was := tidyVariable(name, rv[name]), tidyVariable(name, pv[name])
		if is == was || name == "read_only" || slices.Contains(model.ParityVariables, name) {
			continue
		}
		const own = "AWS's own"
		out = append(out, model.Difference{What: "parameter " + name, Primary: cmp.Or(was, own), Replica: cmp.Or(is, own)})
	}
	if n := len(out) - mostOfGroup; n > 0 {
		out = append(out[:mostOfGroup], model.Difference{What: "other parameters", Primary: "set", Replica: strconv.Itoa(n) + " are not set so"})
	}
	return out
}

// RecordedParity is what the journal has of the pair's differences, from when both could be asked; nil: nothing.
func (s *Snapshot) RecordedParity() (newest *record.Proved) {
	r := s.RDS
	if s.State == nil || r == nil || r.Primary == nil || r.Replica == nil {
		return nil
	}
	for _, p := range s.State.Evidence {
		of := p.Of.Instances
		if p.Claim.Parity != nil && len(of) == 2 && of[0].ID == r.Primary.ID && of[1].ID == r.Replica.ID &&
			(newest == nil || p.At.After(newest.At)) {
			newest = p
		}
	}
	return newest
}

func parameterMap(ps []model.Parameter) map[string]string {
	m := make(map[string]string, len(ps))
	for _, p := range ps {
		m[p.Name] = p.Value
	}
	return m
}

// tidyVariable makes equal what the servers treat as equal: the order of sql_mode and the two spellings of a switch.
func tidyVariable(name, v string) string {
	if name == "sql_mode" {
		modes := strings.Split(v, ",")
		slices.Sort(modes)
		return strings.Join(modes, ",")
	}
	if v == "ON" || v == "OFF" {
		return strings.ToLower(v)
	}
	return v
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func gib(n int) string { return strconv.Itoa(n) + " GiB" }

func days(n int) string {
	if n == 0 {
		return "off"
	}
	return strconv.Itoa(n) + " d"
}
