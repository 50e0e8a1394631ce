package main

import (
	"math/rand/v2"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// stroke is a key and how a person sees that it was heard.
type stroke struct {
	key   string
	heard func(before, now string) bool
}

// lookingAround is what a person does who looks for one cell among a thousand.
func lookingAround() (all []stroke) {
	cursor := func(before, now string) bool { return cursorRow(now) != cursorRow(before) }
	typed := func(text string) func(string, string) bool {
		return func(_, now string) bool {
			return strings.Contains(now[strings.LastIndexByte(strings.TrimSpace(now), '\n')+1:], "/"+text)
		}
	}
	sees := func(text string) func(string, string) bool {
		return func(_, now string) bool { return strings.Contains(now, text) }
	}
	gone := func(text string) func(string, string) bool {
		return func(_, now string) bool { return !strings.Contains(now, text) }
	}
	for range 8 {
		all = append(all, stroke{"j", cursor})
	}
	for range 4 {
		all = append(all, stroke{"k", cursor})
	}
	all = append(all, stroke{"enter", sees("─CELL ")}, stroke{"esc", gone("─CELL ")}, stroke{"/", typed("")})
	for text, i := "chain07", 1; i <= len(text); i++ {
		all = append(all, stroke{text[i-1 : i], typed(text[:i])})
	}
	return append(
		all,
		stroke{"esc", gone("/chain07")},
		stroke{"?", sees("─HELP")},
		stroke{"esc", gone("─HELP")},
		stroke{"z", gone("1 BLUE")},
		stroke{"z", sees("1 BLUE")},
	)
}

// cursorRow is the selected row of the cells.
func cursorRow(screen string) string {
	for row := range strings.SplitSeq(paneOf(screen, "3 ROUTES"), "\n") {
		if strings.HasPrefix(row, "│>") {
			return row
		}
	}
	return ""
}

// BenchmarkKeys is from a key to the last byte of the screen that shows that it was heard: while all is well, and while a source is in
// trouble.
func BenchmarkKeys(b *testing.B) {
	w := benchWorld(b, rehearsal.Options{})
	for _, trouble := range [][2]string{{"none", ""}, {"aws-throttled", ""}, {"catalog-hung", "blue"}, {"director-hung", "green"}} {
		b.Run(trouble[0], func(b *testing.B) {
			s := benchSession(b, w)
			if trouble[0] != "none" {
				if err := w.Fault(trouble[0], trouble[1]); err != nil {
					b.Fatal(err)
				}
				defer func() {
					if err := w.Heal(trouble[0], trouble[1]); err != nil {
						b.Error(err)
					}
				}()
				rest(b, 2*time.Second) // it is felt
			}
			s.press("3")
			s.until("the keys in the cells", func(screen string) bool { return cursorRow(screen) != "" })
			dice := rand.New(rand.NewPCG(1, 1))
			var took []time.Duration
			once(b, func() {
				for range 8 {
					for _, k := range lookingAround() {
						rest(b, time.Duration(dice.Int64N(int64(60*time.Millisecond)))) // so that no key falls in step with the frames
						before, began := s.screen(), time.Now()
						s.press(k.key)
						took = append(took, s.shown(k.key+" on the screen", func(now string) bool { return k.heard(before, now) }).Sub(began))
					}
				}
			})
			b.ReportMetric(ms(middle(took)), "p50-ms")
			b.ReportMetric(ms(most(took)), "p99-ms")
		})
	}
}

// BenchmarkWatching is what a cockpit of 120x40 that nobody touches writes to its terminal and uses, beside top and htop once a second at
// that size.
func BenchmarkWatching(b *testing.B) {
	b.Run("quiet", func(b *testing.B) {
		s := benchSession(b, quietWorld(b))
		rest(b, 25*time.Second) // why jobs failed is asked for a few at a time, and each answer is a change
		watching(b, s)
	})
	b.Run("steady", func(b *testing.B) { watching(b, benchSession(b, benchWorld(b, rehearsal.Options{}))) })
	for _, other := range [][]string{{"top", "-d", "1"}, {"htop", "-d", "10"}} {
		b.Run(other[0], func(b *testing.B) {
			path, err := exec.LookPath(other[0])
			if err != nil {
				b.Skipf("SKIPPED: %s is not installed here, so nothing is measured beside it", other[0])
			}
			cmd := program(b, other[1:]...)
			cmd.Path, cmd.Args[0] = path, other[0]
			s := sit(b, 120, 40, cmd)
			s.see("PID")
			rest(b, 2*time.Second)
			watching(b, s)
		})
	}
}

// quietWorld is a full world in which no job runs. Its time goes on: where it stood still, a cockpit, which then lives by the machine's,
// would find at each look that both servers have just restarted, and once a minute that every clock is wrong by another minute.
func quietWorld(b *testing.B) *rehearsal.World {
	b.Helper()
	w := benchWorld(b, rehearsal.Options{Idle: true})
	for c, in := range map[model.Cluster]*sqlsim.Instance{model.Blue: w.Blue(), model.Green: w.Primary()} {
		for end := time.Now().Add(patience); ; {
			open := openJobs(b, in)
			if len(open) == 0 {
				break
			}
			if time.Now().After(end) {
				b.Fatalf("%v: the jobs %v run for ever", c, open)
			}
			for _, id := range open {
				say(b, w, c, "cancel jobid="+id+" yes")
			}
			rest(b, 100*time.Millisecond)
		}
	}
	return w
}

// openJobs are the JobIds of a catalog's jobs that wait or run.
func openJobs(b *testing.B, in *sqlsim.Instance) []string {
	b.Helper()
	var ids string
	if err := in.Read("SELECT COALESCE(GROUP_CONCAT(JobId, ' '), '') FROM Job WHERE JobStatus IN ('C', 'R')").Scan(&ids); err != nil {
		b.Fatal(err)
	}
	return strings.Fields(ids)
}

// watching measures a program that is left alone. Of what it writes the middle of three spans counts: a promise that breaks is a
// change like any other.
func watching(b *testing.B, s *terminal) {
	pid := s.cmd.Process.Pid
	var wrote []float64
	var took spent
	var span time.Duration
	once(b, func() {
		began, from := time.Now(), spentBy(b, pid)
		for range 3 {
			at, bytes := time.Now(), s.written()
			rest(b, 20*time.Second)
			wrote = append(wrote, float64(s.written()-bytes)/time.Since(at).Seconds())
		}
		span = time.Since(began)
		to := spentBy(b, pid)
		took = spent{to.own - from.own, to.children - from.children}
	})
	slices.Sort(wrote)
	b.ReportMetric(wrote[len(wrote)/2], "B/s")
	b.ReportMetric(wrote[len(wrote)-1], "B/s-most")
	b.ReportMetric(100*took.own.Seconds()/span.Seconds(), "%core")
	b.ReportMetric(100*took.children.Seconds()/span.Seconds(), "%core-children")
	b.ReportMetric(megabytes(b, pid, "VmRSS"), "MB")
}

// BenchmarkStorm is a thousand changes a second in one catalog: every second 500 jobs start and 500 end. When it is over, the newest job
// and the number of all that ended are on the screen. What it leaves in memory is more than a day of a full world does.
func BenchmarkStorm(b *testing.B) {
	const seconds, batches = 20, 20
	w := quietWorld(b)
	s := benchSession(b, w)
	pid := s.cmd.Process.Pid
	storm := newStorm(b, w.Primary())
	var took time.Duration
	var wrote, lost int
	once(b, func() {
		from, bytes := spentBy(b, pid), s.written()
		pace := time.NewTicker(time.Second / batches)
		defer pace.Stop()
		began := time.Now()
		for range seconds * batches {
			<-pace.C
			if err := storm.blow(1000 / 2 / batches); err != nil {
				b.Fatal(err)
			}
		}
		if late := time.Since(began) - seconds*time.Second; late > seconds*time.Second/20 {
			b.Logf("this machine made fewer changes than a thousand a second: it took %v longer", late)
		}
		took, wrote = spentBy(b, pid).own-from.own, s.written()-bytes
		if err := storm.end(); err != nil {
			b.Fatal(err)
		}
		s.until("the newest job", func(screen string) bool {
			lost = storm.truth(b) - counted(b, screen)
			return lost == 0 && strings.Contains(paneOf(screen, "2 GREEN"), " "+strconv.Itoa(storm.last)+" ")
		})
	})
	b.ReportMetric(100*took.Seconds()/seconds, "%core")
	b.ReportMetric(float64(wrote)/seconds, "B/s")
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(float64(2*storm.ended), "changes")
	b.ReportMetric(megabytes(b, pid, "VmRSS"), "MB-after")
}

var okOfGreen = regexp.MustCompile(`24 h: ([\d,]+) ok`)

// counted is how many good backups of green's last day the screen tells.
func counted(b *testing.B, screen string) int {
	found := okOfGreen.FindStringSubmatch(paneOf(screen, "2 GREEN"))
	if found == nil {
		return -1
	}
	n, err := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// storm starts and ends jobs in a catalog as no Director ever would: a thousand times a second, and without one.
type storm struct {
	in          *sqlsim.Instance
	conn        *sqlsim.Client
	like        []string // JobIds of backups of the past, to repeat
	first, last int      // the JobIds of those that run
	ended       int
}

func newStorm(b *testing.B, in *sqlsim.Instance) *storm {
	b.Helper()
	conn, err := in.Connect("bacula", "storm.example")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(conn.Close)
	s := &storm{in: in, conn: conn}
	var like string
	err = in.Read("SELECT MAX(JobId), (SELECT GROUP_CONCAT(JobId) FROM (SELECT JobId FROM Job WHERE Name LIKE 'backup-%' AND JobStatus = "+
		"'T' ORDER BY JobId DESC LIMIT 250)) FROM Job").
		Scan(&s.last, &like)
	if err != nil {
		b.Fatal(err)
	}
	s.first, s.like = s.last+1, strings.Split(like, ",")
	return s
}

// blow starts n jobs, and ends the oldest when more than a second's run.
func (s *storm) blow(n int) error {
	return s.conn.Write(func(tx *sqlsim.Tx) error {
		for range n {
			s.last++
			now := time.Now().UTC()
			err := tx.Exec(
				`INSERT INTO Job (JobId, Job, Name, Type, Level, ClientId, JobStatus, SchedTime, StartTime, JobTDate, VolSessionId, VolSessionTime,
				JobFiles, JobBytes, ReadBytes, JobErrors, PoolId, FileSetId, PriorJobId)
				SELECT ?, Name || '.storm' || ?, Name, Type, Level, ClientId, 'R', ?, ?, ?, VolSessionId, VolSessionTime, 0, 0, 0, 0, PoolId, FileSetId,
					0 FROM Job WHERE JobId = ?`,
				s.last,
				s.last,
				now.Format(time.DateTime),
				now.Format(time.DateTime),
				now.Unix(),
				s.like[s.last%len(s.like)],
			)
			if err != nil {
				return err
			}
		}
		return s.finish(tx, max(0, s.last-s.first+1-500))
	})
}

func (s *storm) finish(tx *sqlsim.Tx, n int) error {
	for range n {
		now := time.Now().UTC()
		err := tx.Exec(
			"UPDATE Job SET JobStatus = 'T', EndTime = ?, RealEndTime = ?, JobTDate = ?, JobFiles = 12, JobBytes = 2000000000 WHERE JobId = ?",
			now.Format(time.DateTime),
			now.Format(time.DateTime),
			now.Unix(),
			s.first,
		)
		if err == nil {
			err = tx.Exec("INSERT INTO JobMedia (JobId, MediaId) VALUES (?, 1)", s.first)
		}
		if err != nil {
			return err
		}
		s.first, s.ended = s.first+1, s.ended+1
	}
	return nil
}

// end ends everything that runs, and starts one last job.
func (s *storm) end() error {
	err := s.conn.Write(func(tx *sqlsim.Tx) error { return s.finish(tx, s.last-s.first+1) })
	if err != nil {
		return err
	}
	return s.blow(1)
}

// truth is how many good backups of the last day the catalog holds.
func (s *storm) truth(b *testing.B) (n int) {
	b.Helper()
	err := s.in.Read("SELECT COUNT(*) FROM Job WHERE Name LIKE 'backup-%' AND JobStatus = 'T' AND JobErrors = 0 AND JobTDate > "+
		"?", time.Now().Add(-24*time.Hour).Unix()).
		Scan(&n)
	if err != nil {
		b.Fatal(err)
	}
	return n
}
