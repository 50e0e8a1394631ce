package bacula

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// ClientRunning asks one client, through the Director, how far its running jobs are: by unique Job name, of every Director
// that the client serves. Director and catalog know no bytes before a job has ended. A client that hangs holds the
// session until c.Timeout; every error names the client.
func (c Console) ClientRunning(ctx context.Context, client string) (map[string]model.Progress, error) {
	cmd, err := StatusClient(client)
	if err != nil {
		return nil, err
	}
	said, err := c.ask(ctx, api, cmd)
	doing := "client " + model.Clean(client) + " through " + c.who()
	if err != nil {
		var f *model.Fault
		if errors.As(err, &f) {
			return nil, fault(f.Kind, "%s: %s", doing, strings.TrimPrefix(f.Says, c.who()+": "))
		}
		return nil, faultOf(doing, err)
	}
	jobs, err := readClient(said, time.Now())
	return jobs, faultOf(doing, err)
}

// readClient reads the client's part of a session. It counts only when the client told which Director is connected, which is how its list ends.
func readClient(said string, now time.Time) (map[string]model.Progress, error) {
	if err := wasDenied(said); err != nil {
		return nil, err
	}
	out := map[string]model.Progress{}
	complete := false
	for _, s := range sections(said) {
		for _, o := range s.objects {
			if _, ends := o["directorconnected_epoch"]; ends {
				complete = true
			}
			job := o.text("job")
			if job == "" {
				continue
			}
			rate, _ := strconv.ParseFloat(strings.TrimSpace(o["bytes/sec"]), 64)
			out[job] = model.Progress{At: now, Bytes: o.number("jobbytes"), Files: o.number("jobfiles"), Rate: plausible(rate), Percent: -1, Left: -1}
		}
	}
	if complete {
		return out, nil
	}
	return nil, fault(model.ErrAnswer, "read status: %s", firstWords(said))
}

// plausible keeps NaN, infinities and negative rates out of the arithmetic.
func plausible(rate float64) float64 {
	if rate > 0 && rate < 1e15 {
		return rate
	}
	return 0
}
