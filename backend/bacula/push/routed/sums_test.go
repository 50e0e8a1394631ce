package routed

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/model"
)

// following starts a shell that tells of a file, and gives what is told and a way to end it, which waits for that.
func following(t *testing.T, s *Sums, script string) (news chan bool, end func()) {
	t.Helper()
	s.Dir = t.TempDir()
	if s.Path == "" {
		s.Path = filepath.Join(s.Dir, "routed.conf")
	}
	s.Argv = []string{"sh", "-c", script, "sh", "{path}"}
	ctx, cancel := context.WithCancel(t.Context())
	news, ended := make(chan bool, 1000), make(chan struct{})
	go func() {
		defer close(ended)
		s.Follow(ctx, func(another bool) { news <- another })
	}()
	end = func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Fatal("it goes on")
		}
	}
	t.Cleanup(end)
	return news, end
}

func next(t *testing.T, news chan bool) bool {
	t.Helper()
	select {
	case is := <-news:
		return is
	case <-time.After(time.Minute):
		t.Fatal("nothing is told")
	}
	return false
}

// TestSums tell of each change, by what sha256sum itself prints, and leave no process behind.
func TestSums(t *testing.T) {
	var s Sums
	pid := filepath.Join(t.TempDir(), "pid")
	s.Path = filepath.Join(t.TempDir(), "routed.conf")
	if err := os.WriteFile(s.Path, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	news, end := following(t, &s, `echo $$ > `+pid+`; while sha256sum "$1"; do sleep 0.1; done`)
	if _, err := s.Heard(t.Context()); err != nil {
		t.Fatal(err)
	}
	next(t, news)
	const (
		ofA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
		ofB = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
	)
	if is := must(s.Look()); is.Sum != ofA || !is.Unread || is.Canary != "" || len(is.Jobs) > 0 {
		t.Errorf("%+v", is)
	}
	before := time.Now()
	if err := os.WriteFile(s.Path+".new", []byte("b"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.Path+".new", s.Path); err != nil {
		t.Fatal(err)
	}
	if !next(t, news) {
		t.Error("another one came, and was told as the same")
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if is := must(s.Look()); is.Sum == ofB && is.After.After(before) {
			break
		} else if time.Now().After(end) {
			t.Fatalf("%+v", is)
		}
	}
	end()
	is := must(strconv.Atoi(strings.TrimSpace(string(must(os.ReadFile(pid))))))
	for end := time.Now().Add(time.Minute); len(living(t, is)) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("of process group %d are left %q", is, living(t, is))
		}
	}
}

// living are the processes of a group that are not only waited for.
func living(t *testing.T, group int) (out []string) {
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		text, _ := os.ReadFile(path) // it may have ended meanwhile
		f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(f) > 2 && f[0] != "Z" && f[2] == strconv.Itoa(group) {
			out = append(out, string(text))
		}
	}
	return out
}

// TestSumsThatDoNotTell are told as that, with what was said on standard error, and never with what was printed: it may be the file.
func TestSumsThatDoNotTell(t *testing.T) {
	const sum = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
	for name, c := range map[string]struct {
		script, says string
		kind         error
	}{
		"it ends": {`echo ` + sum + `; echo "no route to host" >&2; exit 1`,
			"the command ended that tells its SHA-256: it says: no route to host", model.ErrUnreachable},
		"it prints the file": {`echo 'Password = "hunter2"'; sleep 60`, "no SHA-256 of it as sha256sum writes one", model.ErrAnswer},
		"it prints the file before it": {`printf 'Password = "hunter2"\n%s\n' ` + sum + `; sleep 60`,
			"no SHA-256 of it as sha256sum writes one", model.ErrAnswer},
		"it prints the file beside": {`echo 'Password = "hunter2"' >&2; exit 1`,
			"it says: what looks like the file itself, and is not shown", model.ErrUnreachable},
		"a part of a line": {`printf '%0300d hunter2\nno route to host\n' 0 >&2; exit 1`, "it says: no route to host", model.ErrUnreachable},
		"a long line":      {`head -c 100000 /dev/zero | tr '\0' x; sleep 60`, "no SHA-256 of it as sha256sum writes one", model.ErrAnswer},
		"another file":     {`echo "` + sum + `  /etc/hunter2"; sleep 60`, "of another file than", model.ErrAnswer},
		"it is silent":     {`sleep 60`, "no SHA-256 of it came for ", model.ErrTimeout},
		"it falls silent":  {`echo ` + sum + `; sleep 60`, "no SHA-256 of it came for ", model.ErrTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Sums{quiet: 2 * time.Second, pause: time.Hour}
			news, _ := following(t, &s, c.script)
			for next(t, news); s.told() == nil; next(t, news) {
				continue
			}
			_, err := s.Heard(t.Context())
			if err == nil || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v", err)
			}
			if _, err := s.Look(); err == nil {
				t.Error("what it was before is told still")
			}
		})
	}
}

// TestLinesThatWaited come at once, and the later of them may be as old as the first: none was made after that came.
func TestLinesThatWaited(t *testing.T) {
	const sum = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
	s, began := Sums{Path: "f"}, time.Now()
	for _, l := range []struct{ at, after time.Duration }{{0, -1}, {2, 0}, {8, 2}, {8, 2}, {8, 2}, {10, 8}} {
		if err := s.take(sum+"  f", began.Add(l.at*time.Second), func(bool) {}); err != nil {
			t.Fatal(err)
		}
		want := began.Add(l.after * time.Second)
		if l.after < 0 {
			want = time.Time{}
		}
		if is := must(s.Look()); !is.After.Equal(want) {
			t.Errorf("at %d s: after %v, not %v", l.at, is.After, want)
		}
	}
}

func (s *Sums) told() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// TestSumsAreStartedAnew with pauses that grow, and are told of again when they tell.
func TestSumsAreStartedAnew(t *testing.T) {
	s := Sums{pause: 50 * time.Millisecond}
	s.Path = filepath.Join(t.TempDir(), "routed.conf")
	starts := filepath.Join(t.TempDir(), "starts")
	began := time.Now()
	news, _ := following(t, &s, `echo >> `+starts+`; while sha256sum "$1"; do sleep 0.1; done`) // there is no such file
	for range 3 {
		next(t, news)
	}
	if took := time.Since(began); took < 150*time.Millisecond {
		t.Errorf("it was started three times within %v", took)
	}
	if n := strings.Count(string(must(os.ReadFile(starts))), "\n"); n != 3 {
		t.Errorf("%d starts", n)
	}
	if err := os.WriteFile(s.Path, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	for s.told() != nil {
		next(t, news)
	}
	if is, err := s.Look(); err != nil || !is.After.IsZero() {
		t.Errorf("%+v, %v", is, err)
	}
}

// TestSumsThatFlood are read no more often than others, and the newest line counts.
func TestSumsThatFlood(t *testing.T) {
	var s Sums
	news, end := following(t, &s, `yes "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  $1"`)
	next(t, news)
	var usage [2]syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage[0]); err != nil {
		t.Fatal(err)
	}
	first := must(s.Look()).After
	for must(s.Look()).After.Sub(first) < time.Second { // it is read at its own pace
		time.Sleep(10 * time.Millisecond)
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage[1]); err != nil {
		t.Fatal(err)
	}
	if used := time.Duration(usage[1].Utime.Nano() - usage[0].Utime.Nano()); used > 300*time.Millisecond {
		t.Errorf("it took %v of a processor", used)
	}
	end()
}
