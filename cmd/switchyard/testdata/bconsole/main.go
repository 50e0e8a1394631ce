// Bconsole is the console of the tests' worlds: what the program is under that name, and nothing else of it, whose start is most of what a
// session costs.
package main

import (
	"os"

	"switchyard/backend/rehearsal/bconsole"
)

func main() { os.Exit(bconsole.Run(os.Args, os.Stdin, os.Stdout)) }
