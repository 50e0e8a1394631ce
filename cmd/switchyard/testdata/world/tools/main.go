// Tools is what is done on the hosts of the Directors of the tests' worlds, and their bdirjson and bacula-dir: what the program is under
// these names, and nothing else of it.
package main

import (
	"os"
	"path/filepath"
	"slices"

	"switchyard/backend/rehearsal/cluster"
)

func main() {
	name := filepath.Base(os.Args[0])
	if name == "on-host" {
		os.Exit(cluster.Host(os.Args[1:], os.Stdin, os.Stdout))
	}
	if slices.Contains(cluster.Dumps, name) {
		os.Exit(cluster.Dump(name, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(cluster.Tool(name, os.Args[1:], os.Stdout))
}
