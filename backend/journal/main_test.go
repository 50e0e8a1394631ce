package journal

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"switchyard/model/record"
)

// The test binary is also the other processes of these tests: its environment says which.
const (
	childRole  = "JOURNAL_TEST_ROLE"
	childStore = "JOURNAL_TEST_STORE" // "dir PATH" or "s3 ENDPOINT PREFIX"
	childName  = "JOURNAL_TEST_NAME"
	childCount = "JOURNAL_TEST_COUNT"
)

func TestMain(m *testing.M) {
	role := os.Getenv(childRole)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := child(role); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(role string) error {
	ctx := context.Background()
	s, err := storeOf(os.Getenv(childStore))
	if err != nil {
		return err
	}
	if role == "hold" {
		if _, err := s.(*Dir).Hold(ctx, os.Getenv(childName)); err != nil {
			return err
		}
		fmt.Println("held")
		_, err := io.Copy(io.Discard, os.Stdin) // until the parent closes it, or kills
		return err
	}
	j, err := Open(ctx, s, prod)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(os.Getenv(childCount))
	for i := 0; i < n || n == 0; i++ {
		r, err := j.Append(ctx, os.Getenv(childName), nextSlot)
		if err != nil {
			return err
		}
		fmt.Println(r.Seq, r.ID) // the acknowledgement
	}
	return nil
}

var prod = Options{Environment: "prod"}

func storeOf(spec string) (Store, error) {
	f := strings.Fields(spec)
	if f[0] == "dir" {
		return OpenDir(f[1])
	}
	return OpenS3(testAWS(), Bucket{Name: testBucket, Prefix: f[2], Region: testRegion, Endpoint: f[1]})
}

// nextSlot appends a plan that is named by how many there are: the fold refuses a second one of the same name, so that a decision
// on a state that was no longer the newest is seen.
func nextSlot(s *record.State) (record.Body, error) {
	return slot(fmt.Sprintf("slot-%d", len(s.Actions))), nil
}

type process struct {
	cmd *exec.Cmd
	out *bufio.Scanner
	in  io.Closer
	err strings.Builder
}

func start(t *testing.T, role, store, name string, count int) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self)}
	p.cmd.Env = append(
		os.Environ(),
		childRole+"="+role,
		childStore+"="+store,
		childName+"="+name,
		childCount+"="+strconv.Itoa(count),
		"GORACE=atexit_sleep_ms=0",
	)
	p.cmd.Stderr = &p.err
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	return p
}

// lines reads what the process prints until it ends, or n lines when n is not 0.
func (p *process) lines(n int) []string {
	var got []string
	for (n == 0 || len(got) < n) && p.out.Scan() {
		got = append(got, p.out.Text())
	}
	return got
}
