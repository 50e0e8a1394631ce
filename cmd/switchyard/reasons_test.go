package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestAReasonIsReadOnce: it may come on standard input for every guard, for one, or for both, and a second approval has it, too.
func TestAReasonIsReadOnce(t *testing.T) {
	for name, flags := range map[string][]string{
		"for all":          {"--reason=-"},
		"for one":          {"--reason=not-running=-", "--reason=both at once"},
		"for all, and one": {"--reason=-", "--reason=not-running=-"},
	} {
		var f applyFlags
		cmd := &cobra.Command{Args: cobra.NoArgs}
		f.add(cmd)
		cmd.SetIn(strings.NewReader("the chain\nis lost\n"))
		if err := cmd.ParseFlags(flags); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := f.hear(cmd); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		const said = "the chain\nis lost"
		one, all := f.reasons["not-running"], f.reason
		if name != "for all" && one != said || name != "for one" && all != said || name == "for one" && all != "both at once" {
			t.Errorf("%s: %q for one guard, %q for the others", name, one, all)
		}
		cmd.SetIn(strings.NewReader(" \n"))
		f.reason = "-"
		if err := f.hear(cmd); err == nil {
			t.Errorf("%s: nothing was said, and that is a reason", name)
		}
	}
}
