package main

import (
	"bytes"
	"strings"
	"testing"
)

const printed = `goos: linux
BenchmarkView/clock_tick-2        	   42477	     26475 ns/op	   31841 B/op	      73 allocs/op
BenchmarkView/beat_without_change-2    	   14285	     70120 ns/op	   35481 B/op	     154 allocs/op
BenchmarkView/one_pane_changed-2  	    3000	   1500000 ns/op
BenchmarkFilter/chain04-2  	    3000	   1500000 ns/op
BenchmarkFilter/chain0[1-4].*imm  	    3000	   2500000 ns/op
BenchmarkExec-2   	       1	       290.0 cpu-ms-live	        91.38 ms-first-frame	       460.8 ms-live
BenchmarkExec-2   	       1	       290.0 cpu-ms-live	        66.38 ms-first-frame	       470.8 ms-live
BenchmarkWatching/quiet-2         	       1	         1.100 %core	         1.600 %core-children	        21.25 B/s	        43.82 MB
BenchmarkStorm-2   	       1	         4.900 %core	         0 lost
catalog of 1000000 jobs                    blue        green       budget
statements per second, quiet               0.97         0.98            1
rows read per quiet tick                     17          117          100
first data (2,000 jobs)                   16 ms        21 ms
window of 15d                             91 ms       151 ms
points: page of 10,000 backups           180 ms       150 ms       300 ms
points: rows read for it                   1012         1013         5000
`

func TestTable(t *testing.T) {
	var out bytes.Buffer
	if err := run(strings.NewReader(printed), &out); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(out.String(), printed)
	if !ok {
		t.Fatalf("what the benchmarks print is not passed on:\n%s", out.String())
	}
	for _, want := range [][]string{
		{"clock's tick, 200x60", "50 µs", "26.5 µs", "within"},
		{"beat without change, 200x60", "50 µs", "70.1 µs", "OVER"},
		{"one pane changed, 200x60", "1 ms", "1.50 ms", "OVER"},
		{"10,000 chains: a filter's keystroke", "50 ms", "2.50 ms", "within"},
		{"exec to first frame", "80 ms", "66.4 ms", "within"},
		{"exec to live data on loopback", "500 ms", "461 ms", "within"},
		{"idle CPU of the cockpit", "1 % of a core", "1.10 % of a core", "OVER"},
		{"  and of the bconsoles that it starts", "-", "1.60 % of a core", "no limit"},
		{"  changes lost of it", "0", "0", "within"},
		{"catalog of 1,000,000 jobs: statements per second", "1", "0.98", "within"},
		{"catalog of 1,000,000 jobs: rows examined per quiet tick", "100", "117", "OVER"},
		{"catalog of 1,000,000 jobs: first data", "50 ms", "21 ms", "within"},
		{"catalog of 1,000,000 jobs: window of 15 days", "150 ms", "151 ms", "OVER"},
		{"catalog of 1,000,000 jobs: points of a chain with 10,000 backups", "300 ms", "180 ms", "within"},
		{"rehearsal: newest day answered", "200 ms", "not measured here: no benchmark told it"},
		{"10,000 chains: plan a shift of all", "100 ms", "not measured here: no benchmark told it"},
		{"what is added to an emergency failover while the AWS region hangs", "5 s", "not measured here: no benchmark told it"},
	} {
		if !strings.Contains(squeezed(text), squeezed("\n"+strings.Join(want, " ")+"\n")) {
			t.Errorf("the table has no line %q:\n%s", want, text)
		}
	}
	if !strings.Contains(text, "5 budgets are OVER") {
		t.Errorf("the end does not count those that are over:\n%s", text)
	}
}

func squeezed(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

func TestWithoutALab(t *testing.T) {
	var out bytes.Buffer
	if err := run(strings.NewReader("SKIPPED: no lab runs here\n"), &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "not measured here: no lab runs here (make lab)") {
		t.Error(out.String())
	}
}

func TestAFailedBenchmarkFails(t *testing.T) {
	var out bytes.Buffer
	if err := run(strings.NewReader("FAIL\tswitchyard/ui\t2.3s\n"), &out); err == nil {
		t.Error("it is no error")
	}
}

// TestTheMachineIsTold beside the limits, which it does not move.
func TestTheMachineIsTold(t *testing.T) {
	var out bytes.Buffer
	slow := "BenchmarkRow/library-2  100  45200 ns/op\nBenchmarkFrame/library-2  100  304000 ns/op\nBenchmarkStorm-2  1  65.0 MB-after\n"
	if err := run(strings.NewReader(slow), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"takes 1.5 times as long here", "a row 45 µs and 23", "1 budgets are OVER"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := run(strings.NewReader("PASS\n"), &out); err != nil || strings.Contains(out.String(), "libraries") {
		t.Errorf("%v, %s", err, out.String())
	}
}
