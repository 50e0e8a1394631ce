package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"switchyard/model"
)

// CheckFile is what bacula-dir -t and bdirjson find in a configuration file: nothing, or what Bacula says of it. They do not tell the two
// generations apart, as both find what dangles. A missing catalog is not found here, as a rehearsal's has no name of its own.
func CheckFile(path string) error {
	_, err := readConfig(path, os.ReadFile)
	if err != nil {
		return fmt.Errorf("bdirjson: ERROR TERMINATION at parse_conf.c:615\nConfig error: %w", err)
	}
	return nil
}

// JSONOf writes a configuration as bdirjson prints it, as far as it is read of it: its Director and its jobs, with their JobDefs.
func JSONOf(path string, out io.Writer) error {
	if err := CheckFile(path); err != nil {
		return err
	}
	conf, err := readConfig(path, os.ReadFile)
	if err != nil {
		return err
	}
	type named struct {
		Name    string
		Enabled *bool `json:",omitempty"`
	}
	var all []map[string]named
	for _, name := range conf.of["director"] {
		all = append(all, map[string]named{"Director": {Name: name}})
	}
	for _, name := range conf.of["job"] {
		on := !conf.all["job"][name].no("enabled")
		all = append(all, map[string]named{"Job": {Name: name, Enabled: &on}})
	}
	return json.NewEncoder(out).Encode(all)
}

// ErrTool is a call of one of the tools that they do not know.
var ErrTool = errors.New("want -c FILE")

// Tool is what this program does under the names bdirjson and bacula-dir. What is wrong is told on standard output, as Bacula's do.
func Tool(name string, args []string, out io.Writer) (status int) {
	path, tests := "", name == "bdirjson"
	for i, a := range args {
		tests = tests || a == "-t"
		if a == "-c" && i+1 < len(args) {
			path = args[i+1]
		}
	}
	err := ErrTool
	switch {
	case path == "" || !tests: // nobody starts a Director by it
	case name == "bdirjson":
		err = JSONOf(path, out)
	default:
		err = CheckFile(path)
	}
	if err != nil {
		fmt.Fprintf(out, "%s: %s\n", model.Clean(name), err)
		return 1
	}
	return 0
}
