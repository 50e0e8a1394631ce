package bacula

import (
	"context"
	"errors"
	"strings"
	"time"

	"switchyard/model"
)

// ClientReader asks clients, through their Director, whether they let it work. It is not safe for concurrent use.
//
// A client that does not answer holds the Director's end of the session for 10 minutes, however early ours is killed
// (measured, 9.6.7 and 15.0.3), and a Director has 20 of them for everybody. So a silent client is left alone for Rest, and so
// are all while Silent of them were. None is asked while the catalog does not answer: for this one command 15.0.3 opens it
// first, for 30 s when it is down and without end when it hangs.
type ClientReader struct {
	Console Console       // its Timeout is that of one client
	Catalog *Catalog      // the cluster's; nil: not looked at
	Rest    time.Duration // 15 min when zero
	Silent  int           // 3 when zero

	silent map[string]time.Time // by client: when it did not answer
}

// ClientSaid is what came of asking a client whether it lets its Director work.
type ClientSaid struct {
	Version string // of its file daemon, such as "9.6.7 (10 December 2020)"
	Why     string // it does not let it work; empty: it does. It is alike for all clients of one cause
	Silent  bool   // with Why: it let the Director wait
}

// Reach asks one client, which the Director must know, for its version: one that tells it trusts this Director. An error is not the
// client's: then nobody can tell.
func (r *ClientReader) Reach(ctx context.Context, client string) (ClientSaid, error) {
	_, was := r.silent[client]
	said, err := r.ask(ctx, client)
	if _, is := r.silent[client]; is && !was {
		return ClientSaid{Why: "its file daemon lets the Director wait", Silent: true}, nil
	}
	if err != nil {
		return ClientSaid{}, err
	}
	version, err := readClientVersion(said)
	switch {
	case errors.Is(err, model.ErrUnreachable):
		return ClientSaid{Why: "the Director does not reach its file daemon, or is not trusted by it"}, nil
	case err != nil:
		return ClientSaid{}, faultOf(r.doing(client), err)
	}
	return ClientSaid{Version: version}, nil
}

// Rests tells why a client is left alone now; nil: it may be asked.
func (r *ClientReader) Rests(client string) error { return r.resting(client, time.Now()) }

// WasSilent notes when a client was, as somebody else found it.
func (r *ClientReader) WasSilent(client string, at time.Time) {
	if r.silent == nil {
		r.silent = map[string]time.Time{}
	}
	r.silent[client] = at
}

func (r *ClientReader) doing(client string) string {
	return "client " + client + " through " + r.Console.who()
}

// ask sends one command about a client.
func (r *ClientReader) ask(ctx context.Context, client string) (said string, err error) {
	cmd, err := statusClient(client)
	if err != nil {
		return "", err
	}
	doing := r.doing(client)
	if err := r.resting(client, time.Now()); err != nil {
		return "", faultOf(doing, err)
	}
	said, err = r.Console.ask(ctx, api, cmd)
	switch {
	case errors.Is(err, context.Canceled):
		return "", err
	case err != nil:
		var f *model.Fault
		if !errors.As(err, &f) {
			return "", faultOf(doing, err)
		}
		if errors.Is(err, model.ErrTimeout) && !errors.Is(err, errNoGreeting) { // a hung Director is not the client's fault
			r.silent[client] = time.Now()
		}
		return "", fault(f.Kind, "%s: %s", doing, strings.TrimPrefix(f.Says, r.Console.who()+": "))
	}
	return said, nil
}

// resting refuses to ask a client that was silent, and any client while too many were.
func (r *ClientReader) resting(client string, now time.Time) error {
	if r.silent == nil {
		r.silent = map[string]time.Time{}
	}
	rest, most := r.Rest, r.Silent
	if rest <= 0 {
		rest = 15 * time.Minute
	}
	if most <= 0 {
		most = 3
	}
	if r.Catalog != nil && !r.Catalog.Answers() {
		return fault(model.ErrUnreachable, "not asked while the catalog does not answer: its Director would wait for it")
	}
	return atRest(r.silent, client, "clients", rest, most, now)
}

func roughly(d time.Duration) time.Duration { return max(d.Round(time.Second), time.Second) }

// readClientVersion reads what a client says of itself, as key=value or as it says it to a person.
func readClientVersion(said string) (string, error) {
	if err := wasDenied(said); err != nil {
		return "", err
	}
	for _, s := range sections(said) {
		for _, o := range s.objects {
			if o.number("error") != 0 {
				return "", fault(model.ErrAnswer, "read status: %s", o.text("errmsg"))
			}
			if o.text("name") != "" && o.text("version") != "" {
				return o.text("version"), nil
			}
		}
	}
	if m := clientSays().FindStringSubmatch(said); m != nil {
		return model.Clean(m[1]), nil
	}
	return "", fault(model.ErrUnreachable, "the Director does not know it or cannot reach it")
}

// clientSays is the first line of a file daemon's status. A Director's greeting has words before its name.
var clientSays = model.Pattern(`(?m)^[^\s:=]+ Version: (\d[^)\r\n]*\))`)

// plausible keeps NaN, infinities and negative rates out of the arithmetic.
func plausible(rate float64) float64 {
	if rate > 0 && rate < 1e15 {
		return rate
	}
	return 0
}
