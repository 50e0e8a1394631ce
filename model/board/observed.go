package board

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Observed is what one look saw that is worth a record of evidence: what the journal's state does not have so, or had so long ago that it
// is due anew. Unseen is what was to be seen and was not, each with why: nothing is recorded of it.
func Observed(s *Snapshot, st *record.State, p model.Policy) (proofs []record.Proof, unseen []string) {
	o := observer{s: s, st: st, policy: p}
	for _, c := range model.Clusters {
		o.tail(c)
	}
	if r := s.RDS; r != nil {
		o.settings(r.Primary, thePrimary)
		o.settings(r.Replica, theReplica)
		o.parity(r)
	}
	o.series()
	o.housed()
	o.traffic()
	for _, c := range model.Clusters {
		o.files(c)
		o.reached(c)
		o.storages(c)
	}
	return o.proofs, o.unseen
}

type observer struct {
	s      *Snapshot
	st     *record.State
	policy model.Policy
	proofs []record.Proof
	unseen []string
}

// saw adds a proof by a look, unless it would say nothing new. What nobody could rely on is unseen.
func (o *observer) saw(p record.Proof, news bool) {
	p.By = record.Means{Kind: record.ByLook}
	p.At = p.At.UTC().Truncate(time.Millisecond)
	p.Until = p.At.Add(max(o.policy.EvidenceLife, 2*o.policy.EvidenceEvery))
	at := o.s.At
	if p.Claim.Reached != nil || p.Claim.Storages != nil { // what is asked after a look is seen after it, which makes no source older
		at = model.Later(at, p.At)
	}
	if err := p.Check(at); err != nil {
		o.unseen = append(o.unseen, fmt.Sprintf("the %s of %s: %v", p.Claim.Kind(), &p.Of, err))
		return
	}
	if old := o.st.Proof(&p); old == nil || news || p.At.Sub(old.At) >= o.policy.EvidenceEvery {
		o.proofs = append(o.proofs, p)
	}
}

// missed says why something could not be seen: the first reason that there is.
func (o *observer) missed(what string, whys ...string) bool {
	why := cmp.Or(whys...)
	if why != "" {
		o.unseen = append(o.unseen, what+": "+why)
	}
	return why != ""
}

func (o *observer) settings(in *model.Instance, role string) {
	if in == nil {
		return
	}
	d, g := in.AWS.Value, in.Group.Value
	another := ""
	switch {
	case d.ResourceID == "":
		another = "AWS tells no DbiResourceId"
	case g.Name != d.ParameterGroup:
		another = fmt.Sprintf("its parameter group is %s, and %s was read", d.ParameterGroup, g.Name)
	}
	asked := cmp.Or(
		o.s.silent(model.Source{Kind: model.SourceInstance, Name: role}),
		o.s.silent(model.Source{Kind: model.SourceSettings, Name: role}),
	)
	if o.missed("the settings of "+in.ID, asked, in.AWS.Why, in.Group.Why, another) {
		return
	}
	p := record.Proof{
		Of: record.Subject{Instances: []record.ProvenInstance{provenInstance(in)}},
		Claim: record.Proven{Settings: &record.Settings{
			ARN: d.ARN, Class: d.Class, Engine: d.Engine, Version: d.Version, MultiAZ: d.MultiAZ,
			Retention: d.Retention, BackupWindow: d.BackupWindow, Window: d.Window, Protected: d.Protected, IAM: d.IAM,
			Encrypted: d.Encrypted, KeyARN: d.KeyARN, CA: d.CA, SecurityGroups: listed(d.SecurityGroups),
			Group: g.Name, Parameters: listed(g.Set),
			StorageType: d.Storage.Type, StorageGiB: d.Storage.GiB, StorageMaxGiB: d.Storage.MaxGiB,
			StorageIOPS: d.Storage.IOPS, StorageMBps: d.Storage.MBps, ReplicatesFrom: d.Source,
		}},
		Verdict: model.Holds, At: older(in.AWS.At, in.Group.At),
	}
	o.saw(p, !alike(o.st.Proof(&p), &p))
}

func provenInstance(in *model.Instance) record.ProvenInstance {
	return record.ProvenInstance{ID: in.ID, Region: in.Region, ResourceID: in.AWS.Value.ResourceID}
}

func (o *observer) parity(r *model.RDS) {
	if r.Primary == nil || r.Replica == nil {
		return
	}
	not := ""
	if r.ParityAt.IsZero() || r.Primary.AWS.Value.ResourceID == "" || r.Replica.AWS.Value.ResourceID == "" {
		not = "not compared: AWS and both servers must answer"
	}
	if o.missed("the parity of "+r.Primary.ID+" and "+r.Replica.ID, not) {
		return
	}
	p := record.Proof{
		Of:      record.Subject{Instances: []record.ProvenInstance{provenInstance(r.Primary), provenInstance(r.Replica)}},
		Claim:   record.Proven{Parity: &record.Parity{Differences: listed(r.Parity)}},
		Verdict: model.Holds, At: r.ParityAt,
	}
	if len(r.Parity) > 0 {
		p.Verdict, p.Why = model.Fails, differ(r.Parity)
	}
	o.saw(p, !alike(o.st.Proof(&p), &p))
}

// differ names the first few differences.
func differ(all []model.Difference) string {
	const few = 5
	var names []string
	for _, d := range all[:min(len(all), few)] {
		names = append(names, model.Clean(d.What))
	}
	says := "they differ in " + strings.Join(names, ", ")
	if n := len(all) - few; n > 0 {
		says += fmt.Sprintf(" and %d more", n)
	}
	return says
}

// alike tells whether a proof says what the journal has of it.
func alike(old *record.Proved, p *record.Proof) bool {
	if old == nil {
		return false
	}
	told := func(p record.Proof) []byte {
		p.At, p.Until = time.Time{}, time.Time{}
		b, _ := json.Marshal(p.Of)
		claim, _ := json.Marshal(p.Claim)
		return append(append(b, claim...), p.Word()+p.Why...)
	}
	return old.By.Kind == record.ByLook && bytes.Equal(told(old.Proof), told(*p))
}

// tail is what ended on a cluster since the journal was told last, so that after an outage somebody knows what went with it.
func (o *observer) tail(c model.Cluster) {
	v := o.s.Clusters[c]
	p := record.Proof{Of: record.Subject{Cluster: &c}, Verdict: model.Holds}
	not := ""
	if v == nil || v.Catalog.IsZero() {
		not = "its catalog was not read"
	} else if v.Catalog.Target != model.Holds {
		not = "its catalog is not proven to be the one that its Director uses: " + v.Catalog.TargetSays
	}
	if o.missed("the ended jobs of "+c.String(), o.s.silent(model.CatalogOf(c)), not) {
		return
	}
	p.At = o.s.Source(model.CatalogOf(c)).At
	p.Claim.Tail = &record.Tail{}
	old := o.st.Proof(&p)
	p.Claim.Tail.Jobs = unrecorded(v.Recent, old)
	for i := range p.Claim.Tail.Jobs {
		j := &p.Claim.Tail.Jobs[i]
		switch on := o.s.stored[c].volumes[j.ID]; {
		case len(on) > record.TailVolumes:
			o.unseen = append(o.unseen, fmt.Sprintf("the volumes of JobId %d of %s: it is on %d, more than a record holds", j.ID, c, len(on)))
		case len(on) > 0:
			j.Volumes = on
		}
	}
	o.missed("the volumes of the ended jobs of "+c.String(), o.s.stored[c].not)
	o.missed("what the catalog of "+c.String()+" numbers its next rows by", o.s.stored[c].unnumbered)
	if next := o.s.stored[c].next; len(next) > 0 {
		p.Claim.Tail.Numbered = &record.Numbered{At: p.At, Next: next}
	}
	o.saw(p, len(p.Claim.Tail.Jobs) > 0 && old != nil && p.At.Sub(old.At) >= o.policy.TailEvery)
}

// Unrecorded are the JobIds of the backups of a cluster that would be recorded of what ended, for whoever asks on which volumes they are.
func (s *Snapshot) Unrecorded(c model.Cluster, st *record.State) (ids []uint32) {
	v := s.Clusters[c]
	if v == nil || v.Catalog.Target != model.Holds {
		return nil
	}
	jobs := unrecorded(v.Recent, st.Proof(&record.Proof{Of: record.Subject{Cluster: &c}, Claim: record.Proven{Tail: &record.Tail{}}}))
	for i := range jobs {
		backs := func(r model.Job) bool { return r.ID == jobs[i].ID && r.Type == model.TypeBackup && r.Bytes > 0 }
		if slices.ContainsFunc(v.Recent, backs) {
			ids = append(ids, jobs[i].ID)
		}
	}
	return ids
}

// WithVolumes is the snapshot with the names of the volumes of a cluster's ended jobs, by JobId, or with why they are not known.
func (s *Snapshot) WithVolumes(c model.Cluster, on map[uint32][]string, why string) *Snapshot {
	next := *s
	next.stored[c].volumes, next.stored[c].not = on, why
	return &next
}

// WithNumbers is the snapshot with what the catalog of a cluster numbers its next rows by, or with why that is not known.
func (s *Snapshot) WithNumbers(c model.Cluster, of []model.NextID, why string) *Snapshot {
	next := *s
	next.stored[c].next, next.stored[c].unnumbered = of, why
	return &next
}

// stored are the names of the volumes of jobs, by JobId, or why they are not known.
type stored struct {
	volumes map[uint32][]string
	not     string

	next       []model.NextID
	unnumbered string // why they are not known

	files  []record.FileOf // of its Directors
	unread string          // why not all of them were read

	reached   []record.ReachedClient
	storages  []record.ReachedClient
	unreached string // why no more of them were asked
}

// unrecorded are the ended jobs that a tail does not have, or has otherwise, and that it would keep.
func unrecorded(recent []model.Job, old *record.Proved) []record.TailJob {
	known := map[string]record.TailJob{}
	var from time.Time
	if old != nil && old.Claim.Tail != nil {
		jobs := old.Claim.Tail.Jobs
		for _, j := range jobs {
			known[j.Job] = j
		}
		if len(jobs) >= record.TailJobs {
			from = jobs[0].End
		}
	}
	out := []record.TailJob{}
	told := map[string]bool{}
	for i := range recent {
		j := record.TailOf(&recent[i])
		was, there := known[j.Job]
		same := there && was.ID == j.ID && was.Status == j.Status && was.End.Equal(j.End) && was.Files == j.Files && was.Bytes == j.Bytes &&
			(len(j.Volumes) == 0 || slices.Equal(was.Volumes, j.Volumes))
		if same || told[j.Job] || j.Job == "" || j.End.IsZero() || j.End.Before(from) || !j.Status.Known() || j.Status.Outcome().Open() {
			continue
		}
		told[j.Job] = true
		out = append(out, j)
	}
	slices.Reverse(out) // the newest last
	return out
}

// evidenceTells is how an event of evidence is told. What only says which jobs ended is none: each of them has its own. Nor is
// an hour of a series or of traffic, nor that file daemons answered.
func evidenceTells(r record.Record) (severity model.Severity, tells bool) {
	var e record.Evidence
	if r.Into(&e) != nil || len(e.Proofs) == 0 {
		return model.Info, true
	}
	for i := range e.Proofs {
		p := &e.Proofs[i]
		tells = tells || p.Claim.Tail == nil && p.Claim.Series == nil && p.Claim.Traffic == nil &&
			(p.Claim.Reached == nil && p.Claim.Storages == nil || p.Verdict != model.Holds)
		if e.Proofs[i].Verdict != model.Holds {
			severity = model.Warn
		}
	}
	return severity, tells
}
