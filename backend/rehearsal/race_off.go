//go:build !race

package rehearsal

var consolePrefix []string
