// Bconsole is the console of the tests' worlds: what the program is under that name, and nothing else of it.
package main

import (
	"os"

	"switchyard/backend/rehearsal/bconsole"
)

func main() { os.Exit(bconsole.Run(os.Args, os.Stdin, os.Stdout)) }
