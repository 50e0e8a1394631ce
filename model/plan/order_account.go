package plan

import (
	"cmp"
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/record"
)

// NextAccount is the MySQL account that takes the place of the Director's at a takeover: whoever still has the old one can write to nothing
// but the server that was given up.
type NextAccount struct {
	Now          string // the Director's account until then
	Next         string
	From         string // its host part; empty: any
	PasswordFile string // on the Directors' hosts; Bacula includes it
	ByHand       bool   // no login may make accounts: a person does, and it is looked at
}

// Account is what is done to the accounts of a server: one is made, or made anew, and one is locked, whose sessions are ended. A password
// is no part of it.
type Account struct {
	OnInstance
	Makes string `json:"makes,omitempty"` // empty: none
	From  string `json:"from,omitempty"`  // its host part; empty: any
	Locks string `json:"locks"`
}

func (a *Account) words() (name, done string) {
	if a.Makes == "" {
		return model.Clean(fmt.Sprintf("lock the account %s on %s", a.Locks, a.ID)),
			model.Clean(fmt.Sprintf("%s is locked on %s, and has no session there", a.Locks, a.ID))
	}
	return model.Clean(fmt.Sprintf("make the account %s on %s, and lock %s", a.Makes, a.ID, a.Locks)),
		model.Clean(fmt.Sprintf("%s can log in to %s inside TLS, %s is locked and has no session there", a.Makes, a.ID, a.Locks))
}

// statements are what the server is told, with the password left out.
func (a *Account) statements() (says []string) {
	if a.Makes != "" {
		who := fmt.Sprintf("'%s'@'%s'", a.Makes, cmp.Or(a.From, "%"))
		says = append(says,
			fmt.Sprintf("CREATE USER IF NOT EXISTS %s IDENTIFIED WITH the plugin of %s BY its secret REQUIRE SSL", who, a.Locks),
			fmt.Sprintf("GRANT %s ON the catalog's database TO %s", model.DirectorRights, who))
	}
	return append(says, fmt.Sprintf("ALTER USER %s ACCOUNT LOCK", a.Locks), "KILL its sessions")
}

func (a *Account) sends() string {
	return model.Clean(a.ID + ": " + strings.Join(a.statements(), "; "))
}

// accountOrders are the rows of the orders about accounts.
var accountOrders = []Row{
	{
		Name: "account", Does: "make an account and lock another", Reaches: Amazon,
		is:      func(o *Order) bool { return o.Account != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.Account.touches() },
		sends:   func(o *Order) string { return o.Account.sends() },
	},
	{
		Name: "account_by_hand", Does: "let a person make an account and lock another", Reaches: Amazon, Waits: true,
		is:      func(o *Order) bool { return o.AccountByHand != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.AccountByHand.touches() },
		sends:   func(o *Order) string { return "by hand: " + o.AccountByHand.sends() },
	},
}

func init() { orders = append(orders, accountOrders...) }

// account is the step that fences an account on an instance; makes: another takes its place.
func (w World) account(on OnInstance, makes bool) (s Step, is bool) {
	n := w.Routing.Account
	if n == nil {
		return s, false
	}
	a := &Account{OnInstance: on, Locks: n.Now}
	if makes {
		a.Makes, a.From = n.Next, n.From
	}
	s = Step{Order: Order{Account: a}, Limit: sessionLimit}
	if n.ByHand {
		s = Step{Order: Order{AccountByHand: a}, Limit: handTakes}
	}
	s.Name, s.Done = s.Order.words()
	return s, true
}
