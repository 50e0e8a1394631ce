package rehearsal

import (
	"fmt"

	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/sqlsim"
)

// accounts are the names and passwords of a world. They are made up of its seed: a rehearsal has nothing to protect but the
// habit of reading secrets from files.
type accounts struct{ watchSQL, actSQL, watchConsole, actConsole, volumesConsole, fenceSQL, nextSQL string }

const (
	watchUser    = "switchyard_watch"
	actUser      = "switchyard_act"
	fenceUser    = "switchyard_fence"   // makes the account of a Director after a takeover, and locks the one before it
	nextUser     = "bacula_next"        // that account
	numbersUser  = "switchyard_numbers" // which raises AUTO_INCREMENT, and does nothing else
	splitUser    = "switchyard_split"   // which leaves blue's schema
	watchConsole = "switchyard-watch"
	actConsole   = "switchyard-act"

	volumesConsole = "switchyard-volumes" // which marks volumes, and does nothing else
)

func newAccounts(seed uint64) accounts {
	word := func(what string) string { return fmt.Sprintf("rehearsal-%s-%x", what, seed+0x5eed) }
	return accounts{
		word("watch"),
		word("act"),
		word("console-watch"),
		word("console-act"),
		word("console-volumes"),
		word("fence"),
		word("next"),
	}
}

func (a accounts) mysql() []sqlsim.User {
	return []sqlsim.User{
		{Name: watchUser, Password: a.watchSQL, Monitor: true},
		{Name: actUser, Password: a.actSQL, Monitor: true},
		{Name: numbersUser, Password: a.actSQL + "-numbers", Alter: true},
		{Name: "bacula", Password: a.actSQL + "-bacula", Write: true},
		{Name: fenceUser, Password: a.fenceSQL, Accounts: true, Monitor: true, Sees: true, Write: true},
		{Name: "admin", Password: a.actSQL + "-admin", Admin: true, Monitor: true},
	}
}

// split is the account of blue's server that leaves its schema.
func (a accounts) split() sqlsim.User {
	return sqlsim.User{Name: splitUser, Password: a.actSQL + "-split", Accounts: true, Monitor: true, Sees: true, Write: true}
}

// watchCommands is the CommandACL of the Console that only reads; actCommands is the other's.
var (
	watchCommands = []string{"status", ".status", ".jobs", ".clients", ".client", ".storage", ".pools", "version", "time", "show"}
	actCommands   = append(
		watchCommands[:len(watchCommands):len(watchCommands)],
		"run",
		"cancel",
		"restore",
		"enable",
		"disable",
		"reload",
		"messages",
		".bvfs_get_jobids",
		".bvfs_update",
		".bvfs_lsdirs",
		".bvfs_lsfiles",
	)
)

func (a accounts) consoles() []cluster.Access {
	return []cluster.Access{
		{Name: watchConsole, Password: a.watchConsole, Commands: watchCommands},
		{Name: actConsole, Password: a.actConsole, Commands: actCommands},
		{
			Name:     volumesConsole,
			Password: a.volumesConsole,
			Commands: []string{"version", ".jobs", ".clients", ".status", "show", "time", "update"},
		},
	}
}
