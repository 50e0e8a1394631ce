package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// tenants are the gates of phase 0 that tell whether the old catalog is simple enough to be the first that is moved. Nothing is left to
// tell them by when it is gone.
func (f *facts) tenants() {
	from := len(f.gates)
	for _, of := range []func() *Gate{f.singleTenant, f.sole, f.connections, f.predictable} {
		of()
	}
	a := f.goneBy()
	for i := from; i < len(f.gates) && a != nil; i++ {
		if g := &f.gates[i]; g.Verdict == model.Unknown {
			g.Absent = fmt.Sprintf("the old schema was dropped by action %d", a.Seq)
		}
	}
}

// goneBy is the action that dropped the old schema; nil: none did.
func (f *facts) goneBy() *record.Action {
	if f.state == nil {
		return nil
	}
	return f.state.Rung("drop", "")
}

// measured turns a gate for which a person may vouch into one that was looked at. What was seen counts more than a word.
func (g *Gate) measured(source string) *Gate {
	g.Manual, g.Source, g.Wait, g.When = false, source, "", time.Time{}
	return g
}

// housed is who lives on the old catalog's server: as a watcher sees it now, and as somebody who is shown everything saw it, no longer ago
// than evidence counts; nil where nobody did.
func (f *facts) housed() (now, whole *model.Tenants, at time.Time, why string) {
	blue := model.Blue
	heardAt, silent := f.heard(model.CatalogOf(blue))
	t := &f.view(blue).Catalog.Tenants
	switch {
	case silent != "":
		why = silent
	case t.Why != "":
		why = t.Why
	case t.Seen():
		now, at = t.Value, heardAt
		if len(now.Lacks) == 0 {
			return now, now, at, ""
		}
		why = fmt.Sprintf("the watch account is not shown everybody: it lacks %s on everything", strings.Join(now.Lacks, ", "))
	default:
		why = "its server was not asked yet"
	}
	p := f.state.Proof(&record.Proof{Of: record.Subject{Cluster: &blue}, Claim: record.Proven{Housed: &record.Housed{}}})
	if p == nil || p.Claim.Housed == nil {
		return now, nil, at, why
	}
	switch h := p.Claim.Housed; {
	case p.At.After(f.now.Add(model.ClockSlack)):
		why = "what observe saw is of a time that is to come"
	case f.now.Sub(p.At) > f.Policy.EvidenceLife:
		why = fmt.Sprintf("observe saw everybody %s ago, which is too long; %s", model.Age(f.now.Sub(p.At)), why)
	case now != nil && now.Server != h.Server:
		why = fmt.Sprintf("observe saw who lives on %s, and this is %s", model.Clean(h.Server), model.Clean(now.Server))
	default:
		return now, &h.Tenants, p.At, why
	}
	return now, nil, at, why
}

func (f *facts) singleTenant() *Gate {
	g := f.manual(Candidate, "single-tenant", "nobody but Bacula uses the old catalog's schema", 0)
	g.Do = "let observe look with the login of act.split, which sees everybody; or: switchyard gates attest single-tenant --word TEXT"
	now, whole, at, why := f.housed()
	var uses, may []string
	if whole != nil {
		uses, may = whole.Others(f.Accounted)
	}
	if now != nil && now != whole { // who is there now counts for more than who was
		seen, could := now.Others(f.Accounted)
		if !slices.Contains(now.Lacks, "PROCESS") {
			uses = slices.DeleteFunc(uses, func(u string) bool { return strings.HasSuffix(u, " has a session in it") })
		}
		for _, u := range append(seen, could...) {
			if !slices.Contains(uses, u) && !slices.Contains(may, u) {
				uses = append(uses, u)
			}
		}
	}
	if len(f.Accounted) == 0 {
		if g.Verdict == model.Unknown {
			g.unknown("nobody has said which accounts are Bacula's: act.split.known")
		}
		return g
	}
	if whole != nil && len(whole.Unseen) > 0 {
		whole, why = nil, model.Few(whole.Unseen, 3)
	}
	if g.Verdict == model.Unknown && whole == nil {
		g.unknown(why)
	}
	source := "looks at the old catalog's server"
	switch all := append(uses, may...); {
	case len(all) > 0:
		g.measured(source).judge(false, at, model.Few(all, 3))
		g.Do = "end that use, or name the accounts that you account for: act.split.known"
		g.Wait = "not while somebody does"
	case whole != nil:
		g.measured(source).judge(true, at, fmt.Sprintf("nobody else of %s on %s", model.Plural(len(whole.May), "account"),
			model.Clean(whole.Server)))
	}
	return g
}

// sole tells whether what the server counts is what the schema takes.
func (f *facts) sole() *Gate {
	g := f.add(Candidate, "schema-alone", "the old catalog's server has no other schema, so that its figures are the schema's", model.Caution)
	g.Do = "begin with instances as large as the old servers, and size them later: the figures of one schema among others are not known"
	g.Source = "looks at the old catalog's server"
	_, whole, at, why := f.housed()
	if whole == nil {
		return g.unknown(cmp.Or(why, "nobody was shown every schema"))
	}
	counts := "its Performance Schema is off: no figure of one schema is known"
	if whole.Counts {
		counts = "what its Performance Schema counts of tables is neither threads nor queries of one schema"
	}
	if n := len(whole.Schemas); n > 0 {
		return g.judge(false, at, fmt.Sprintf("%s: %s; %s", model.Plural(n, "other schema"), model.Few(whole.Schemas, 3), counts))
	}
	return g.judge(true, at, "no other on "+model.Clean(whole.Server))
}

func (f *facts) connections() *Gate {
	g := f.add(Candidate, "connections", "the old catalog's server has connections to spare", model.Override)
	g.Limit = fmt.Sprintf("<= %g %% of max_connections", 100*f.Policy.ConnectMost)
	g.Do = "find who holds them, or raise max_connections: an instance of RDS has a limit of its own by its memory"
	if _, ok := f.told(g, model.CatalogOf(model.Blue)); !ok {
		return g
	}
	switch r := &f.view(model.Blue).Catalog.Figures; {
	case !r.Seen():
		g.unknown(cmp.Or(r.Why, "its server was not asked yet"))
	case r.Value.MayAtOnce <= 0:
		g.unknown("its server does not tell max_connections")
	default:
		n := r.Value
		most := max(n.Connected, n.MostAtOnce)
		g.judge(float64(most) <= f.Policy.ConnectMost*float64(n.MayAtOnce), n.At, fmt.Sprintf("%d now, %d running, %d at most since %s, of %d",
			n.Connected, n.Running, most, n.Started.UTC().Format("2 Jan"), n.MayAtOnce))
	}
	return g
}

// tolerance cannot be measured: what a Director does without its catalog is a matter of its configuration, and what people do without
// backups for hours one of the business. What a person says of it counts.
func (f *facts) tolerance() {
	g := f.manual(Candidate, "tolerance", "hours without the catalog harm nobody", 0)
	g.Do = "see that Directors come back after their catalog, and jobs are rescheduled; then: switchyard gates attest tolerance --word TEXT"
}

// wholeDay is of how much of a day there must be looks for it to count.
const wholeDay = 20 * time.Hour

// loadDay is what a server did on a day.
type loadDay struct {
	questions, connects float64
	span                time.Duration
	peak                float64 // statements a second between two looks
}

// load is what a series of looks tells.
type load struct {
	days     map[time.Time]*loadDay
	restarts int // of the server, or another one
	resets   int // of its counters
	gaps     int
	most     int // connected at a look
	running  int
}

// loadOf adds up what happened between looks that are not further apart than gap.
func loadOf(looks []model.Figures, from, now time.Time, gap time.Duration) load {
	l := load{days: map[time.Time]*loadDay{}}
	var last *model.Figures
	for i := range looks {
		at := &looks[i]
		if at.At.Before(from) || at.At.After(now.Add(model.ClockSlack)) {
			continue
		}
		l.most, l.running = max(l.most, at.Connected), max(l.running, at.Running)
		was := last
		if last = at; was == nil {
			continue
		}
		questions, connects, ok := was.Rate(at)
		switch {
		case at.At.Sub(was.At) > gap:
			l.gaps++
			continue
		case !ok && (was.Server != at.Server || at.Started.After(was.At)):
			l.restarts++
			continue
		case !ok:
			l.resets++
			continue
		}
		for t := was.At; t.Before(at.At); { // a span may go past midnight
			day := t.UTC().Truncate(24 * time.Hour)
			end := at.At
			if next := day.Add(24 * time.Hour); end.After(next) {
				end = next
			}
			d := l.days[day]
			if d == nil {
				d = &loadDay{}
				l.days[day] = d
			}
			d.questions, d.connects = d.questions+questions*end.Sub(t).Seconds(), d.connects+connects*end.Sub(t).Seconds()
			d.span, d.peak, t = d.span+end.Sub(t), max(d.peak, questions), end
		}
	}
	return l
}

func (f *facts) predictable() *Gate {
	g := f.manual(Candidate, "predictable", "the old catalog's connections, threads and queries per second are known and steady", 0)
	p := &f.Policy
	g.Do = observing + "; or: switchyard gates attest predictable --word TEXT"
	blue := model.Blue
	proof := f.state.Proof(&record.Proof{Of: record.Subject{Cluster: &blue}, Claim: record.Proven{Traffic: &record.Traffic{}}})
	if f.state == nil || proof == nil || proof.Claim.Traffic == nil {
		if g.Verdict == model.Unknown && f.state != nil {
			g.unknown("observe has recorded nothing of it yet")
		}
		return g
	}
	looks := proof.Claim.Traffic.Looks
	window := 2 * time.Duration(p.TrafficDays) * day // so that a day that nobody saw whole does not make all begin again
	l := loadOf(looks, f.now.Add(-window), f.now, p.SeriesGap)
	var means, peaks []float64
	peak, connects := 0.0, 0.0
	for _, d := range l.days {
		peak = max(peak, d.peak)
		if d.span >= wholeDay {
			means, peaks = append(means, d.questions/d.span.Seconds()), append(peaks, d.peak)
			connects = max(connects, d.connects/d.span.Seconds())
		}
	}
	value := fmt.Sprintf("%d whole days", len(means))
	for _, n := range []struct {
		n    int
		what string
	}{{l.restarts, "restart"}, {l.resets, "reset"}, {l.gaps, "gap"}} {
		if n.n > 0 {
			value += ", " + model.Plural(n.n, n.what)
		}
	}
	newest := looks[len(looks)-1].At
	switch {
	case newest.After(f.now.Add(model.ClockSlack)):
		return f.untold(g, "the newest look is of a time that is to come")
	case f.now.Sub(newest) > p.SeriesGap:
		return f.untold(g, fmt.Sprintf("nobody has looked for %s; %s", model.Age(f.now.Sub(newest)), value))
	case len(means) < p.TrafficDays, len(means) == 0:
		return f.untold(g, fmt.Sprintf("%s; %d whole days are needed", value, p.TrafficDays))
	}
	vary, usual := varies(means), median(peaks)
	g.measured("looks of observe at the old catalog's server")
	g.Limit = fmt.Sprintf("<= %g x the usual peak, days vary <= %g", p.TrafficPeak, p.TrafficVary)
	g.judge(peak <= p.TrafficPeak*usual && vary <= p.TrafficVary, newest, fmt.Sprintf(
		"%s: %.0f queries/s, peak %.0f of %.0f on the median day, days vary %.2f; %.1f connects/s, <= %d threads, %d running",
		value, median(means), peak, usual, vary, connects, l.most, l.running))
	if g.Verdict == model.Fails {
		for at, d := range l.days {
			if until := at.Add(day + window); d.peak > p.TrafficPeak*usual && until.After(g.When) {
				g.When = until
			}
		}
		g.Do = "see who did that, and whether it comes again: an instance that is sized by the usual load would not have borne it"
		g.Wait = fmt.Sprintf("when %s have gone by without it", model.Span(window))
	}
	return g
}

// untold says why nothing is measured, unless a person has vouched.
func (f *facts) untold(g *Gate, why string) *Gate {
	if f.words[g.ID] == nil {
		g.unknown(why)
	}
	return g
}

// varies is the coefficient of variation of some figures.
func varies(of []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, x := range of {
		mean += x / float64(len(of))
	}
	for _, x := range of {
		sum += (x - mean) * (x - mean)
	}
	if mean == 0 {
		return 0
	}
	return math.Sqrt(sum/float64(len(of))) / mean
}

func median(of []float64) float64 {
	all := slices.Sorted(slices.Values(of))
	n := len(all)
	if n%2 == 1 {
		return all[n/2]
	}
	return (all[n/2-1] + all[n/2]) / 2
}
