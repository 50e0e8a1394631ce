package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// A journal keeps texts for people to read, and whoever may append to it may write any. What a plan does is its data alone, so nobody who
// decides is shown a text of the journal: it is made again.
func init() { record.Words, record.AskSays = words, askSays }

// Told is the plan in the words of its renewal: what it says, costs and undoes, its steps' and its guards' texts.
func (p *Plan) Told(now *Plan) *Plan {
	q := *p.Plain()
	q.Costs, q.Undo = now.Costs, now.Undo
	for i := range min(len(q.Steps), len(now.Steps)) {
		q.Steps[i].told(&now.Steps[i])
		if back := q.Steps[i].Back; back != nil && now.Steps[i].Back != nil {
			back.told(now.Steps[i].Back)
		}
	}
	if same(p.Ask, now.Ask) {
		q.Verb, q.Says, q.Confirm = now.Verb, now.Says, now.Confirm
	}
	for i := range q.Guards {
		if g := now.Guard(q.Guards[i].ID); g != nil {
			q.Guards[i].Says, q.Guards[i].Value, q.Guards[i].Limit, q.Guards[i].Do, q.Guards[i].At = g.Says, g.Value, g.Limit, g.Do, g.At
		}
	}
	return &q
}

// told takes over the words for the same order.
func (s *Step) told(now *Step) {
	if same(s.Order, now.Order) {
		s.Name, s.Done = now.Name, now.Done
	}
}

// Plain is the plan in the words that its data alone has, without a world: what it costs, what undoing gives and what its guards have seen
// is not among them.
func (p *Plan) Plain() *Plan {
	q := *p
	q.Verb, q.Says, q.Confirm = p.Ask.words()
	q.Costs, q.Undo, q.Steps, q.Guards = nil, nil, slices.Clone(p.Steps), slices.Clone(p.Guards)
	for i := range q.Steps {
		s := &q.Steps[i]
		s.Name, s.Done = s.Order.words()
		if s.Back != nil {
			back := *s.Back
			back.Name, back.Done = back.Order.words()
			s.Back = &back
		}
	}
	bare := World{Snapshot: p.Ask.bare()}
	for i, g := range q.Guards {
		says := p.Judge(bare, g.ID, Past{}).Says
		if says == "" {
			says = "guard " + model.Clean(g.ID)
		}
		q.Guards[i] = model.Check{ID: g.ID, Says: says, Bar: g.Bar, Verdict: g.Verdict, Fact: g.Fact}
	}
	return &q
}

// bare is a world of which nothing is known but that the ask has its place in it.
func (a Ask) bare() *board.Snapshot {
	s := &board.Snapshot{}
	if a.Backup != nil {
		s.Cells = []board.CellView{{Cell: a.Backup.Cell}}
	}
	if r := a.Restoring(); r != nil {
		s.Cells = []board.CellView{{Cell: r.Cell}}
	}
	return s
}

// name gives the steps their words.
func (p *Plan) name() {
	for i := range p.Steps {
		p.Steps[i].Name, p.Steps[i].Done = p.Steps[i].Order.words()
		if b := p.Steps[i].Back; b != nil {
			b.Name, b.Done = b.Order.words()
		}
	}
}

// words are the verb, what is done and the phrase that approves it.
func (a Ask) words() (verb, says, confirm string) {
	switch {
	case a.Backup != nil:
		return a.Backup.words()
	case a.Cancel != nil:
		return a.Cancel.words()
	case a.Shift != nil:
		return a.Shift.words()
	case a.Later != nil:
		return a.Later.words()
	case a.Adopt != nil:
		return a.Adopt.words()
	case a.Restore != nil:
		return a.Restore.words()
	case a.Test != nil:
		return a.Test.words()
	case a.Push != nil:
		return a.Push.words()
	case a.Failover != nil:
		return a.Failover.words()
	case a.Isolate != nil:
		return a.Isolate.words()
	case a.Rebuild != nil:
		return a.Rebuild.words()
	case a.FailDirector != nil:
		return a.FailDirector.words()
	case a.RestartDirector != nil:
		return a.RestartDirector.words()
	case a.Rerun != nil:
		return a.Rerun.words()
	case a.Recover != nil:
		return a.Recover.words()
	case a.Split != nil:
		return a.Split.words()
	case a.ChangeClass != nil:
		return a.ChangeClass.words()
	}
	return "", "do what this program does not know", ""
}

// words are the name of a step with this order, and what is looked for.
func (o Order) words() (name, done string) {
	if name, done = splitWords(&o); name != "" {
		return name, done
	}
	switch {
	case o.StartJob != nil:
		return o.StartJob.words()
	case o.FollowJob != nil:
		return "follow " + o.FollowJob.itself() + " to its end", "it ended well"
	case o.VerifyJob != nil:
		done := "it is a good backup: OK, files, a volume, a possible time"
		if o.VerifyJob.Asked != "" {
			done += ", of level " + o.VerifyJob.Asked + " or above"
		}
		return "verify what " + o.VerifyJob.itself() + " left", model.Clean(done)
	case o.CancelJob != nil:
		return o.CancelJob.words()
	case o.Publish != nil:
		return o.Publish.words()
	case o.Push != nil:
		return o.Push.push()
	case o.PutBack != nil:
		return o.PutBack.putBack()
	case o.Effective != nil:
		return o.Effective.effective()
	case o.Enable != nil:
		return o.Enable.words()
	case o.Drained != nil:
		return o.Drained.words()
	case o.Hold != nil:
		return o.Hold.hold()
	case o.LetGo != nil:
		return o.LetGo.letGo()
	case o.StartRestore != nil:
		return o.StartRestore.words()
	case o.VerifyRestore != nil:
		return o.VerifyRestore.words()
	case o.EndRestore != nil:
		return "see it ended, or cancel it", "the catalog says how it ended"
	case o.CheckRestored != nil:
		return o.CheckRestored.words()
	case o.ProveRestored != nil:
		return o.ProveRestored.words()
	case o.RemoveRestored != nil:
		return o.RemoveRestored.words()
	case o.Service != nil:
		return o.Service.words()
	case o.ServiceByHand != nil:
		return o.ServiceByHand.words()
	case o.Idle != nil:
		return o.Idle.idle()
	case o.Greet != nil:
		return o.Greet.words()
	case o.Apart != nil:
		return o.Apart.words()
	case o.Command != nil:
		return model.Clean("run the command " + o.Command.Run.Name), "its look says so"
	}
	if name, done, is := o.takeoverWords(); is {
		return name, done
	}
	if name, done, is := o.rebuildWords(); is {
		return name, done
	}
	if text, waits := o.Word(); waits {
		return model.Clean(text), "a person says so"
	}
	if r, err := o.Row(); err == nil {
		return r.Does, "its own look says so"
	}
	return "do what this program does not know", "nobody can tell"
}

// itself is the job's name where a plan has several, which their tags tell; else it is it.
func (t *TaggedJob) itself() string {
	if chain := t.chain(); chain != "" {
		return "that of " + model.Clean(chain)
	}
	if strings.Count(t.Tag, " ") > 1 {
		return model.Clean(t.Job)
	}
	return "it"
}

func (s *StartJob) words() (name, done string) {
	return model.Clean("start " + s.Job + " on " + s.Cluster.String()), model.Clean("a job with the comment " + s.Tag + " is in the catalog")
}

func (k *CancelJob) words() (name, done string) {
	return fmt.Sprintf("cancel JobId %d on %s", k.ID, k.Cluster), "the Director does not run it any more and the catalog says how it ended"
}

// Alike tells whether two records of plans are of one, whatever they say.
func Alike(a, b record.Planned) bool {
	p, err := Of(a)
	if err != nil {
		return false
	}
	q, err := Of(b)
	return err == nil && a.Action == b.Action && same(p.Plain(), q.Plain())
}

// firstQuiet is what a push waits for first: as long as nothing is known to be wrong, nothing else of a push takes time.
const firstQuiet = "a moment comes at which no job starts (minutes at most), and then until "

// words tells of a plan as a journal keeps it, from its data.
func words(raw json.RawMessage) (w record.PlanWords, err error) {
	var p struct {
		Ask   Ask `json:"ask"`
		Steps []struct {
			Order Order `json:"order"`
			Back  struct {
				Order Order `json:"order"`
			} `json:"back"`
		} `json:"steps"`
	}
	if err := json.Unmarshal(raw, &p); err != nil || len(p.Ask.makers()) != 1 {
		return w, errors.New("it is no plan that this program knows")
	}
	wants := make([]string, 2*len(p.Steps))
	for i, s := range p.Steps {
		wants[i], wants[i+len(p.Steps)] = s.Order.Wants(), s.Back.Order.Wants()
		name, done := s.Order.words()
		if s.Order.Push != nil || s.Order.PutBack != nil {
			done = firstQuiet + done
		}
		w.Steps, w.Sends, w.Waits = append(w.Steps, name), append(w.Sends, s.Order.Sends()), append(w.Waits, done)
	}
	if strings.Join(wants, "") != "" {
		w.Wants = wants
	}
	w.Verb, w.Says, _ = p.Ask.words()
	w.Which = p.Ask.which()
	if r := p.Ask.Recover; r != nil {
		w.Recovery = r.recovery()
	}
	if f := p.Ask.FailDirector; f != nil {
		w.Config = append(
			w.Config,
			fmt.Sprintf("clusters: {%s: {active: {name: %s}}} # with all that stands under it; the other one is passive", f.Cluster, f.To),
		)
	}
	for _, s := range p.Steps {
		w.Config = append(w.Config, s.Order.config()...)
	}
	return w, nil
}

// config is what the configuration must say once the order is done: who made the plan may not write there.
func (o *Order) config() []string {
	for _, a := range []*Account{o.Account, o.AccountByHand} {
		if a != nil && a.Makes != "" {
			return []string{
				fmt.Sprintf("rds: {director_account: %s} # in place of %s, which is locked", a.Makes, a.Locks),
				fmt.Sprintf(
					"act: {fence: {next: {user: ANOTHER}}} # neither %s nor %s, with a password and a password_file of its own",
					a.Makes,
					a.Locks,
				),
			}
		}
	}
	return nil
}

// which of the failovers it asks for: they prove different things.
func (a Ask) which() string {
	switch {
	case a.Failover != nil:
		return string(a.Failover.To)
	case a.FailDirector != nil:
		return "director " + a.FailDirector.Cluster.String()
	case a.Recover != nil:
		return a.Recover.which()
	case a.Split != nil:
		return a.Split.which()
	}
	return ""
}

// Is tells whether both ask for the same.
func (a Ask) Is(b Ask) bool { return same(a, b) }
