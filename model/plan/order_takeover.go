package plan

import (
	"cmp"
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/record"
)

// Pair is a server that is given up and the one that follows it.
type Pair struct {
	From OnInstance `json:"from"`
	To   OnInstance `json:"to"`
}

// Promote makes a replica an instance of its own. Backups are always said explicitly: AWS would give it one day.
type Promote struct {
	OnInstance
	Source    OnInstance `json:"source"`         // which it replicates from until then
	Retention int        `json:"retention_days"` // of its backups
	Window    string     `json:"backup_window"`  // hh24:mi-hh24:mi, UTC
}

// Modify sets what a promoted instance lacks of the one before it. The list of what may be set is closed.
type Modify struct {
	OnInstance
	MultiAZ   bool   `json:"multi_az"`
	Protected bool   `json:"deletion_protection"`
	Retention int    `json:"retention_days"`
	Window    string `json:"backup_window"`
}

// Repoint writes into a Director's configuration which server its catalog is on. The Director is stopped meanwhile.
type Repoint struct {
	OnDirector
	From string `json:"from,omitempty"` // host:port; empty: whatever its configuration names, as after a disaster
	To   string `json:"to"`
	// The account that it logs in with from then on, and the file of its host that holds the password; empty: as before.
	User         string `json:"user,omitempty"`
	PasswordFile string `json:"password_file,omitempty"`
}

// Session wants sessions of the Director's account on an instance, encrypted.
type Session struct {
	OnInstance
	Director string `json:"director"`
	Account  string `json:"account,omitempty"` // empty: the one that rds.director_account names
}

// Quarantine lets an instance take no writes, by read_only in its parameter group: with it every instance of that group.
type Quarantine struct {
	OnInstance
	Group string `json:"group"`
}

func (q *Quarantine) words(release bool) (name, done string) {
	if release {
		return model.Clean("let " + q.ID + " take writes again"), model.Clean("the server of " + q.ID + " has read_only off")
	}
	return model.Clean("let " + q.ID + " take no writes any more"), model.Clean("the server of " + q.ID + " has read_only on")
}

func (q *Quarantine) sends(value string) string {
	return model.Clean(
		fmt.Sprintf("rds:ModifyDBParameterGroup DBParameterGroupName=%s read_only=%s immediate, in %s", q.Group, value, q.Region),
	)
}

func (p *Pair) fence() (name, done string) {
	return model.Clean("note what " + p.From.ID + " has executed, when no Director has a session on it"),
		model.Clean("no session of the Director's account is on " + p.From.ID + ", and two looks find the same transactions")
}

func (p *Pair) caughtUp() (name, done string) {
	return model.Clean("wait until " + p.To.ID + " has all of it"),
		model.Clean("what was noted is a subset of what " + p.To.ID + " has executed")
}

func (i *OnInstance) settled() (name, done string) {
	return model.Clean("wait until " + i.ID + " takes a change"), model.Clean("AWS calls " + i.ID + " available in two looks")
}

func (p *Promote) words() (name, done string) {
	return model.Clean(fmt.Sprintf("promote %s (%s)", p.ID, p.ResourceID)),
		model.Clean(
			"AWS calls it a primary of its own and available, its server replicates from nobody and takes writes, in two looks that agree",
		)
}

func (p *Promote) sends() string {
	return fmt.Sprintf("rds:PromoteReadReplica DBInstanceIdentifier=%s BackupRetentionPeriod=%d%s, once, in %s", p.ID, p.Retention,
		window(p.Window), p.Region)
}

func window(w string) string {
	if w == "" {
		return ""
	}
	return " PreferredBackupWindow=" + w
}

func (m *Modify) words() (name, done string) {
	return model.Clean("set " + m.ID + " as its predecessor was"), model.Clean(strings.Join(m.sets(), ", ") + ", and nothing is pending")
}

func (m *Modify) sets() []string {
	az, off := "Single-AZ", "off"
	if m.MultiAZ {
		az = "Multi-AZ"
	}
	if m.Protected {
		off = "on"
	}
	return []string{az, "deletion protection " + off, fmt.Sprintf("backups of %d d at %s", m.Retention, cmp.Or(m.Window, "AWS's choice"))}
}

func (m *Modify) sends() string {
	return fmt.Sprintf(
		"rds:ModifyDBInstance DBInstanceIdentifier=%s MultiAZ=%v DeletionProtection=%v BackupRetentionPeriod=%d%s ApplyImmediately=true, "+
			"once, in %s",
		m.ID,
		m.MultiAZ,
		m.Protected,
		m.Retention,
		window(m.Window),
		m.Region,
	)
}

func (r *Repoint) words() (name, done string) {
	done = "its configuration names " + r.To
	if r.User != "" {
		done += " and the account " + r.User
	}
	return model.Clean(fmt.Sprintf("point %s's catalog at %s", r.Director, r.To)), model.Clean(done)
}

func (r *Repoint) sends() string {
	as := ""
	if r.User != "" {
		as = fmt.Sprintf(", DB User %s with DB Password = @%s", r.User, r.PasswordFile)
	}
	return model.Clean(fmt.Sprintf("a file whose Catalog resource names %s in place of %s%s, once bacula-dir -t takes it", r.To,
		cmp.Or(r.From, "what it names now"), as))
}

func (s *Session) words() (name, done string) {
	return model.Clean(fmt.Sprintf("see %s's own session on %s", s.Director, s.ID)),
		model.Clean(fmt.Sprintf("%s has a session on %s, and each of its sessions is encrypted", cmp.Or(s.Account, "its account"), s.ID))
}

// takeoverOrders are the rows of the orders by which another instance takes a catalog over.
var takeoverOrders = []Row{
	{
		Name: "fence", Does: "note what a server has executed when nobody writes to it", Reaches: Amazon, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Fence != nil },
		keeps: keepsNothing,
	},
	{
		Name: "caught_up", Does: "wait until a replica has all that was noted", Reaches: Amazon, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.CaughtUp != nil },
		keeps: keepsNothing,
	},
	{
		Name: "settled", Does: "wait until an instance takes a change", Reaches: Amazon, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Settled != nil },
		keeps: keepsNothing,
	},
	{
		Name: "promote", Does: "promote a replica", Reaches: Amazon, Once: true,
		is:    func(o *Order) bool { return o.Promote != nil },
		keeps: keepsNothing,
		touches: func(_ World, o *Order) record.Touches {
			return record.Union(o.Promote.touches(), o.Promote.Source.touches(), record.TouchesOf(model.Green.String()))
		},
		sends: func(o *Order) string { return o.Promote.sends() },
	},
	{
		Name: "modify", Does: "set an instance as another was", Reaches: Amazon, Once: true,
		is:      func(o *Order) bool { return o.Modify != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.Modify.touches() },
		sends:   func(o *Order) string { return o.Modify.sends() },
	},
	{
		Name: "repoint", Does: "write which server a Director's catalog is on", Reaches: Directors,
		is:    func(o *Order) bool { return o.Repoint != nil },
		keeps: keepsNothing,
		touches: func(_ World, o *Order) record.Touches {
			return record.TouchesOf(TouchDirector(o.Repoint.Cluster, o.Repoint.Director))
		},
		sends: func(o *Order) string { return o.Repoint.sends() },
	},
	{
		Name: "quarantine", Does: "let an instance take no writes", Reaches: Amazon,
		is:      func(o *Order) bool { return o.Quarantine != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.Quarantine.touches() },
		sends:   func(o *Order) string { return o.Quarantine.sends("1") },
	},
	{
		Name: "release", Does: "let an instance take writes again", Reaches: Amazon,
		is:      func(o *Order) bool { return o.Release != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.Release.touches() },
		sends:   func(o *Order) string { return o.Release.sends("{TrueIfReplica}") },
	},
	{
		Name: "session", Does: "see a Director's own session on an instance", Reaches: Amazon, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Session != nil },
		keeps: keepsNothing,
	},
}

func init() { orders = append(orders, takeoverOrders...) }

// takeoverWords are the words of these orders; false when it is none of them.
func (o Order) takeoverWords() (name, done string, is bool) {
	is = true
	switch {
	case o.FailOver != nil:
		name, done = o.FailOver.failOver()
	case o.Fence != nil:
		name, done = o.Fence.fence()
	case o.CaughtUp != nil:
		name, done = o.CaughtUp.caughtUp()
	case o.Settled != nil:
		name, done = o.Settled.settled()
	case o.Promote != nil:
		name, done = o.Promote.words()
	case o.Resize != nil:
		name, done = o.Resize.words()
	case o.Modify != nil:
		name, done = o.Modify.words()
	case o.Repoint != nil:
		name, done = o.Repoint.words()
	case o.Session != nil:
		name, done = o.Session.words()
	case o.Account != nil:
		name, done = o.Account.words()
	case o.AccountByHand != nil:
		name, done = o.AccountByHand.words()
	case o.Numbers != nil:
		name, done = o.Numbers.words()
	case o.NumbersByHand != nil:
		name, done = o.NumbersByHand.words()
	case o.ReadOnly != nil:
		name, done = o.ReadOnly.words()
	case o.ReadOnlyByHand != nil:
		name, done = o.ReadOnlyByHand.words()
	case o.Lost != nil:
		name, done = o.Lost.words()
	case o.Quarantine != nil:
		name, done = o.Quarantine.words(false)
	case o.Release != nil:
		name, done = o.Release.words(true)
	default:
		is = false
	}
	return name, done, is
}
