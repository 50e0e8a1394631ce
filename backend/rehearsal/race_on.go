//go:build race

package rehearsal

// The race detector lets a program sleep for a second when it ends, which a console does for every session.
var consolePrefix = []string{"/usr/bin/env", "GORACE=atexit_sleep_ms=0"}
