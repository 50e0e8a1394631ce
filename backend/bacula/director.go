package bacula

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// DirectorSight is what a Director said of itself in one session. The jobs carry no cell.
type DirectorSight struct {
	At       time.Time
	Director model.Director // Active is left to the caller
	Running  []model.Job    // every job it holds that has not ended, waiting ones too, in its order
	Ended    []model.Job    // its short memory of ended jobs (10 or so); Sched is unknown
}

// DirectorReader reads one Director, for one poller: it is not safe for concurrent use.
type DirectorReader struct {
	Cluster   model.Cluster
	Console   Console
	JobsEvery time.Duration  // how often .jobs is asked when nothing suggests that it changed; 5 min when zero
	Zone      *time.Location // of the Director's wall clock; nil: this host's

	jobs   []string
	off    switchedOff
	held   []string      // clients that it has disabled
	idle   []string      // schedules that it has disabled
	alien  []string      // those of them that no job is called like
	their  []string      // the jobs that these start
	told   bool          // held and idle were read
	shown  time.Time     // when they were
	long   int           // bytes that it took to show all clients and schedules
	sum    uint64        // of those bytes
	ahead  time.Duration // how far its clock is ahead of this host's
	timed  bool          // ahead was measured
	uses   model.CatalogUse
	stores map[string]int
	asked  time.Time // when .jobs was last asked
	pid    int
	epoch  time.Time // the reload that jobs belongs to
}

// showPace is how many bytes of clients and schedules are read in a second at most: a Director of thousands is asked for them less often.
const showPace = 64 << 10

// Read asks for header, running and terminated jobs in one session and for what is switched off, which nothing tells of, and in it, when
// they are due, for the Job resources and for its clock. They are asked again at once when the Director was restarted or reloaded since.
func (r *DirectorReader) Read(ctx context.Context) (DirectorSight, error) {
	every := r.JobsEvery
	if every <= 0 {
		every = 5 * time.Minute
	}
	commands := []Command{api, Disabled, StatusRunning, StatusTerminated} // only a command with a dot proves an empty list
	shows := time.Since(r.shown) >= time.Duration(r.long/showPace)*time.Second
	if shows {
		commands = slices.Insert(commands, 1, showClients, showSchedules)
	}
	due := r.asked.IsZero() || time.Since(r.asked) >= every
	if due {
		commands = []Command{api, StatusRunning, StatusTerminated, Jobs, ShowCatalogs, showStorages, showClients, showSchedules, Disabled, Clock}
	}
	began := model.Now()
	said, err := r.Console.ask(ctx, append(commands, StatusHeader)...)
	if err != nil {
		return DirectorSight{}, err
	}
	said = without(said)
	status := said
	if shows && !due {
		status = unshown(said)
	}
	sight, err := readSight(r.Cluster, status)
	if err != nil {
		return DirectorSight{}, faultOf(r.Console.who(), err)
	}
	sight.At = model.Now()
	d := &sight.Director
	d.Address, d.At = r.Console.Address, sight.At
	if moved := d.PID != r.pid || !d.Reloaded.Equal(r.epoch); moved && !due {
		began = model.Now()
		said, err = r.Console.ask(ctx, api, Jobs, ShowCatalogs, showStorages, showClients, showSchedules, Disabled, Clock, StatusHeader)
		if err != nil {
			return DirectorSight{}, err
		}
		said = without(said)
		if _, err := readHeader(said); err != nil {
			return DirectorSight{}, faultOf(r.Console.who(), err)
		}
		due = true
	} else if !due {
		r.off = disabled(status, StatusRunning)
	}
	if due {
		r.jobs = names(said, Jobs, ShowCatalogs, showStorages, showClients, showSchedules, Disabled, StatusHeader)
		r.asked, r.pid, r.epoch = time.Now(), d.PID, d.Reloaded
		slices.Sort(r.jobs)
		r.jobs = apart(r.jobs)
		r.off = disabled(said, Clock, StatusHeader)
		r.clock(said, began.Add(model.Now().Sub(began)/2))
		r.uses, r.stores = catalogUse(said), storageJobs(said)
	}
	if due || shows {
		r.show(ctx, said, due)
	}
	d.Jobs, d.Off, d.Held, d.Idle, d.OffKnown = r.jobs, r.off.jobs, r.held, slices.Concat(r.idle, r.their), r.off.known && r.told
	d.Ahead, d.Clock, d.Uses, d.Stores = r.ahead, r.timed, r.uses, r.stores
	return sight, nil
}

var shownSeed = maphash.MakeSeed()

// apart copies names out of the answer that they were read from, which would be kept whole, and is much longer.
func apart(names []string) []string {
	if len(names) == 0 {
		return names
	}
	all, out := strings.Join(names, ""), make([]string, len(names))
	for i, n := range names {
		out[i], all = all[:len(n)], all[len(n):]
	}
	return out
}

// show notes which clients and schedules are switched off, and which jobs are those of schedules that have another name. What is shown word
// for word as before is read again only with the jobs.
func (r *DirectorReader) show(ctx context.Context, said string, jobs bool) {
	clients, _ := answer(said, showClients, showSchedules)
	schedules, _ := answer(said, showSchedules, Disabled)
	sum := maphash.String(shownSeed, clients) ^ maphash.String(shownSeed, schedules)*3
	if r.told && !jobs && sum == r.sum && len(clients)+len(schedules) == r.long {
		r.shown = time.Now()
		return
	}
	r.sum = sum
	held, told := shownOff("Client", said, showClients, showSchedules)
	idle, more := shownOff("Schedule", said, showSchedules, Disabled)
	r.held, r.idle, r.told, r.long, r.shown = apart(held), apart(idle), told && more, len(clients)+len(schedules), time.Now()
	alien := slices.DeleteFunc(slices.Clone(idle), func(name string) bool {
		_, is := slices.BinarySearch(r.jobs, name)
		return is
	})
	if !jobs && slices.Equal(alien, r.alien) { // which jobs they start may have changed with what was loaded
		return
	}
	r.alien, r.their = alien, nil
	if len(alien) == 0 {
		return
	}
	var err error
	if r.their, err = r.Console.scheduledBy(ctx, alien); err != nil {
		r.alien, r.told = nil, false // nobody knows whose they are
	}
}

// clock notes how far the Director's clock is from this host's.
func (r *DirectorReader) clock(said string, at time.Time) {
	zone := r.Zone
	if zone == nil {
		zone = time.Local
	}
	t, ok := clockOf(said, zone, at, StatusHeader)
	r.timed, r.ahead = ok, 0
	if ok {
		r.ahead = t.Sub(at).Round(time.Second)
	}
}

// readSight reads a session of running, terminated and, at its end, header.
func readSight(c model.Cluster, said string) (DirectorSight, error) {
	all := sections(strings.Clone(statusOf(said))) // jobs keep it
	d, err := headerOf(said, all)
	if err != nil {
		return DirectorSight{}, err
	}
	running, hasRunning := find(all, "running")
	ended, hasEnded := find(all, "terminated")
	if !hasRunning && !nothing(said, StatusRunning) || !hasEnded && !nothing(said, StatusTerminated) {
		return DirectorSight{}, fault(model.ErrAnswer, "read status: running and terminated jobs are not both there: %s", firstWords(said))
	}
	sight := DirectorSight{Director: d}
	for _, o := range running {
		if o["job"] != "" {
			sight.Running = append(sight.Running, jobOf(c, o))
		}
	}
	for _, o := range ended {
		if o["job"] != "" {
			sight.Ended = append(sight.Ended, jobOf(c, o))
		}
	}
	return sight, nil
}

// statusOf is what a session said of running and ended jobs, and its header. What else is listed and shown is a hundred times as long, and
// has no objects that are read here.
func statusOf(said string) string {
	status, asked := afterLine(said, StatusRunning.text+"\n")
	if !asked {
		return said
	}
	jobs, rest, listed := strings.Cut(status, "\n"+Jobs.text+"\n")
	if end := strings.LastIndex(rest, "\n"+StatusHeader.text+"\n"); listed && end >= 0 {
		return jobs + rest[end:]
	}
	return status
}

// unshown is what was said but for the clients and schedules, which are shown before all else and are a hundred times as long: what is
// looked for in the rest need not be looked for in them.
func unshown(said string) string {
	at := strings.Index(said, showClients.text+"\n")
	_, after, found := strings.Cut(said[max(at, 0):], "\n"+Disabled.text+"\n")
	if at < 0 || !found {
		return said
	}
	return said[:at] + Disabled.text + "\n" + after
}

// readHeader reads the answer that ends a session: bconsole sends a command only after the answer to the one before came
// to its end, so a header proves that everything before it is whole.
func readHeader(said string) (model.Director, error) { return headerOf(said, sections(said)) }

func headerOf(said string, all []section) (model.Director, error) {
	if strings.Contains(said, isInvalid) { // else there is nothing to leave out, and every look searches all that was said
		if err := wasDenied(withoutShow().ReplaceAllString(said, "")); err != nil {
			return model.Director{}, err
		}
	}
	header, _ := find(all, "header")
	h := merged(header)
	if h["name"] == "" || h.number32("pid") == 0 {
		return model.Director{}, fault(model.ErrAnswer, "read status: the answer does not end with a header: %s", firstWords(said))
	}
	return model.Director{Name: h.name("name"), Version: h.text("version"), PID: int(h.number32("pid")),
		Started: h.epoch("started_epoch"), Reloaded: h.epoch("reloaded_epoch")}, nil
}

// catalogLine is one Catalog resource of "show catalogs": "Catalog: name=MainCatalog address=127.0.0.1 DBport=3306 db_name=bacula". An
// address that is not set is printed as "*None*" or not at all.
var catalogLine = model.Pattern(`^Catalog: name=.* address=(\S*) DBport=(\d+) db_name=(\S+)`)

// withoutShow is the answer to a Console that may not show: then the Director does not say which catalog it uses, and its jobs have to.
var withoutShow = model.Pattern(`(?m)^show:? is an invalid command\.?\s*$`)

// catalogUse is where the Director's only Catalog resource points; of several it is not told which one its jobs use.
func catalogUse(said string) model.CatalogUse {
	var all [][]string
	for line := range strings.SplitSeq(said, "\n") {
		if !strings.HasPrefix(line, "Catalog: ") {
			continue
		}
		if m := catalogLine().FindStringSubmatch(strings.TrimRight(line, "\r")); m != nil {
			all = append(all, m)
		}
	}
	if len(all) != 1 {
		return model.CatalogUse{}
	}
	port, _ := strconv.Atoi(all[0][2])
	u := model.CatalogUse{Address: model.Literal(strings.Clone(all[0][1])), Port: port, Database: model.Literal(strings.Clone(all[0][3]))}
	if u.Address == "*None*" {
		u.Address = ""
	}
	return u
}

// merged joins blocks of one object: 15.0 puts a blank line inside where 9.6 does not.
func merged(parts []object) object {
	out := object{}
	for _, p := range parts {
		for k, v := range p {
			if _, ok := out[k]; !ok {
				out[k] = v
			}
		}
	}
	return out
}

func jobOf(c model.Cluster, o object) model.Job {
	j := model.Job{
		Key:    model.JobKey{Cluster: c, Job: o.name("job")},
		ID:     o.number32("jobid"),
		Name:   o.name("name"),
		Type:   model.JobType(o.letter("type")),
		Level:  model.Level(o.letter("level")),
		Status: model.Status(o.letter("status")),
		Client: o.name(
			"clientname",
		),
		Storage: cmp.Or(o.name("storage"), o.name("rstorage")),
		Sched:   o.epoch("schedtime_epoch"),
		Start:   o.epoch("starttime_epoch"),
		End:     o.epoch("endtime_epoch"),
		Files:   o.number("jobfiles"),
		Bytes:   o.number("jobbytes"),
		Errors:  o.number32("errors"),
	}
	if j.Name == "" {
		j.Name = resourceName(j.Key.Job)
	}
	if j.Outcome = j.Status.Outcome(); j.Outcome == model.OK && j.Errors > 0 {
		j.Outcome = model.Warned
	}
	if j.Outcome == model.Waiting || j.Outcome == model.Stuck {
		j.Note = o.text("status_desc")
	}
	return j
}

func wasDenied(said string) error {
	if command, found := denied(said); found {
		return fault(model.ErrNotAllowed, "the Director refuses %q: add it to the CommandACL of this Console", command)
	}
	return nil
}
