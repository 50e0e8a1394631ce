package main

import "fmt"

// yardsticks are benchmarks of libraries that stand beside our own, and what they took where the limits were set (design, the table of
// dependencies): they are the same code everywhere, so that they tell the machine and not the program.
var yardsticks = []struct {
	what, bench string
	took        float64 // ns
}{
	{"a row", "Row/library", 22.6e3},
	{"a frame", "Frame/library", 304e3},
	{"a dialog over panes", "Overlay/library", 2.5e6},
}

// machine says how fast this machine is beside the one on which the limits were set. It changes no limit. Empty: nothing was measured.
func machine(seen measured) string {
	sum, n := 0.0, 0
	says := ""
	for _, y := range yardsticks {
		took, ok := seen[y.bench]["ns/op"]
		if !ok {
			continue
		}
		sum, n = sum+took/y.took, n+1
		says += fmt.Sprintf("; %s %.0f µs and %.0f", y.what, took/1e3, y.took/1e3)
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("\nWhat libraries draw takes %.1f times as long here as where the limits were set%s. No limit is moved by that.\n",
		sum/float64(n), says)
}
