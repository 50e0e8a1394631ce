// Command budgets passes on what benchmarks print, and ends it with what they measured beside the budgets of the design.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "budgets:", err)
		os.Exit(1)
	}
}

// run reads to the end. A benchmark that failed is an error; a budget that does not hold is only told.
func run(in io.Reader, out io.Writer) error {
	seen := measured{}
	failed := 0
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		fmt.Fprintln(out, line)
		seen.take(line)
		if strings.HasPrefix(line, "FAIL") {
			failed++
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading what the benchmarks print: %w", err)
	}
	if err := table(seen, out); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d benchmarks failed: look for FAIL above", failed)
	}
	return nil
}

// table prints a line for each budget.
func table(seen measured, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "\nBUDGET\tLIMIT\tMEASURED\t")
	over, unknown := 0, 0
	for _, b := range budgets {
		limit := b.format(b.limit)
		if b.limit < 0 {
			limit = "-"
		}
		value, why := b.of(seen)
		switch {
		case why != "":
			unknown++
			fmt.Fprintf(w, "%s\t%s\t\tnot measured here: %s\n", b.what, limit, why)
		case b.limit < 0:
			fmt.Fprintf(w, "%s\t%s\t%s\tno limit\n", b.what, limit, b.format(value))
		case value > b.limit:
			over++
			fmt.Fprintf(w, "%s\t%s\t%s\tOVER\n", b.what, limit, b.format(value))
		default:
			fmt.Fprintf(w, "%s\t%s\t%s\twithin\n", b.what, limit, b.format(value))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d budgets are OVER, %d are not measured here.\n%s", over, unknown, machine(seen))
	return err
}
