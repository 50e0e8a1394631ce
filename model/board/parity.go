package board

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchyard/model"
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
	pv, rv := parameterMap(primary.Server.Value.Variables), parameterMap(replica.Server.Value.Variables)
	for _, name := range model.ParityVariables {
		add(name, tidyVariable(name, pv[name]), tidyVariable(name, rv[name]))
	}
	return out
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
