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
	case "each": // one recorded answer per command, and a log of what was asked
		asked, _ := os.OpenFile(filepath.Join(args[1], "asked"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		fmt.Print("Connecting to Director 127.0.0.1:9101\n1000 OK: 103 d Version: 9.6.7 (10 December 2020)\nEnter a period to cancel a command.\n")
		fmt.Fprintln(asked, "-- session")
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			fmt.Fprintln(asked, in.Text())
			fmt.Println(in.Text())
			b, _ := os.ReadFile(filepath.Join(args[1], strings.ReplaceAll(in.Text(), "/", "_")))
			os.Stdout.Write(b)
		}
	case "hangs":
		fmt.Println("Connecting to Director 127.0.0.1:9101")
		child := exec.Command("sleep", "3600") // holds our output open, as ssh's children do
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
		os.WriteFile(args[1], []byte(strconv.Itoa(child.Process.Pid)), 0o600)
		select {}
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
	case "takes": // a console that tells who it is and what it was told
		fmt.Println("1000 OK: 103 d Version: 9.6.7 (10 December 2020)")
		os.WriteFile(args[1], []byte(strconv.Itoa(os.Getpid())), 0o600)
		if _, err := io.Copy(os.Stdout, os.Stdin); err == nil {
			time.Sleep(time.Hour)
		}
	case "acts": // not a console but a program that speaks to one
		c := Console{Argv: []string{os.Args[0], "takes", args[1]}, Timeout: time.Hour}
		c.Act(context.Background(), lever.Line{Text: "run job=x yes"})
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

func TestHungDirectorIsKilledWithItsChildren(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	c := fake(t, "hangs", pidFile)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // the limit strikes once the child is there
		for {
			if b, _ := os.ReadFile(pidFile); len(b) > 0 {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	_, err := c.ask(ctx, Version)
	wants(t, err, context.Canceled)
	b, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := strconv.Atoi(string(b))
	for range 2000 {
		if dead(pid) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("child %d lives", pid)
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
		{"Connecting to Director d:9101\nDirector authorization problem.\nMost likely the passwords do not agree.\n", model.ErrRefused, "authorization problem"},
		{"Connecting to Director d:9101\n", model.ErrUnreachable, "could not connect"},
		{"bconsole: ERROR TERMINATION at parse_conf.c:1074\nConfig error: Cannot open config file \"/nonexistent\"\n", model.ErrAnswer, "Cannot open config file"},
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
		".jobs": true, ".clients": true, "version": true, "show disabled": true, "time": true}
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
	for _, name := range []string{"", "@exec", ".sql", " x", "a\nreload", "a\rb", `a"b`, "a'b", "a;b", "a=b", "a|b", "a\x00", "é", "a\x1b[0m", strings.Repeat("x", 128)} {
		if _, err := StatusClient(name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
	for _, name := range []string{"db1-fd", "db1.example.org:9102_x", "a b", strings.Repeat("x", 127)} {
		cmd, err := StatusClient(name)
		if want := `.status client="` + name + `" running`; err != nil || cmd.String() != want {
			t.Errorf("%q: %q, %v", name, cmd, err)
		}
	}
}
