package plan

import (
	"cmp"
	"fmt"
	"slices"

	"switchyard/model"
)

// Known is what decided, when a plan was made, which steps it has and what they name. It is part of the plan: whoever carries it out has
// seen less of the world, or more, and is to do what was approved.
type Known struct {
	Takeover *KnownTakeover `json:"takeover,omitempty"`
	Replica  *KnownReplica  `json:"replica,omitempty"`
	Adrift   *KnownAdrift   `json:"adrift,omitempty"`
	Writer   string         `json:"writer,omitempty"` // primary or replica: which of the pair takes writes, and must be heard
}

// needs are the sources without which nobody can tell that it is still so.
func (k *Known) needs() (n Needs) {
	if k != nil && k.Writer != "" {
		n.Must = []model.Source{{Kind: model.SourceInstance, Name: k.Writer}}
	}
	return n
}

// KnownTakeover is what was known of the server that is given up, of who uses it, and of green's backups.
type KnownTakeover struct {
	Primary  string       `json:"primary,omitempty"` // its DbiResourceId; empty: AWS had not told it
	From     string       `json:"from,omitempty"`    // host:port, as green's Directors name it
	Group    string       `json:"group,omitempty"`   // its parameter group
	Settings Settings     `json:"settings"`
	By       string       `json:"by,omitempty"`     // where the settings are from; empty: the replica's own
	Canary   *KnownCanary `json:"canary,omitempty"` // nil: none could be chosen
}

// Settings are how an instance is to be.
type Settings struct {
	MultiAZ   bool   `json:"multi_az"`
	Protected bool   `json:"deletion_protection"`
	Retention int    `json:"retention_days"`
	Window    string `json:"backup_window"`
}

// KnownCanary is the cell whose backup proves a takeover, and the client that it is of; without one a person says that a restore was good.
type KnownCanary struct {
	Cell   model.Cell `json:"cell"`
	Client string     `json:"client,omitempty"`
	Level  string     `json:"level"` // one of Levels
}

// KnownReplica is how a replica is made.
type KnownReplica struct {
	Class          string   `json:"class"`
	Group          string   `json:"parameter_group,omitempty"`
	Key            string   `json:"key_arn,omitempty"`
	MultiAZ        bool     `json:"multi_az"`
	Protected      bool     `json:"deletion_protection"`
	IAM            bool     `json:"iam_login"`
	SecurityGroups []string `json:"security_groups,omitempty"`
	By             string   `json:"by,omitempty"` // from what; empty: from its source alone
}

// KnownAdrift are the Directors of a cluster that were seen to differ from its routes, and what was switched off there.
type KnownAdrift struct {
	Directors []string  `json:"directors"`
	Off       []*Enable `json:"off,omitempty"`
}

// again is a plan's known facts for its renewal; those of a plan that has none are learnt.
func (k *Known) again() Known {
	if k == nil {
		return Known{}
	}
	return *k
}

// learn is what is known now for a takeover.
func (t *takeover) learn() *KnownTakeover {
	k := &KnownTakeover{Primary: t.p.AWS.Value.ResourceID, Group: t.p.AWS.Value.ParameterGroup}
	d, _ := t.active(model.Green)
	if k.From = usesAt(d.Uses); k.From == "" {
		k.From = endpoint(t.p)
	}
	k.Settings, k.By = t.set()
	k.Canary = t.canaryOf()
	return k
}

// fits refuses what cannot be so, whoever says that it was known.
func (t *takeover) fits(k *KnownTakeover) error {
	is := t.p.AWS.Value.ResourceID
	switch {
	case is != "" && k.Primary != "" && is != k.Primary:
		return fmt.Errorf("%s is %s, and was %s", t.p.ID, is, model.Clean(k.Primary))
	case k.Settings.Retention < 1:
		return fmt.Errorf("%s would have no backups", t.r.ID)
	case k.From != model.Clean(k.From):
		return fmt.Errorf("%q is no address", model.Clean(k.From))
	}
	if err := t.asSeen(k); err != nil {
		return err
	}
	switch {
	case k.Canary == nil:
		return nil
	case t.cell(k.Canary.Cell) == nil:
		return fmt.Errorf("the inventory has no cell %s: %w", model.Clean(k.Canary.Cell.String()), model.ErrNone)
	case !slices.Contains(Levels, k.Canary.Level):
		return fmt.Errorf("level %q: want Full, Incremental or Differential", model.Clean(k.Canary.Level))
	case k.Canary.Client != "":
		return model.CheckName("the canary's client", k.Canary.Client, " ")
	}
	return nil
}

// asSeen refuses settings that are not those of the server that is given up, where these are seen now.
func (t *takeover) asSeen(k *KnownTakeover) error {
	now, by := t.set()
	d, _ := t.active(model.Green)
	uses, at := usesAt(d.Uses), endpoint(t.p)
	switch {
	case (by != "" || k.By == "") && k.Settings != now:
		return fmt.Errorf("%s would be set another way than %s has it: plan it anew", t.r.ID, cmp.Or(by, t.r.ID+" alone"))
	case t.p.AWS.Seen() && k.Group != "" && k.Group != t.p.AWS.Value.ParameterGroup:
		return fmt.Errorf("the parameter group of %s is not %s: plan it anew", t.p.ID, model.Clean(k.Group))
	case uses != "" && at != "" && k.From != uses && k.From != at:
		return fmt.Errorf("green's catalog is not at %s: plan it anew", model.Clean(k.From))
	}
	return nil
}

// like is how a replica is made: as the plan has it, else as it is seen.
func (w World) like(of, was *model.Instance) *KnownReplica {
	if w.known.Replica != nil {
		return w.known.Replica
	}
	return w.likeSeen(of, was)
}

// fits refuses what is not as it is seen now, whoever says that it was known: it would be made so.
func (k *KnownReplica) fits(w World, of, was *model.Instance) error {
	now := w.likeSeen(of, was)
	if k.By != "" && now.By == "" {
		return fmt.Errorf("how %s was set is not seen now: plan it anew: %w", was.ID, model.ErrNone)
	}
	a, b := *k, *now
	if now.By == "" && !was.Key.Seen() { // the key is judged by itself
		b.Key = a.Key
	}
	for _, x := range []*KnownReplica{&a, &b} {
		x.By, x.SecurityGroups = "", slices.Sorted(slices.Values(x.SecurityGroups))
	}
	if !same(a, b) {
		return fmt.Errorf("the replica would be made another way than %s has it: plan it anew", cmp.Or(now.By, of.ID+" alone"))
	}
	return nil
}

// likeSeen is how the one that stood there was, by AWS's word or by what was observed of it; else as its source is.
func (w World) likeSeen(of, was *model.Instance) *KnownReplica {
	d, s := &was.AWS.Value, w.settingsOf(was)
	switch {
	case was.AWS.Seen() && was.Missing.IsZero():
		return &KnownReplica{Class: d.Class, Group: d.ParameterGroup, Key: d.KeyARN, MultiAZ: d.MultiAZ, Protected: d.Protected, IAM: d.IAM,
			SecurityGroups: d.SecurityGroups, By: "AWS's word of " + was.ID}
	case s != nil:
		return &KnownReplica{Class: s.Class, Group: s.Group, Key: s.KeyARN, MultiAZ: s.MultiAZ, Protected: s.Protected, IAM: s.IAM,
			SecurityGroups: s.SecurityGroups, By: "the journal's evidence of " + was.ID}
	}
	d = &of.AWS.Value
	k := &KnownReplica{Class: d.Class, MultiAZ: d.MultiAZ, Protected: d.Protected, IAM: d.IAM}
	if was.Key.Seen() {
		k.Key = was.Key.Value.ARN
	}
	return k
}

// offRoutes is what differs of a cluster as the plan has it, else as it shows; and as it shows, in words.
func (w World) offRoutes(c model.Cluster) (k *KnownAdrift, says []string) {
	names, says, hand := w.adrift(c)
	if w.known.Adrift != nil {
		return w.known.Adrift, says
	}
	k = &KnownAdrift{Directors: names}
	for _, name := range names {
		if off := hand[name]; off != nil {
			k.Off = append(k.Off, off)
		}
	}
	return k, says
}

// off is what was switched off on a Director; nil when nothing was.
func (k *KnownAdrift) off(director string) *Enable {
	if i := slices.IndexFunc(k.Off, func(e *Enable) bool { return e != nil && e.Director == director }); i >= 0 {
		return k.Off[i]
	}
	return nil
}

// fits refuses what is none of ours, whoever says that it was known.
func (k *KnownAdrift) fits(w World, c model.Cluster) error {
	ours := map[string]bool{}
	inv := w.Names.Inventory()
	for i := range inv.Cells {
		ours["job "+w.Names.Name(inv.Cells[i].Cell)], ours["client "+inv.Cells[i].Client] = true, true
	}
	for _, e := range k.Off {
		if e == nil || e.Cluster != c {
			return fmt.Errorf("something is switched off that is not on %s", c)
		}
		for _, p := range e.Parts() {
			kind := p.Kind
			if kind == "schedule" { // it has its job's name
				kind = "job"
			}
			for _, name := range p.Names {
				if !ours[kind+" "+name] {
					return fmt.Errorf("the inventory has no %s %s: %w", p.Kind, model.Clean(name), model.ErrNone)
				}
			}
		}
	}
	return nil
}

// endpoint is where AWS says that an instance answers.
func endpoint(i *model.Instance) string {
	if i.AWS.Value.Endpoint != "" {
		return i.AWS.Value.Endpoint
	}
	return i.AWS.Value.Address
}
