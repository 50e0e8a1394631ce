package bacula

import (
	"strings"

	"switchyard/model"
)

// Command is one of the commands that a watcher ever sends to a Director; only this file makes one, and the zero value is refused. None of
// them writes, prompts, eats the message queue, or touches the catalog: "status dir" and ".status dir scheduled" kill Bacula 15.0.3 while
// its catalog is down.
type Command struct{ text string }

func (c Command) String() string { return c.text }

// The closed list. statusStorage and statusClient are its commands with an argument.
var (
	api              = Command{".api 2"} // makes the status commands of the same session answer key=value
	StatusHeader     = Command{".status dir header"}
	StatusRunning    = Command{".status dir running"}
	StatusTerminated = Command{".status dir terminated"}
	Jobs             = Command{".jobs"}
	Clients          = Command{".clients"}
	Version          = Command{"version"}
	ShowCatalogs     = Command{"show catalogs"} // where its Catalog resource points: no SQL on 9.6.7 and 15.0.3
	Disabled         = Command{"show disabled"} // .jobs does not tell what is switched off
	Clock            = Command{"time"}
	showClients      = Command{"show clients"}
	showSchedules    = Command{"show schedules"}
	showJobs         = Command{"show jobs"}
	showStorages     = Command{"show storages"}
	period           = Command{Farewell[0]} // leaves the question of the command before it
)

// Commands lists what a watcher's Console must be allowed: the list without those that have an argument.
var Commands = []Command{
	api,
	StatusHeader,
	StatusRunning,
	StatusTerminated,
	Jobs,
	Clients,
	Version,
	ShowCatalogs,
	showClients,
	showSchedules,
	showJobs,
	showStorages,
	Disabled,
	Clock,
}

// Farewell are the lines that end every session: the first leaves whatever question a command has stopped at, and does nothing where there
// is none (9.6.7 and 15.0.3). A Console needs no right to them.
var Farewell = []string{".", "quit"}

// statusClient asks the Director to ask a client what it is. A client that does not answer blocks the session for FD Connect Timeout. No
// watcher sends it: 15.0.3 writes to its catalog for it (UPDATE Client), and 9.6.7 does not.
func statusClient(client string) (Command, error) {
	if err := CheckName(client); err != nil {
		return Command{}, err
	}
	return Command{`.status client="` + client + `" header`}, nil
}

// maxName is Bacula's MAX_NAME_LENGTH without the NUL.
const maxName = 127

// CheckName refuses what is not a name of a Bacula resource that is safe inside a command: letters, digits and ":._-/ ", at
// most 127 bytes, not starting with one of ". " (a dot command, nothing) and, by the alphabet, never with @.
func CheckName(name string) error {
	switch {
	case name == "":
		return fault(nil, "name for a Director: it is empty")
	case len(name) > maxName:
		return fault(nil, "name for a Director: %.20q... has %d bytes, Bacula allows %d", name, len(name), maxName)
	case name[0] == '.' || name[0] == ' ':
		return fault(nil, "name for a Director: %q starts with %q", name, name[0])
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; !isAlnum(c) && !strings.ContainsRune(":._-/ ", rune(c)) {
			return fault(nil, "name for a Director: %q holds %q, which Bacula's names do not", model.Clean(name), rune(c))
		}
	}
	return nil
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
