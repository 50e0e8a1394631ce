package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/config"
	"switchyard/model"
)

// consoles are how a cluster's active Director is spoken to, and a job that takes a while there.
type consoles struct {
	of         string
	cluster    model.Cluster
	address    string
	watch, act []string
	job        string
	client     string // its file daemon
	idle       string // a client without jobs
	storage    string // where the job writes
	wait       func() // for a world whose clock must be moved
}

func consolesOf(t *testing.T, path string, c model.Cluster) *consoles {
	t.Helper()
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return &consoles{
		of:      "director " + map[model.Cluster]string{model.Blue: "9.6", model.Green: "15.0"}[c],
		cluster: c,
		address: cfg.Clusters[c].Active.Address,
		watch:   cfg.Watch.Clusters[c].Active,
		act:     cfg.Act.Clusters[c].Active,
		// By turns of one length a job of a second would always run while nobody looks.
		wait: func() { time.Sleep(20*time.Millisecond + rand.N(time.Second)) },
	}
}

// session sends lines and gives what was printed.
func session(t *testing.T, argv []string, lines ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v: %v: %s", argv, lines, err, out)
	}
	return string(out)
}

const apiTwo = ".api 2"

// answer is what a command is answered in a session of key=value answers.
func (c *consoles) answer(t *testing.T, command string) string {
	t.Helper()
	said := session(t, c.watch, apiTwo, command, apiTwo)
	_, after, found := strings.Cut(said, "\n"+apiTwo+"\n"+command+"\n")
	at := strings.LastIndex(after, apiTwo+"\n")
	if !found || at < 0 {
		t.Fatalf("%s: %s: %s", c.of, command, said)
	}
	return after[:at]
}

// ofClient and ofStorage ask for the running jobs of a client and of a Storage Daemon.
func ofClient(name string) string  { return `.status client="` + name + `" running` }
func ofStorage(name string) string { return `.status storage="` + name + `" running` }

// tellConsole sends every command of the list, and some that are not on it.
func tellConsole(t *testing.T, c *consoles, a *account) {
	t.Helper()
	c.quiet(t)
	head, _, _ := strings.Cut(session(t, c.watch, apiTwo), apiTwo+"\n")
	tellShape(a, "greeting", head)
	// These list every one of an installation. A push to real Directors proves how they are read, and a sample of a job's how storages are.
	whole := []string{"show clients", "show schedules", "show jobs", "show storages"}
	commands := []string{}
	for _, cmd := range bacula.Commands {
		if !slices.Contains(whole, cmd.String()) {
			commands = append(commands, cmd.String())
		}
	}
	for _, client := range []string{c.idle, "nobody-fd"} {
		commands = append(commands, ofClient(client))
	}
	commands = append(commands, ofStorage(c.storage))
	names := strings.NewReplacer(c.idle, "idle-fd", c.storage, "idle-sd")
	for _, command := range commands {
		tellShape(a, names.Replace(command), c.answer(t, command))
	}
	// A refusal comes late in a session of key=value answers: with the answer to the next command.
	for _, command := range []string{"messages", "delete", "frobnicate", ".sql", ".frobnicate", `.status client="nobody-fd" running`} {
		said := session(t, c.watch, apiTwo, command, apiTwo, "time")
		_, after, _ := strings.Cut(said, "\n"+apiTwo+"\n")
		after, _, _ = strings.Cut(after, "time\n")
		tellShape(a, "refused late / "+command, after)
		_, after, _ = strings.Cut(session(t, c.watch, command), "\n"+command+"\n")
		after, _, _ = strings.Cut(after, "The defined Client resources are:")
		tellShape(a, "refused / "+command, after)
	}
}

// quiet waits until nothing runs, on the idle client neither, which may be later than its Director to know of an end. A job that waits for
// a client that never answers would hold it up for half an hour, and is canceled.
func (c *consoles) quiet(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(8 * time.Minute); ; c.wait() {
		blocks := strings.Split(c.answer(t, bacula.StatusRunning.String()), "\njobid=")
		if len(blocks) == 1 && !strings.Contains(c.answer(t, ofClient(c.idle)), "\nJobId=") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: jobs run and run", c.of)
		}
		for _, job := range blocks[1:] {
			if id, rest, _ := strings.Cut(job, "\n"); strings.Contains(rest, "\nclientname=hung-fd\n") {
				session(t, c.act, "cancel jobid="+id)
			}
		}
	}
}

// cancel ends the jobs that were started.
func (c *consoles) cancel(t *testing.T) {
	t.Helper()
	id := regexp.MustCompile(`(?m)^jobid=(\d+)\n(?:.*\n)*?name=` + regexp.QuoteMeta(c.job) + "$")
	for _, m := range id.FindAllStringSubmatch(c.answer(t, bacula.StatusRunning.String()), -1) {
		session(t, c.act, "cancel jobid="+m[1])
	}
}

// during looks again and again, with the job running whenever that can be had, until look is content.
func (c *consoles) during(t *testing.T, what string, look func() bool) {
	t.Helper()
	for range 300 {
		if look() {
			return
		}
		if !strings.Contains(c.answer(t, bacula.StatusRunning.String()), "\nname="+c.job+"\n") {
			session(t, c.act, "run job="+c.job+" level=Full yes")
		}
		c.wait()
	}
	t.Fatalf("%s: never seen: %s", c.of, what)
}

// tellRunning is how a Director and a client describe a running job, and what the readers make of it.
func tellRunning(t *testing.T, c *consoles, a *account) {
	t.Helper()
	var said string
	status := ofClient(c.client)
	c.during(t, "a running job of the Director", func() bool {
		said = c.answer(t, bacula.StatusRunning.String())
		return strings.Count(said, "\njobid=") == 1 && strings.Contains(said, "\nstatus=R\n")
	})
	tellShape(a, bacula.StatusRunning.String()+" with a job", said)
	c.during(t, "a running job of the client", func() bool {
		said = c.answer(t, status)
		return strings.Count(said, "\nJobId=") == 1 && strings.Contains(said, "\nProcessing file=")
	})
	tellShape(a, ".status client with a job", said)

	storage := ofStorage(c.storage)
	c.during(t, "a running job of the storage", func() bool {
		said = c.answer(t, storage)
		return strings.Count(said, "\njobid=") == 1 && !strings.Contains(said, "\nwrite_volume=\n") && !strings.Contains(said, "\njobbytes=0\n")
	})
	tellShape(a, ".status storage with a job", said)

	var job model.Job
	reader := &bacula.DirectorReader{Cluster: c.cluster, Console: c.console(c.watch), JobsEvery: time.Nanosecond}
	c.during(t, "a running job for the Director's reader", func() bool {
		sight, err := reader.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(sight.Running, func(j model.Job) bool { return j.Name == c.job && j.Status == 'R' })
		if i < 0 {
			return false
		}
		job = sight.Running[i]
		d := sight.Director
		a.say(
			fmt.Sprintf(
				"named %v, version %s, PID %v, started %v, reloaded %v, %v jobs, in order %v, ended %v",
				d.Name != "",
				masked(d.Version),
				d.PID > 0,
				!d.Started.IsZero(),
				!d.Reloaded.IsZero(),
				len(d.Jobs) > 0,
				slices.IsSorted(d.Jobs),
				len(sight.Ended) > 0,
			),
			"Director read",
		)
		return true
	})
	a.say(
		fmt.Sprintf(
			"%v %v %v %v, client %v, storage %v, due %v, started %v, ended %v, %d errors, %q",
			job.Type,
			job.Level,
			job.Status,
			job.Outcome,
			job.Client == c.client,
			job.Storage != "",
			!job.Sched.IsZero(),
			!job.Start.IsZero(),
			!job.End.IsZero(),
			job.Errors,
			job.Note,
		),
		"Director read",
		"running job",
	)

	storages := &bacula.StorageReader{Console: c.console(c.watch)}
	c.during(t, "a running job for the storages' reader", func() bool {
		far, met := storages.Running(t.Context(), []string{c.storage})
		if len(met) > 0 {
			t.Fatal(met)
		}
		for name, p := range far {
			// it names them later than its first bytes
			if strings.HasPrefix(name, c.job+".") && p.Bytes > 0 && p.Files > 0 && p.Volume != "" && p.Device != "" {
				a.say(
					fmt.Sprintf(
						"seen %v, rate %v, percent %d, left %v, volume %v, device %v",
						!p.At.IsZero(),
						p.Rate > 0,
						p.Percent,
						p.Left,
						p.Volume != "",
						p.Device != "",
					),
					"Storage read",
				)
				return true
			}
		}
		return false
	})
}

// tellRights is what the watcher's Console may do, as doctor finds it.
func tellRights(t *testing.T, c *consoles, a *account) {
	t.Helper()
	rights, err := c.console(c.watch).Rights(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rights {
		a.say(r.Allowed.String(), "right", r.Command)
	}
}

// logins is what a reader makes of a Console that is not let in. Directors let it wait, so the answers are fetched later.
func (c *consoles) logins(t *testing.T) (fetch func(*account)) {
	t.Helper()
	address := deaf(t)
	nobody := c.console(c.other(t, `(?i)(\bDIR ?Port\s*=\s*)\d+`, "${1}"+address[strings.LastIndex(address, ":")+1:]))
	nobody.Address = address
	cases := []struct {
		says    string
		console bacula.Console
		met     chan error
	}{
		{"nobody listens", nobody, make(chan error, 1)},
		{"wrong password", c.console(c.other(t, `(?m)^(\s*Console\s*\{[^}]*Password\s*=\s*)"[^"]*"`, `$1"no"`)), make(chan error, 1)},
		{"unknown Console", c.console(c.other(t, `(?m)^(\s*Console\s*\{[^}]*Name\s*=\s*)\S+`, `${1}nobody`)), make(chan error, 1)},
	}
	for _, l := range cases {
		go func() {
			_, err := (&bacula.DirectorReader{Cluster: c.cluster, Console: l.console}).Read(t.Context())
			l.met <- err
		}()
	}
	return func(a *account) {
		for _, l := range cases {
			a.say(kindOf(<-l.met), "login", l.says)
		}
	}
}

// other is the watcher's argument vector with another configuration of bconsole beside its own.
func (c *consoles) other(t *testing.T, pattern, with string) []string {
	t.Helper()
	argv := slices.Clone(c.watch)
	at := slices.Index(argv, "-c") + 1
	root := ""
	if filepath.Base(argv[0]) == "chroot" {
		root = argv[1]
	}
	text, err := os.ReadFile(filepath.Join(root, argv[at]))
	if err != nil {
		t.Fatal(err)
	}
	changed := regexp.MustCompile(pattern).ReplaceAllString(string(text), with)
	if changed == string(text) {
		t.Fatalf("%s: nothing to change", argv[at])
	}
	f, err := os.CreateTemp(filepath.Dir(filepath.Join(root, argv[at])), "contract-*.conf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(f.Name()) })
	if _, err := f.WriteString(changed); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	argv[at] = strings.TrimPrefix(f.Name(), root)
	return argv
}

func (c *consoles) console(argv []string) bacula.Console {
	return bacula.Console{Argv: argv, Address: c.address, Timeout: 20 * time.Second}
}

// told is the whole account of a Director.
func (c *consoles) told(t *testing.T) *account {
	t.Helper()
	a, logins := &account{of: c.of}, c.logins(t)
	tellConsole(t, c, a)
	tellRunning(t, c, a)
	tellRights(t, c, a)
	logins(a)
	c.cancel(t)
	return a
}

var (
	keyValue = regexp.MustCompile(`^([A-Za-z_/ ]+)=(.*)$`)
	bareName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	object   = regexp.MustCompile(`^[jJ]ob[iI]d=`)
	digits   = regexp.MustCompile(`\d+`)
)

// masked leaves the shape of words in which numbers, names and dates differ.
func masked(line string) string {
	line = regexp.MustCompile(`\b(Connecting to Director|OK: \d+) \S+`).ReplaceAllString(line, "$1 NAME")
	line = regexp.MustCompile(`^\S+ (Version: .*\)) \S+ \S+ \S+`).ReplaceAllString(line, "NAME $1 PLATFORM")
	line = regexp.MustCompile(`^(Catalog: name=)\S+`).ReplaceAllString(line, "${1}NAME")
	line = regexp.MustCompile(`\b(January|February|March|April|May|June|July|August|September|October|November|December)\b`).
		ReplaceAllString(line, "MONTH")
	line = regexp.MustCompile(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d+)-[A-Z][a-z]{2}-`).ReplaceAllString(line, "DAY $2-MONTH-")
	return digits.ReplaceAllString(line, "N")
}

// tellShape tells the lines of an answer: keys with the form of their values, names of resources as one, and of objects that repeat only
// how they differ.
func tellShape(a *account, of, answer string) {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSuffix(answer, "\n"), "\n") {
		switch m := keyValue.FindStringSubmatch(line); {
		case m != nil:
			line = m[1] + "=" + form(m[2])
		case line == "":
			line = "(blank)"
		case bareName.MatchString(line) && !strings.HasSuffix(line, "."):
			line = "(names)"
		default:
			line = masked(line)
		}
		if line != "(names)" || len(lines) == 0 || lines[len(lines)-1] != line {
			lines = append(lines, line)
		}
	}
	if answer == "" {
		lines = []string{"nothing"}
	}
	first := slices.IndexFunc(lines, object.MatchString)
	if first < 0 {
		a.say(strings.Join(lines, " | "), of)
		return
	}
	a.say(strings.Join(lines[:first], " | "), of, "before")
	var bodies, between []string
	after := ""
	for rest := lines[first:]; len(rest) > 0; {
		body := slices.IndexFunc(rest, func(l string) bool { return !keyValue.MatchString(l) })
		if body < 0 {
			body = len(rest)
		}
		next := slices.IndexFunc(rest[body:], object.MatchString)
		add := func(list []string, s string) []string {
			if !slices.Contains(list, s) {
				list = append(list, s)
			}
			return list
		}
		bodies = add(bodies, strings.Join(rest[:body], " | "))
		if next < 0 {
			after = strings.Join(rest[body:], " | ")
			break
		}
		between = add(between, strings.Join(rest[body:body+next], " | "))
		rest = rest[body+next:]
	}
	slices.Sort(bodies)
	a.say(strings.Join(bodies, " or "), of, "object")
	if len(between) > 0 {
		a.say(strings.Join(between, " or "), of, "between")
	}
	a.say(after, of, "after")
}
