package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

const day = 24 * time.Hour

// candidate are the gates of phase 0: that the catalog is fit to be moved, and what must be right from the beginning.
func (f *facts) candidate() {
	f.tenants()
	f.tolerance()
	f.loop(Candidate, "green-no-loop", "green can be restored without anything that it backs up", clusterNode(model.Green))
	f.journalApart()
	f.keyThere()
	f.keyMulti()
}

// keyThere asks for a key without which no copy of the catalog can be opened in the second AWS region.
func (f *facts) keyThere() {
	g := f.add(Candidate, "key-second-region", "the second AWS region has a usable key for green's catalog", model.Block)
	g.Do = "give the second AWS region a key: switchyard gates key-second-region tells the ways"
	_, second := f.pair()
	if second == nil {
		f.noPair(g, "no instance in a second AWS region is watched")
		return
	}
	at, ok := f.told(g, second.source())
	k := second.Key
	switch {
	case !ok:
	case second.AWS.Seen() && !second.AWS.Value.Encrypted:
		g.judge(false, at, second.ID+" is not encrypted")
	case !k.Seen():
		g.unknown(cmp.Or(k.Why, "the key of "+second.ID+" was not asked for yet"))
	case k.Value.Usable:
		g.judge(true, k.At, fmt.Sprintf("%s in %s", k.Value.State, second.Region))
		g.Fact = k.Value.ARN
	default:
		g.judge(false, k.At, strings.TrimSuffix(fmt.Sprintf("%s in %s; %s", k.Value.State, second.Region, k.Value.Why), "; "))
	}
}

// keyMulti is the seed's lesson: a key cannot become a multi-region one. A copy of an instance may have another key there, so that it only
// cautions.
func (f *facts) keyMulti() {
	g := f.add(Candidate, "key-multi-region", "the key of green's catalog is a multi-region one", model.Caution)
	g.Do = "a key cannot become one later: switchyard gates key-multi-region tells the ways"
	first, _ := f.pair()
	if first == nil {
		f.noPair(g, "AWS was not heard of an instance that takes writes")
		return
	}
	at, ok := f.told(g, first.source())
	switch k := first.Key; {
	case !ok:
	case first.AWS.Seen() && !first.AWS.Value.Encrypted:
		g.judge(false, at, first.ID+" is not encrypted")
	case !k.Seen():
		g.unknown(cmp.Or(k.Why, "its key was not asked for yet"))
	case k.Value.MultiRegion:
		g.judge(true, k.At, "multi-region")
	default:
		g.judge(false, k.At, "of one AWS region")
	}
}

// nodes are the gates of phase 1.
func (f *facts) nodes() {
	v := f.view(model.Green)
	all, names := f.directors(model.Green)
	g := f.add(Nodes, "directors-answer", "every Director of green answers", model.Override)
	g.Do = "see why it does not: switchyard doctor"
	if len(all) == 0 {
		g.Source = theConfiguration
		g.unknown("no Director of green is watched")
	} else {
		f.answer(g, all, names)
	}

	g = f.add(Nodes, "directors-alike", "green's Directors are of one version", model.Override)
	g.Do = "bring the older one to the version of the other; switchyard status tells both"
	f.alike(g, all)

	g = f.add(Nodes, "passive-idle", "green's passive Director runs no job", model.Override)
	g.Do = "stop it: two Directors that schedule write to one catalog"
	if len(all) == 1 {
		g.Absent = "green has no passive Director"
	} else {
		f.idle(g, all)
	}

	g = f.add(Nodes, "catalog-used", "green's Director uses the catalog that is watched", model.Block)
	g.Do = "see which one it uses: switchyard doctor; let it use the one that is configured here, or configure the one that it uses"
	at, ok := f.told(g, model.CatalogOf(model.Green))
	if !ok { // one that is not the Director's is believed in nothing but that
		at, ok = f.another(model.CatalogOf(model.Green))
	}
	if ok {
		g.Fact = v.Catalog.Identity
		switch v.Catalog.Target {
		case model.Holds, model.Fails:
			g.judge(v.Catalog.Target == model.Holds, at, v.Catalog.TargetSays)
		case model.Unknown:
			g.unknown(cmp.Or(v.Catalog.TargetSays, "nothing proves it"))
		}
	}

	g = f.add(Nodes, "catalog-known", "green's catalog has a schema that is known, and takes writes", model.Override)
	g.Do = "see which host answers: switchyard doctor; a standby takes none, and an unknown schema wants a newer program here"
	if at, ok := f.told(g, model.CatalogOf(model.Green)); ok {
		c := &v.Catalog
		value := fmt.Sprintf("version %d on %s", c.Version, c.Server)
		switch writes := c.TakesWrites(); {
		case writes == model.Unknown:
			g.unknown(c.WhyNoWrites())
		case writes == model.Fails:
			g.judge(false, at, "it "+c.WhyNoWrites())
		default:
			g.judge(model.KnownVersion(c.Version) && len(c.Missing) == 0, at, value)
		}
	}
	f.answering()
	f.storages()
	f.encrypted()
	f.manual(Nodes, "bacula-hosts", "hosts and Bacula of every node of green are of the versions that were decided", 0)
}

// answer fails by a Director that is known to be gone. One that is silent may be slow, or cut off from here.
func (f *facts) answer(g *Gate, all []model.Source, names []string) {
	at, ok := f.told(g, all...)
	var gone []string
	for _, s := range all {
		tried, why := f.gone(s, model.TroubleGone)
		if why == "" {
			continue
		}
		if len(gone) == 0 || tried.Before(at) {
			at = tried
		}
		gone = append(gone, s.String()+": "+why)
	}
	switch {
	case len(gone) > 0:
		g.judge(false, at, strings.Join(gone, "; "))
	case ok:
		g.judge(true, at, strings.Join(names, ", "))
	}
}

// idle fails by what a passive Director says itself: that the active one is silent makes it no better.
func (f *facts) idle(g *Gate, all []model.Source) {
	v := f.view(model.Green)
	at, ok := f.told(g, all...)
	for i := range v.Directors {
		d := &v.Directors[i]
		if d.Active || !d.Works {
			continue
		}
		if at, why := f.heard(model.PassiveOf(model.Green, d.Name, v.Directors[0].Name)); why == "" {
			g.judge(false, at, d.Name+" runs jobs")
			return
		}
	}
	switch {
	case !ok:
	case v.Both:
		g.judge(false, at, cmp.Or(v.ActingSays, "two may schedule"))
	default:
		g.judge(true, at, "it runs none")
	}
}

// encrypted goes by what the server says of the Director's sessions, or by that it lets in no other ones; where it tells neither, a person
// vouches.
func (f *facts) encrypted() {
	g := f.manual(Nodes, "director-encrypted", "the Director's own session with its catalog is encrypted", 0)
	g.Do = "set require_secure_transport in its parameter group and DB SSL in the Director's Catalog resource, and let the watch account " +
		"read performance_schema.threads and status_by_thread; or: switchyard gates attest director-encrypted --word TEXT"
	first, _ := f.pair()
	if first == nil {
		return
	}
	at, why := f.heard(first.server())
	if why != "" {
		if f.words[g.ID] == nil {
			g.unknown(why)
		}
		return
	}
	s, only := first.Server.Value.Sealed, first.Server.Value.Only()
	all, source := s.Sealed+s.Plain, first.server().String()
	old := s.At.IsZero() || f.now.Sub(s.At) > f.Policy.EvidenceLife || s.At.After(f.now.Add(model.ClockSlack))
	switch {
	case s.Why == "" && !old && s.Plain > 0 && !(s.Nothing && only == model.Holds):
		g.Do, _, _ = strings.Cut(g.Do, ", and let the watch account") // nothing more is to be seen, and no word counts against it
		g.measured(source).judge(false, s.At, fmt.Sprintf("%d of %s of the Director's are not encrypted", s.Plain, plural(all, "session")))
	case s.Why == "" && !old && s.Plain == 0:
		g.measured(source).judge(true, s.At, fmt.Sprintf("each of %s of the Director's is", plural(all, "session")))
	case only == model.Holds:
		g.measured(source).judge(true, at, first.ID+" lets in encrypted sessions only")
	case f.words[g.ID] != nil:
	case s.Why != "":
		g.unknown(first.ID + " lets in unencrypted sessions, too; which there are cannot be seen: " + s.Why)
	default:
		g.unknown(first.ID + " lets in unencrypted sessions, too, and none of the Director's was seen lately")
	}
}

func (f *facts) alike(g *Gate, all []model.Source) {
	if len(all) == 1 {
		g.Absent = "green has one Director"
		return
	}
	if len(all) == 0 {
		g.Source = theConfiguration
		g.unknown("no Director of green is watched")
		return
	}
	at, ok := f.told(g, all...)
	if !ok {
		return
	}
	var versions []string
	for _, d := range f.view(model.Green).Directors {
		if d.Version == "" {
			g.unknown(d.Name + " does not tell its version")
			return
		}
		if !slices.Contains(versions, d.Version) {
			versions = append(versions, d.Version)
		}
	}
	g.judge(len(versions) == 1, at, strings.Join(versions, ", "))
}

// answering goes by what observe heard of each Storage Daemon, through the Director that schedules: a dead one is seen before a night is
// lost.
func (f *facts) answering() {
	g := f.add(Nodes, "storages-answer", "every storage of green answers its Director", model.Override)
	within := 2 * f.Policy.EvidenceEvery
	g.Limit, g.Do = "asked within "+model.Span(within), "let a timer run switchyard observe: it asks them, some at each look"
	if len(f.tally.storages) == 0 {
		g.Source = "the inventory"
		g.unknown("the inventory names no storage")
		return
	}
	at, ok := f.told(g, model.Journal)
	if !ok {
		return
	}
	said := f.state.Storages(model.Green)
	var silent, unasked []string
	why := ""
	for _, name := range sorted(f.tally.storages) {
		switch s, is := said.Client(name); {
		case !is || f.now.Sub(s.At) > within || s.At.After(f.now.Add(model.ClockSlack)):
			unasked = append(unasked, name)
		case s.Why != "":
			silent = append(silent, name)
			at, why = s.At, s.Why
		case s.At.Before(at):
			at = s.At
		}
	}
	of := len(f.tally.storages)
	switch {
	case len(silent) > 0:
		g.judge(false, at, few("%d of %d do not answer: %s", silent, of)+"; "+model.Clean(why))
		g.Do = "see whether its Storage Daemon runs and knows the Director; observe asks again a quarter of an hour later"
	case len(unasked) > 0:
		g.unknown(few("%d of %d were not asked lately: %s", unasked, of))
	default:
		g.judge(true, at, fmt.Sprintf("%d of %d", of, of))
	}
}

// storages asks for a round trip: written by a good backup, read by a restore test.
func (f *facts) storages() {
	g := f.add(Nodes, "storages-round-trip", "green has written to every storage, and a restore test has read from it", model.Override)
	g.Limit = "a test not older than " + model.Span(f.Policy.EvidenceLife)
	g.Do = "test a restore from each: T, or switchyard test-restores, or record what another framework proved: switchyard evidence add"
	if len(f.tally.storages) == 0 {
		g.Source = "the inventory"
		g.unknown("the inventory names no storage")
		return
	}
	at, ok := f.told(g, model.CatalogOf(model.Green), model.Journal)
	if !ok {
		return
	}
	var unwritten, unread, old []string
	for _, name := range sorted(f.tally.storages) {
		switch s := f.tally.storages[name]; {
		case s.written.IsZero():
			unwritten = append(unwritten, name)
			continue
		case s.read.IsZero():
			unread = append(unread, name)
		case f.now.Sub(s.read) > f.Policy.EvidenceLife:
			old = append(old, name)
		default:
			continue
		}
		g.tests(f.tally.storages[name].cell)
	}
	of := len(f.tally.storages)
	switch {
	case len(unwritten) > 0:
		g.unknown(few("%d of %d not written to: %s", unwritten, of))
		g.Do = "let green take a cell of each: s on them in 3, or switchyard shift; then test a restore from each: switchyard test-restores"
	case len(unread) > 0:
		g.unknown(few("%d of %d without a restore test: %s", unread, of))
	case len(old) > 0:
		g.judge(false, at, few("%d of %d tested too long ago: %s", old, of))
	default:
		g.judge(true, at, fmt.Sprintf("%d of %d", of, of))
	}
}

// tests lets a key open the plans of restore tests of cells.
func (g *Gate) tests(cells ...model.Cell) {
	for _, c := range cells {
		if len(g.Cells) < toldCells {
			g.Key, g.Cells = "T", append(g.Cells, c)
		}
	}
}

// few names the first of many.
func few(format string, names []string, of int) string {
	slices.Sort(names)
	first := strings.Join(names[:min(len(names), 3)], ", ")
	if len(names) > 3 {
		first += ", ..."
	}
	return fmt.Sprintf(format, len(names), of, first)
}

// directors are those of a cluster as sources, the one that is configured as active first, and their names.
func (f *facts) directors(c model.Cluster) (all []model.Source, names []string) {
	for i := range f.snap.Seen {
		if s := f.snap.Seen[i].Source; s.Kind == model.SourceDirector && s.Cluster == c {
			all, names = append(all, s), append(names, s.Name)
		}
	}
	return all, names
}
