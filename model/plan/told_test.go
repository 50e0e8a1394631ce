package plan

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/model/record"
)

const lie = "FORGED"

// lying is a plan with other texts in all places that no guard and no step is bound to, and in those that are.
func lying(p *Plan) *Plan {
	q := *p
	q.Verb, q.Says, q.Confirm, q.Costs, q.Undo = lie, lie, lie, []string{lie}, []string{lie}
	q.Guards, q.Steps = append(q.Guards[:0:0], p.Guards...), append(q.Steps[:0:0], p.Steps...)
	for i := range q.Guards {
		q.Guards[i].Says, q.Guards[i].Value, q.Guards[i].Limit = lie, lie, lie
	}
	for i := range q.Steps {
		q.Steps[i].Name, q.Steps[i].Done = lie, lie
	}
	return &q
}

func TestTextsAreMadeAgain(t *testing.T) {
	w := calm()
	for _, ask := range []Ask{askBackup, askCancel} {
		p := must(ask.Plan(w, "p1"))
		forged := lying(p)
		if d := cmp.Diff(p.Lines(t0), forged.Told(must(forged.Renew(w))).Lines(t0)); d != "" {
			t.Errorf("%s: %s", p.Verb, d)
		}
		if all := strings.Join(
			forged.Plain().Lines(t0),
			"\n",
		); strings.Contains(all, lie) || !strings.Contains(all, p.Says) ||
			!strings.Contains(all, p.Steps[0].Name) {
			t.Errorf("%s, without a world:\n%s", p.Verb, all)
		}
		for i, g := range forged.Plain().Guards {
			if want := strings.Replace(
				p.Guards[i].Says,
				"dir-green has",
				"green's Director has",
				1,
			); g.Says != want || g.Value != "" ||
				g.Verdict != p.Guards[i].Verdict {
				t.Errorf("%s, without a world: %+v", p.Verb, g)
			}
		}
		if !strings.Contains(strings.Join(p.Lines(t0), "\n"), "sends: "+p.Steps[0].Order.Sends()) {
			t.Errorf("%s does not say what it sends", p.Verb)
		}
		if forged.Says != lie || forged.Steps[0].Name != lie || forged.Guards[0].Says != lie {
			t.Error("the plan itself was changed")
		}
		if d := cmp.Diff(p.Guards, p.Told(must(p.Renew(w))).Guards); d != "" {
			t.Error(d)
		}
	}
}

// TestAJournalTellsOfThePlanItself folds a record whose every text is forged.
func TestAJournalTellsOfThePlanItself(t *testing.T) {
	p := must(askBackup.Plan(calm(), "p1"))
	b := must(lying(p).Record())
	add := func(st *record.State, body record.Body) (*record.State, record.Record) {
		var head record.Head
		if st != nil {
			head = st.Head
		}
		r, _, err := record.Record{
			V:     record.Version,
			Seq:   head.Seq + 1,
			ID:    fmt.Sprint("r", head.Seq),
			Prev:  head.Hash,
			Actor: "mallory",
			Host:  "bastion",
			Kind:  body.RecordKind(),
			At:    t0,
			Body:  must(json.Marshal(body)),
		}.Seal()
		if err != nil {
			t.Fatal(err)
		}
		return must(record.Fold(st, r)), r
	}
	st, _ := add(nil, record.Genesis{Environment: "prod"})
	st, r := add(st, b)
	a := st.Action("p1")
	var names, sends []string
	for _, s := range p.Steps {
		names, sends = append(names, s.Name), append(sends, s.Order.Sends())
	}
	if a.Says != p.Says || a.Verb != p.Verb || !cmp.Equal(a.Steps, names) || !cmp.Equal(a.Sends, sends) {
		t.Errorf("%+v", a)
	}
	if line := r.Line(st); strings.Contains(line, lie) || !strings.Contains(line, p.Says) {
		t.Error(line)
	}
	b.Plan, b.Action = []byte(`{"ask":{"wipe":{}},"steps":[]}`), "p2"
	if st, _ = add(
		st,
		b,
	); st.Action("p2").Says != "a plan that this program cannot read" ||
		strings.Contains(strings.Join(st.Action("p2").Steps, ""), lie) {
		t.Errorf("%+v", st.Action("p2"))
	}
}

// TestWhatIsWantedOfAPersonIsThePlans: who attests reads the order, not what an intent says of it.
func TestWhatIsWantedOfAPersonIsThePlans(t *testing.T) {
	p := must(askBackup.Plan(calm(), "p1"))
	hand := &Step{Order: Order{ByHand: &ByHand{Text: "open it again", Touches: record.TouchesOf("x")}}}
	p.Steps = []Step{
		{Order: Order{ByHand: &ByHand{Text: "close the valve", Copy: "valve off", Touches: record.TouchesOf("x")}}, Back: hand},
		{Order: Order{Attest: &Attest{Text: "it is dry", Who: []string{"bob"}}}},
	}
	w := must(words(must(p.Record()).Plan))
	want := []string{"by hand: close the valve; such as: valve off", "to be attested: it is dry; by bob", "by hand: open it again", ""}
	if d := cmp.Diff(want, w.Wants); d != "" {
		t.Error(d)
	}
	if w := must(words(must(must(askBackup.Plan(calm(), "p1")).Record()).Plan)); w.Wants != nil {
		t.Errorf("a backup wants %q of a person", w.Wants)
	}
	st := &record.State{}
	for _, body := range []record.Body{record.Genesis{Environment: "prod"}, must(p.Record()), record.Approved{Action: "p1"},
		record.Claim{Action: "p1", Claim: "c", Runner: "mallory"}, record.Intent{Action: "p1", Claim: "c", Step: 1, Asks: lie, Word: true}} {
		r, _, err := record.Record{
			V:     record.Version,
			Seq:   st.Head.Seq + 1,
			ID:    fmt.Sprint("r", st.Head.Seq),
			Prev:  st.Head.Hash,
			Actor: "mallory",
			Host:  "bastion",
			Kind:  body.RecordKind(),
			At:    t0,
			Body:  must(json.Marshal(body)),
		}.Seal()
		if err != nil {
			t.Fatal(err)
		}
		st = must(record.Fold(st, r))
		if strings.Contains(r.Line(st), lie) {
			t.Error(r.Line(st))
		}
	}
	if got := st.Action("p1").Asks; got != want[0] {
		t.Errorf("%q", got)
	}
}

func TestRecordsOfOnePlanAreAlike(t *testing.T) {
	p := must(askBackup.Plan(calm(), "p1"))
	other := must(askBackup.Plan(calm(), "p2"))
	other.ID = "p1" // its tag is another
	a := must(p.Record())
	if !Alike(a, must(lying(p).Record())) {
		t.Error("other words make another plan")
	}
	if Alike(a, must(other.Record())) {
		t.Error("other data make the same plan")
	}
}

// TestWhatTheConfigurationMustSay after a takeover, and after a Director's failover: a person writes it, and is told what.
func TestWhatTheConfigurationMustSay(t *testing.T) {
	w := pairWorld(false)
	w.Routing.Account = &NextAccount{Now: "bacula", Next: "bacula_b"}
	of := func(w World, ask Ask) string {
		p := must(ask.Plan(w, "p1"))
		return strings.Join(must(words(must(p.Record()).Plan)).Config, "\n")
	}
	if says := of(w, toEmergency); !strings.Contains(says, "rds: {director_account: bacula_b} # in place of bacula") ||
		!strings.Contains(says, "act: {fence: {next: {user: ANOTHER}}} # neither bacula_b nor bacula") {
		t.Error(says)
	}
	directors := pairOfDirectors()
	if says := of(directors, failTo(directors)); says != "clusters: {green: {active: {name: dir-green2}}} # with all that stands under it; "+
		"the other one is passive" {
		t.Error(says)
	}
	if says := of(calm(), askBackup); says != "" {
		t.Errorf("a backup changes nothing of it: %s", says)
	}
}
