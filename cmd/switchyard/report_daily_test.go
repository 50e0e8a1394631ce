package main

import (
	"errors"
	"io"
	"testing"

	"github.com/spf13/cobra"
)

// TestAReportThatDoesNotArrive ends as what cannot run, whatever it would have said.
func TestAReportThatDoesNotArrive(t *testing.T) {
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	cmd.SetOut(io.Discard)
	for _, says := range []error{nil, errFinding, errors.New("a catalog was not read")} {
		err := handed(cmd, []string{"false"}, func() error { return says })
		if err == nil || errors.Is(err, errFinding) {
			t.Errorf("after %v: %v", says, err)
		}
		if err := handed(cmd, []string{"true"}, func() error { return says }); !errors.Is(err, says) {
			t.Errorf("it arrived, and %v became %v", says, err)
		}
	}
}
