package bacula

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// StorageReader asks Storage Daemons, through their Director, how far the jobs on them are: no generation of Director touches its catalog
// for that (measured, 9.6.7 and 15.0.3), as 15.0.3 does when a client is asked. It is not safe for concurrent use.
//
// A daemon that does not answer holds the Director's end of the session for minutes, however early ours ends, and a Director has 20 of them
// for everybody. So a silent one is left alone for Rest, and so are all while Silent of them were.
type StorageReader struct {
	Console Console       // its Timeout is that of one Storage Daemon
	Rest    time.Duration // 15 min when zero
	Silent  int           // 3 when zero

	silent map[string]time.Time // by Storage resource: when it did not answer
}

// Running asks Storage resources in one session, and gives what they say by unique Job name: all jobs of each daemon, those of other
// Directors and of its other Storage resources too. Met is, by Storage resource, why one did not tell.
func (r *StorageReader) Running(ctx context.Context, storages []string) (jobs map[string]model.Progress, met map[string]error) {
	jobs, met = map[string]model.Progress{}, map[string]error{}
	fails := func(name string, err error) {
		met[name] = faultOf("storage "+model.Clean(name)+" through "+r.Console.who(), err)
		if errors.Is(err, context.Canceled) {
			met[name] = err
		}
	}
	var ask []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(storages))) {
		err := CheckName(name)
		if err == nil {
			err = r.resting(name, time.Now())
		}
		if err != nil {
			fails(name, err)
			continue
		}
		ask = append(ask, name)
	}
	for len(ask) > 0 {
		answered, err := r.round(ctx, ask, jobs, fails)
		ask = ask[answered:]
		if err == nil || len(ask) == 0 {
			break
		}
		// It greeted and then fell silent over one of them, unless it does not answer anything any more.
		if hangs := errors.Is(err, model.ErrTimeout) && !errors.Is(err, errNoGreeting); hangs && ctx.Err() == nil {
			if _, asleep := r.Console.ask(ctx, Version); asleep == nil {
				r.silent[ask[0]] = time.Now()
				fails(ask[0], fault(model.ErrTimeout, "no answer in %v", r.Console.limit()))
				if ask = ask[1:]; len(r.silent) < r.most() {
					continue
				}
			}
		}
		for _, name := range ask {
			fails(name, withoutWho(err, r.Console.who()))
		}
		break
	}
	return jobs, met
}

// withoutWho takes the Director's name out of an error that will be told of another.
func withoutWho(err error, who string) error {
	var f *model.Fault
	if errors.As(err, &f) {
		return fault(f.Kind, "%s", strings.TrimPrefix(f.Says, who+": "))
	}
	return err
}

// round is one session. Answered is how many of them were, the first ones; those that did not tell were told of.
func (r *StorageReader) round(
	ctx context.Context,
	names []string,
	jobs map[string]model.Progress,
	fails func(string, error),
) (answered int, err error) {
	commands := []Command{api}
	for _, name := range names {
		// An unknown name makes a Director ask which one is meant: the period keeps the next line from being the answer.
		commands = append(commands, statusStorage(name), period)
	}
	c := r.Console
	c.Timeout = c.limit() + time.Duration(len(names))*perStorage
	said, err := c.heard(ctx, append(commands, StatusHeader)...)
	now := model.Now()
	if denied := wasDenied(said); denied != nil {
		return 0, denied
	}
	rest := "\n" + strings.ReplaceAll(said, "\r", "")
	for i, name := range names {
		next := StatusHeader
		if i+1 < len(names) {
			next = statusStorage(names[i+1])
		}
		_, after, begun := strings.Cut(rest, "\n"+statusStorage(name).text+"\n")
		own, _, whole := strings.Cut(after, next.text+"\n")
		if !begun || !whole {
			if err == nil {
				err = fault(model.ErrAnswer, "the session ended without its answer: %s", firstWords(after))
			}
			return i, err
		}
		if unread := readStorage(own, now, jobs); unread != nil {
			fails(name, unread)
		}
		rest = "\n" + after
	}
	return len(names), nil
}

// perStorage is how long each of many may take on top of the first.
const perStorage = 200 * time.Millisecond

func (r *StorageReader) most() int {
	if r.Silent > 0 {
		return r.Silent
	}
	return 3
}

// resting refuses to ask a daemon that was silent, and any while too many were.
func (r *StorageReader) resting(name string, now time.Time) error {
	rest := r.Rest
	if rest <= 0 {
		rest = 15 * time.Minute
	}
	if r.silent == nil {
		r.silent = map[string]time.Time{}
	}
	return atRest(r.silent, name, "storages", rest, r.most(), now)
}

// atRest is why one of several things that may be silent is not asked now; what has rested is forgotten.
func atRest(silent map[string]time.Time, name, several string, rest time.Duration, most int, now time.Time) error {
	var oldest time.Time
	for n, at := range silent {
		if now.Sub(at) >= rest {
			delete(silent, n)
		} else {
			oldest = earliest(oldest, at)
		}
	}
	if at, ok := silent[name]; ok {
		return fault(model.ErrTimeout, "it did not answer %v ago, and is asked again in %v", roughly(now.Sub(at)), roughly(rest-now.Sub(at)))
	}
	if len(silent) >= most {
		return fault(model.ErrTimeout, "%d other %s did not answer, so none is asked for %v", len(silent), several, roughly(rest-now.Sub(oldest)))
	}
	return nil
}

// readStorage adds the jobs of one answer. An idle daemon of 9.6 says nothing at all, so whatever else than jobs stands there is a failure.
func readStorage(own string, now time.Time, jobs map[string]model.Progress) error {
	var odd []string
	for line := range strings.SplitSeq(own, "\n") {
		_, _, isPair := keyValue(line)
		label, isLabelled := strings.CutSuffix(line, ":")
		switch {
		case line == "",
			line == period.text,
			line == "====",
			line == "No Jobs running.",
			strings.HasPrefix(line, "Connecting to Storage"),
			isPair,
			isLabelled && isLabel(label):
		default:
			odd = append(odd, model.Clean(line))
		}
	}
	if len(odd) > 0 {
		return fault(model.ErrUnreachable, "%s", strings.Join(odd[:min(len(odd), 2)], " / "))
	}
	for _, s := range sections(own) {
		for _, o := range s.objects {
			if o.number("error") != 0 {
				return fault(model.ErrAnswer, "read status: %s", o.text("errmsg"))
			}
			job := o.name("job")
			if job == "" {
				continue
			}
			rate, _ := strconv.ParseFloat(strings.TrimSpace(o["avebytes_sec"]), 64)
			p := model.Progress{At: now, Bytes: o.number("jobbytes"), Files: o.number("jobfiles"), Rate: plausible(rate), Percent: -1, Left: -1,
				Volume: o.text("write_volume"), Device: o.text("write_device")}
			if p.Volume == "" {
				p.Volume, p.Device = o.text("read_volume"), o.text("read_device")
			}
			jobs[job] = p
		}
	}
	return nil
}

// storageLine is one Storage resource of "show storages", for which neither 9.6.7 nor 15.0.3 asks its catalog anything (general logs of the
// lab): "Autochanger: name=vault-region1 address=127.0.0.1 SDport=19603 MaxJobs=8 NumJobs=1", and below it two indented lines.
var storageLine = model.Pattern(`^(?:Storage|Autochanger): name=(.+) address=\S* SDport=\d+ MaxJobs=(\d{1,6}) NumJobs=`)

// mostStorages is more than a Director has.
const mostStorages = 10_000

// storageJobs are how many jobs the Director runs at once on its Storages, by name, as it has them loaded; nil: it does not tell. A Console
// that may see some alone is told of these.
func storageJobs(said string) (out map[string]int) {
	said, _ = answer(said, showStorages, showClients, StatusHeader)
	for line := range strings.Lines(said) {
		m := storageLine().FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || len(m[1]) > maxName || len(out) == mostStorages {
			continue
		}
		if most, err := strconv.Atoi(m[2]); err == nil && most > 0 {
			if out == nil {
				out = map[string]int{}
			}
			out[model.Literal(strings.Clone(m[1]))] = most
		}
	}
	return out
}

// statusStorage asks the Director to ask a Storage Daemon for its running jobs. One that does not answer blocks the session for SD Connect
// Timeout. The name was checked.
func statusStorage(name string) Command {
	return Command{fmt.Sprintf(`.status storage="%s" running`, name)}
}
