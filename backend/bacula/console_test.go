package bacula

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"switchyard/backend/bacula/internal/lever"
	"switchyard/model"
)

// TestMain is also the fake bconsole: the test binary under that name plays the part that its argument names.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "bconsole" {
		play(os.Args[1:])
		return
	}
	os.Exit(m.Run())
}

// play acts as bconsole. Every part but "answers" and "each" is a way to go wrong.
func play(args []string) {
	switch args[0] {
	case "answers": // a whole recorded session
		b, _ := os.ReadFile(args[1])
		os.Stdout.Write(b)
	case "each", "falls silent": // one recorded answer per command, and a log of what was asked
		asked, _ := os.OpenFile(filepath.Join(args[1], "asked"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		fmt.Print(
			"Connecting to Director 127.0.0.1:9101\n1000 OK: 103 d Version: 9.6.7 (10 December 2020)\nEnter a period to cancel a command.\n",
		)
		fmt.Fprintln(asked, "-- session")
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			fmt.Fprintln(asked, in.Text())
			fmt.Println(in.Text())
			if len(args) > 2 && strings.Contains(in.Text(), args[2]) {
				time.Sleep(time.Minute)
			}
			b, _ := os.ReadFile(filepath.Join(args[1], strings.ReplaceAll(in.Text(), "/", "_")))
			os.Stdout.Write(b)
		}
	case "hangs", "hangs late": // before it greets, or after
		fmt.Println("Connecting to Director 127.0.0.1:9101")
		if args[0] == "hangs late" {
			fmt.Println("1000 OK: 103 d Version: 9.6.7 (10 December 2020)")
		}
		child := exec.Command("sleep", "60") // holds our output open, as ssh's children do
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
		os.WriteFile(args[1], []byte(strconv.Itoa(child.Process.Pid)), 0o600)
		child.Wait() // nobody kills it, and it must not outlive the tests by much
	case "shakes": // a handshake that lasts until there is a file
		fmt.Println("Connecting to Director 127.0.0.1:9101")
		pids, _ := os.OpenFile(filepath.Join(args[1], "pid"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		fmt.Fprintln(pids, os.Getpid())
		for {
			if _, err := os.Stat(filepath.Join(args[1], "go")); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		fmt.Println("1000 OK: 103 d Version: 9.6.7 (10 December 2020)")
		said, _ := io.ReadAll(os.Stdin)
		os.Stdout.Write(said)
		os.WriteFile(filepath.Join(args[1], "told"), said, 0o600)
	case "greets":
		fmt.Println("1000 OK: 103 d Version: 9.6.7 (10 December 2020)")
		time.Sleep(time.Hour)
	case "floods":
		fmt.Println("1000 OK: 103 d Version: 9.6.7 (10 December 2020)")
		line := strings.Repeat("x", 1<<16)
		for {
			if _, err := fmt.Println(line); err != nil {
				return
			}
		}
	case "takes": // a console that tells who it is when it was told something, and then hangs
		fmt.Println("1000 OK: 103 d Version: 9.6.7 (10 December 2020)")
		if line, err := bufio.NewReader(os.Stdin).ReadString('\n'); err == nil && line != "" {
			os.WriteFile(args[1], []byte(strconv.Itoa(os.Getpid())), 0o600)
			time.Sleep(time.Hour)
		}
	case "acts": // not a console but a program that speaks to one
		c := Console{Argv: []string{os.Args[0], "takes", args[1]}, Timeout: time.Hour}
		c.Act(context.Background(), lever.Line{Text: "run job=x yes"})
	case "says": // whatever it is told to say, a word at a time, and then a log of what it was told
		for _, word := range args[2:] {
			fmt.Print(word)
			time.Sleep(5 * time.Millisecond) // so that the words come in several reads
		}
		heard, _ := io.ReadAll(os.Stdin)
		os.WriteFile(args[1], heard, 0o600)
	case "environment":
		fmt.Println("1000 OK: 103 d Version: 9.6.7 (10 December 2020)\n" + strings.Join(os.Environ(), "\n"))
	}
}

func fake(t *testing.T, args ...string) Console {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "bconsole")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	return Console{Argv: append([]string{link}, args...), Timeout: 20 * time.Second, Env: []string{"GORACE=atexit_sleep_ms=0"}}
}

func wants(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if err == nil || kind != nil && !errors.Is(err, kind) {
		t.Fatalf("error %v, want kind %v", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

// bconsole tries a refused connection again and again, saying nothing.
func TestDirectorThatRefusesConnectionsIsTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := fake(t, "hangs", filepath.Join(t.TempDir(), "pid"))
	c.Address = l.Addr().String()
	l.Close()
	_, err = c.ask(context.Background(), Version)
	wants(t, err, model.ErrUnreachable, "director "+c.Address+": connection refused")
}

// A Director holds a place for each connection that says nothing, and calls it an attack.
func TestDirectorThatGreetsIsNotDialled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialled := make(chan struct{})
	go func() {
		if conn, err := l.Accept(); err == nil {
			conn.Close()
			close(dialled)
		}
	}()
	c := fake(t, "environment")
	c.Address, c.patience = l.Addr().String(), time.Minute
	if _, err := c.ask(context.Background(), Version); err != nil {
		t.Fatal(err)
	}
	select {
	case <-dialled:
		t.Error("it was dialled")
	default:
	}
}

func TestADirectorThatHangsAfterItsGreetingIsKilledWithItsChildren(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	c := fake(t, "hangs late", pidFile)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var pid int
	go func() { // the limit strikes once the child is there
		pid, _ = strconv.Atoi(strings.TrimSpace(appears(pidFile)))
		cancel()
	}()
	_, err := c.ask(ctx, Version)
	wants(t, err, context.Canceled)
	for range 2000 {
		if dead(pid) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("child %d lives", pid)
}

// appears gives the text of a file once it is there.
func appears(file string) string {
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		if b, _ := os.ReadFile(file); len(b) > 0 {
			return string(b)
		}
	}
	return ""
}

// A thread of Bacula 15.0.3 whose console is killed in its handshake spins for ever: it must leave by itself, with nothing said.
func TestAConsoleInItsHandshakeIsLeftToEnd(t *testing.T) {
	for name, give := range map[string]func(context.CancelFunc, *Console){
		"a person leaves":  func(cancel context.CancelFunc, _ *Console) { cancel() },
		"the time is over": func(_ context.CancelFunc, c *Console) { c.Timeout = 300 * time.Millisecond },
		"nobody listens": func(_ context.CancelFunc, c *Console) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			c.Address, c.patience = l.Addr().String(), time.Millisecond
			l.Close()
		},
	} {
		dir := t.TempDir()
		c := fake(t, "shakes", dir)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		give(cancelWhen(filepath.Join(dir, "pid"), cancel), &c)
		_, err := c.ask(ctx, Version)
		if err == nil {
			t.Fatalf("%s: it answered", name)
		}
		pid, _ := strconv.Atoi(strings.TrimSpace(appears(filepath.Join(dir, "pid"))))
		Leave(0)
		if dead(pid) {
			t.Errorf("%s: the console died in its handshake", name)
		}
		if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2000 {
			if time.Sleep(5 * time.Millisecond); dead(pid) {
				break
			}
		}
		if told := must(os.ReadFile(filepath.Join(dir, "told"))); told != "" || !dead(pid) {
			t.Errorf("%s: it ended %v, and the Director was told %q", name, dead(pid), told)
		}
	}
}

func cancelWhen(file string, cancel context.CancelFunc) context.CancelFunc {
	return func() {
		go func() {
			appears(file)
			cancel()
		}()
	}
}

// What asks a hung Director again and again must not fill its host with consoles; the first that it greets opens the way.
func TestConsolesInTheirHandshakeAreFew(t *testing.T) {
	dir := t.TempDir()
	c := fake(t, "shakes", dir)
	c.Timeout = 100 * time.Millisecond
	for range 20 {
		_, err := c.ask(t.Context(), Version)
		wants(t, err, model.ErrTimeout, "does not greet")
	}
	if n := strings.Count(appears(filepath.Join(dir, "pid")), "\n"); n != 1 {
		t.Errorf("%d consoles wait for one Director", n)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.Timeout = 20 * time.Second
	if said, err := c.ask(t.Context(), Version); err != nil || said != "version\n" {
		t.Errorf("%q, %v", said, err)
	}
}

// dead counts a zombie as dead: nobody but init can reap it.
func dead(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(after, "Z")
}

// Who takes connections and does not greet is told apart while the question is out, and no longer.
func TestADirectorThatIsMuteIsNoted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	con := fake(t, "hangs", filepath.Join(t.TempDir(), "pid"))
	con.Address, con.Mute, con.patience = l.Addr().String(), new(atomic.Bool), time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for !con.Mute.Load() && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if _, err := con.ask(ctx, Version); !errors.Is(err, context.Canceled) || con.Mute.Load() {
		t.Errorf("it was never mute, or is still: %v", err)
	}
}

func TestTimeoutSaysHowFarTheSessionCame(t *testing.T) {
	for _, c := range []struct{ part, says string }{{"hangs", "does not greet"}, {"greets", "greeted, then did not answer"}} {
		con := fake(t, c.part, filepath.Join(t.TempDir(), "pid"))
		con.Timeout = 3 * time.Second
		start := time.Now()
		_, err := con.ask(context.Background(), Version)
		wants(t, err, model.ErrTimeout, c.says)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v to give up", c.part, took)
		}
	}
}

func TestEndlessOutputEndsTheSession(t *testing.T) {
	_, err := fake(t, "floods").ask(context.Background(), Version)
	wants(t, err, model.ErrAnswer, "more than 16 MB")
}

func TestOnlyAGreetingIsSuccess(t *testing.T) {
	for _, c := range []struct {
		printed string
		kind    error
		says    string
	}{
		{"Connecting to Director d:9101\nDirector authorization problem.\nMost likely the passwords do not " +
			"agree.\n", model.ErrRefused, "authorization problem"},
		{"Connecting to Director d:9101\n", model.ErrUnreachable, "could not connect"},
		{"bconsole: ERROR TERMINATION at parse_conf.c:1074\nConfig error: Cannot open config file " +
			"\"/nonexistent\"\n", model.ErrAnswer, "Cannot open config file"},
		{"Connecting to Director d:9101\n\x1b[2J1999 You are not authorized.\n", model.ErrAnswer, "1999 You are not authorized."},
		{"key=1000 OK: 103 d Version: 9.6.7\n", model.ErrAnswer, "did not connect"},
		{"", model.ErrAnswer, "nothing"},
	} {
		file := filepath.Join(t.TempDir(), "said")
		if err := os.WriteFile(file, []byte(c.printed), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := fake(t, "answers", file).ask(context.Background(), Version)
		wants(t, err, c.kind, c.says)
		if strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("error %q is not clean", err)
		}
	}
	wants(t, refusal("director", must(os.ReadFile("testdata/9.6.7-refused.txt")), nil), model.ErrRefused)
}

func must(b []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestMissingBconsoleIsSaid(t *testing.T) {
	_, err := Console{Argv: []string{"/nonexistent/bconsole"}}.ask(context.Background(), Version)
	wants(t, err, nil, "start bconsole", "/nonexistent/bconsole")
}

func TestSecretsOfTheEnvironmentStayBehind(t *testing.T) {
	t.Setenv("SWITCHYARD_TEST_SECRET", "hush")
	c := fake(t, "environment")
	c.Env = append(c.Env, "ADDED=1")
	said, err := c.ask(context.Background(), Version)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(said, "hush") || !strings.Contains(said, "ADDED=1") || !strings.Contains(said, "LC_ALL=C") {
		t.Errorf("environment of bconsole:\n%s", said)
	}
}

func TestNothingButTheListIsSent(t *testing.T) {
	allowed := map[string]bool{".api 2": true, ".status dir header": true, ".status dir running": true, ".status dir terminated": true,
		".jobs": true, ".clients": true, "version": true, "show catalogs": true, "show clients": true, "show schedules": true, "show jobs": true,
		"show storages": true,
		"show disabled": true, "time": true}
	for _, cmd := range Commands {
		if !allowed[cmd.String()] {
			t.Errorf("%q is on the list", cmd)
		}
		delete(allowed, cmd.String())
	}
	if len(allowed) > 0 {
		t.Errorf("missing on the list: %v", allowed)
	}
	c := fake(t, "environment")
	for _, cmd := range []Command{{}, {"version\nreload"}, {"version\rreload"}} {
		if _, err := c.ask(context.Background(), cmd); err == nil {
			t.Errorf("%q was sent", cmd)
		}
	}
}

func TestNamesThatAreCommandsAreRefused(t *testing.T) {
	for _, name := range []string{"", "@exec", ".sql", " x", "a\nreload", "a\rb", `a"b`, "a'b", "a;b", "a=b", "a|b", "a\x00", "é", "a\x1b[0m",
		strings.Repeat("x", 128)} {
		if _, err := statusClient(name); err == nil {
			t.Errorf("client %q was taken", name)
		}
		r := &StorageReader{Console: Console{Argv: []string{"/nonexistent"}}}
		if _, met := r.Running(t.Context(), []string{name}); met[name] == nil || !strings.Contains(met[name].Error(), "name for a Director") {
			t.Errorf("storage %q was taken: %v", name, met)
		}
	}
	for _, name := range []string{"db1-fd", "db1.example.org:9102_x", "a b", strings.Repeat("x", 127)} {
		cmd, err := statusClient(name)
		if want := `.status client="` + name + `" header`; err != nil || cmd.String() != want {
			t.Errorf("%q: %q, %v", name, cmd, err)
		}
	}
}

// TestAStrangerHearsNothingThatActs greets by all sorts of names, in pieces, and more than once.
func TestAStrangerHearsNothingThatActs(t *testing.T) {
	const ours = "my dir 2"
	hello := func(name string) string { return "1000 OK: 10002 " + name + " Version: 15.0.3 (25 March 2025)\n" }
	for name, c := range map[string]struct {
		says  []string
		right bool
	}{
		"ours":               {[]string{"Connecting to Director d:9101\n", hello(ours)}, true},
		"in pieces":          {[]string{"1000 OK: 103 my d", "ir 2 Vers", "ion: 9.6.7 (10 December 2020)", "\r", "\n"}, true},
		"without a number":   {[]string{"1000 OK " + ours + " Version: 5.0.0 (26 January 2010)\n"}, true},
		"twice":              {[]string{hello(ours) + hello(ours)}, true},
		"another":            {[]string{hello("dir-new")}, false},
		"another, in pieces": {[]string{"1000 OK: 103 dir", "-new Version: 9.6.7 (x)", "\n"}, false},
		"another case":       {[]string{hello("My Dir 2")}, false},
		"a blank more":       {[]string{hello(ours + " ")}, false},
		"a part of it":       {[]string{hello("my dir")}, false},
		"more than it":       {[]string{hello("my dir 2b")}, false},
		"no name":            {[]string{"1000 OK: 103 Version: 9.6.7 (x)\n"}, false},
		"ours, then another": {[]string{hello(ours) + hello("dir-new")}, false},
		"a banner of ours":   {[]string{hello("dir-new") + hello(ours)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "heard")
			f := fake(t, append([]string{"says", file}, c.says...)...)
			f.Name = ours
			_, sent, err := f.Act(t.Context(), lever.Line{Text: "run job=x yes"})
			heard, ferr := os.ReadFile(file)
			if ferr != nil {
				t.Fatal(ferr)
			}
			if c.right != (string(heard) == "run job=x yes\n.\nquit\n") || sent != c.right || c.right != (err == nil) ||
				!c.right && (!errors.Is(err, model.ErrIdentity) || len(heard) > 0) {
				t.Errorf("sent %v, heard %q, %v", sent, heard, err)
			}
			if _, err := f.ask(t.Context(), Version); c.right != (err == nil) || !c.right && !errors.Is(err, model.ErrIdentity) {
				t.Errorf("watching: %v", err)
			}
			if _, err := f.Rights(t.Context()); c.right != (err == nil) {
				t.Errorf("its rights: %v", err)
			}
		})
	}
}
