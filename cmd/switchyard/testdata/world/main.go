// World is the console of the tests' worlds, and what is done on the hosts of their Directors: what the program is under these names, and
// nothing else of it.
package main

import (
	"os"
	"path/filepath"

	"switchyard/backend/rehearsal/bconsole"
	"switchyard/backend/rehearsal/host"
)

func main() {
	if filepath.Base(os.Args[0]) == "bconsole" {
		os.Exit(bconsole.Run(os.Args, os.Stdin, os.Stdout))
	}
	os.Exit(host.Run(os.Args[1:], os.Stdin, os.Stdout))
}
