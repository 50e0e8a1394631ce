package routed

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"switchyard/model"
)

// Sums follows a file that lies on another host by what a command prints there, over and over: a line as sha256sum writes it. The file
// itself, which has passwords in it, never comes here, and no line is ever passed on: one of a command that prints the file would be that.
// Its methods may be called at once; Follow by one at a time.
type Sums struct {
	Argv []string // {path} in it is filled in
	Dir  string   // where it runs, and what its own path is relative to
	Path string   // of the file on its host

	mu    sync.Mutex // guards the rest
	sum   string     // of the newest line, in hex
	at    time.Time  // when that came; zero: none did
	after time.Time  // when a line before it came: the newest that is not one of a burst with it, which may have waited on its way
	why   error      // why none comes now
	first chan struct{}

	quiet, pause time.Duration // in place of quietFor and firstPause, where a test has no time
}

// The rhythm of lines and of starts, by the machine's clock.
const (
	quietFor   = 10 * time.Second       // without a line for so long it is silent, and started anew
	lineApart  = 500 * time.Millisecond // what prints more often is read no more often
	firstPause = 2 * time.Second        // behind its end; each pause is twice the one before
	mostPause  = time.Minute
	steadyFor  = time.Minute // what went on for so long is started anew as soon as at first
	saidMost   = 300         // bytes of what it said last on standard error
	longestRow = 8192        // more than a line with a path has
)

// sumLine is a line of sha256sum: the digest, two characters and a name, of which there may be none. One whose name is escaped begins with
// a backslash.
var sumLine = model.Pattern(`^\\?([0-9a-f]{64})(?:[ \t]+\*?(.*))?$`)

// Follow goes on until ctx ends, and leaves no process then. News is told when another digest came, and when none does any more.
func (s *Sums) Follow(ctx context.Context, news func(another bool)) {
	least := cmp.Or(s.pause, firstPause)
	for pause := least; ; {
		began := time.Now()
		err := s.run(ctx, news)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > steadyFor {
			pause = least
		}
		s.fail(err)
		news(false)
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		pause = min(2*pause, mostPause)
	}
}

// Look gives the newest digest. The error says in few words why there is none.
func (s *Sums) Look() (model.RoutedFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.why != nil:
		return model.RoutedFile{}, s.why
	case s.at.IsZero():
		return model.RoutedFile{}, errors.New("no SHA-256 of it came yet")
	}
	return model.RoutedFile{Sum: s.sum, Unread: true, After: s.after}, nil
}

// Heard waits for the first line, or for why there is none, and tells how the file is followed.
func (s *Sums) Heard(ctx context.Context) (string, error) {
	s.mu.Lock()
	first := s.began()
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		return "", &model.Fault{Kind: model.ErrTimeout, Says: "no SHA-256 of it came yet"}
	case <-first:
	}
	if _, err := s.Look(); err != nil {
		return "", err
	}
	return "its SHA-256 comes from " + model.Clean(filepath.Base(s.Argv[0])) + " over and over", nil
}

// began is closed when a line came, or when it is known why none does. The caller holds the mutex.
func (s *Sums) began() chan struct{} {
	if s.first == nil {
		s.first = make(chan struct{})
	}
	return s.first
}

// knows notes that something is known. The caller holds the mutex.
func (s *Sums) knows() {
	select {
	case <-s.began():
	default:
		close(s.first)
	}
}

func (s *Sums) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.why, s.after, s.at = err, time.Time{}, time.Time{}
	s.knows()
}

// run is one process from its start to its end, which is always an error.
func (s *Sums) run(ctx context.Context, news func(bool)) error {
	name, argv := s.Argv[0], make([]string, len(s.Argv)-1)
	for i, a := range s.Argv[1:] {
		argv[i] = strings.ReplaceAll(a, "{path}", s.Path)
	}
	if strings.Contains(name, "/") && !filepath.IsAbs(name) {
		name = filepath.Join(s.Dir, name)
	}
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer out.Close()
	said := &lastWords{}
	cmd := exec.Command(name, argv...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = s.Dir, in, said, time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // what it would ask a person would stand in the middle of a screen
	err = cmd.Start()
	_ = in.Close()
	if err != nil {
		return &model.Fault{Kind: model.ErrUnreachable, Says: "its command did not start: " + model.Clean(err.Error())}
	}
	stop := context.AfterFunc(ctx, func() { _ = out.SetReadDeadline(time.Now()) })
	err = s.read(ctx, out, news)
	stop()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it was not waited for: nobody else has that number
	_ = cmd.Wait()
	if text := said.String(); text != "" && !errors.Is(err, model.ErrAnswer) {
		err = fmt.Errorf("%w: it says: %s", err, text)
	}
	return err
}

// read takes lines in until there is none for too long. Of several only the last counts, and the others are to be lines of a sum, too: the
// file may stand before it.
func (s *Sums) read(ctx context.Context, out *os.File, news func(bool)) error {
	buf, rest := make([]byte, 64<<10), []byte(nil)
	quiet := cmp.Or(s.quiet, quietFor)
	for since := time.Now(); ; {
		if err := out.SetReadDeadline(since.Add(quiet)); err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		n, err := out.Read(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return &model.Fault{Kind: model.ErrTimeout, Says: "no SHA-256 of it came for " + model.Span(quiet)}
		case err != nil:
			return &model.Fault{Kind: model.ErrUnreachable, Says: "the command ended that tells its SHA-256"}
		}
		whole := append(rest, buf[:n]...)
		at := bytes.LastIndexByte(whole, '\n')
		line := whole[:max(at, 0)]
		rest = bytes.Clone(whole[at+1:])
		if len(rest) > longestRow {
			return noSum()
		}
		if at < 0 {
			continue
		}
		for l := range bytes.SplitSeq(line, []byte("\n")) {
			if !sumLine().Match(bytes.TrimRight(l, "\r")) {
				return noSum()
			}
		}
		last := since
		since = time.Now()
		if err := s.take(string(line[bytes.LastIndexByte(line, '\n')+1:]), since, news); err != nil {
			return err
		}
		if since.Sub(last) >= lineApart {
			continue
		}
		t := time.NewTimer(lineApart)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// noSum is what is said of any other line, which is not told.
func noSum() error {
	return &model.Fault{Kind: model.ErrAnswer, Says: "its command prints what is no SHA-256 of it as sha256sum writes one"}
}

func (s *Sums) take(line string, now time.Time, news func(bool)) error {
	m := sumLine().FindStringSubmatch(strings.TrimRight(line, "\r"))
	switch {
	case m == nil:
		return noSum()
	case m[2] != "" && m[2] != "-" && m[2] != s.Path:
		return &model.Fault{Kind: model.ErrAnswer, Says: "its command prints the SHA-256 of another file than " + model.Clean(s.Path)}
	}
	s.mu.Lock()
	another, healed := s.sum != "" && s.sum != m[1], s.at.IsZero()
	if now.Sub(s.at) >= lineApart {
		s.after = s.at
	}
	s.sum, s.at, s.why = strings.Clone(m[1]), now, nil
	s.knows()
	s.mu.Unlock()
	if another || healed {
		news(another)
	}
	return nil
}

// lastWords keeps the end of what is written.
type lastWords struct {
	mu   sync.Mutex
	text []byte
	cut  bool // it begins in the middle of a line
}

func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, p[max(0, len(p)-saidMost):]...)
	w.cut = w.cut || len(p) > saidMost || len(w.text) > saidMost
	w.text = w.text[max(0, len(w.text)-saidMost):]
	return len(p), nil
}

// fileLike is what stands in a Director's file, and not in what a command complains of.
var fileLike = model.Pattern(`[A-Za-z]\s*=\s*\S|[{}]`)

// String is what was said in whole lines. What looks like a Director's file is not told: it would have passwords in it.
func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := string(w.text)
	if w.cut {
		_, text, _ = strings.Cut(text, "\n")
	}
	if fileLike().MatchString(string(w.text)) {
		return "what looks like the file itself, and is not shown"
	}
	return model.Clean(strings.TrimSpace(text))
}
