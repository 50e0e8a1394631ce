package cluster

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
)

// spans are Bacula's words for spans of time, by their first letters; a month has 30 days. A number alone counts seconds.
var spans = []struct {
	word string
	is   time.Duration
}{{"seconds", time.Second}, {"minutes", time.Minute}, {"months", 30 * 24 * time.Hour}, {"hours", time.Hour}, {"days", 24 * time.Hour},
	{"weeks", 7 * 24 * time.Hour}, {"quarters", 91 * 24 * time.Hour}, {"years", 365 * 24 * time.Hour}}

// retention reads a span such as "6 months" or "1 year 2 weeks".
func retention(text string) (time.Duration, error) {
	var out time.Duration
	words := strings.Fields(strings.ToLower(text))
	for i := 0; i < len(words); i++ {
		digits := strings.TrimRight(words[i], "abcdefghijklmnopqrstuvwxyz")
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil {
			return 0, fmt.Errorf("expected a time, got: %s", text)
		}
		unit := words[i][len(digits):]
		if unit == "" && i+1 < len(words) {
			i++
			unit = words[i]
		}
		is := time.Duration(0)
		for _, s := range spans {
			if is == 0 && (unit != "" && strings.HasPrefix(s.word, unit) || unit == "" && s.is == time.Second) {
				is = s.is
			}
		}
		if is == 0 {
			return 0, fmt.Errorf("expected a time, got: %s", text)
		}
		out += time.Duration(n) * is
	}
	return out, nil
}

// kept are the retentions of a resource as it is loaded; none where nothing is pruned by it.
type kept struct{ jobs, files, volumes time.Duration }

// What a resource keeps where nothing else is said, and what those of the world say.
const (
	jobsKept    = 180 * 24 * time.Hour
	filesKept   = 60 * 24 * time.Hour
	volumesKept = 365 * 24 * time.Hour
)

// keeps is what a client's AutoPrune, and that of a pool, prune at the end of a job.
func (d *Director) keeps(client, pool string) kept {
	if d.whole == nil { // as the world begins: clients prune, pools do not
		return kept{jobs: jobsKept, files: filesKept}
	}
	var k kept
	if r := d.whole.all["client"][client]; r != nil && !r.no("autoprune") {
		k.jobs, k.files = r.span("jobretention", jobsKept), r.span("fileretention", filesKept)
	}
	if r := d.whole.all["pool"][pool]; r != nil && !r.no("autoprune") {
		k.volumes = r.span("volumeretention", volumesKept)
	}
	return k
}

// span is a directive's span of time. What cannot be read was refused when the file was loaded.
func (r *resource) span(directive string, otherwise time.Duration) time.Duration {
	if s, err := retention(r.get(directive)); err == nil && s > 0 {
		return s
	}
	return otherwise
}

// pruned is until when something has been pruned.
type pruned struct{ jobs, files, volumes map[string]int64 }

// prune is what a Director does at the end of a job: job records of its client that are older than they are kept go with all that belongs
// to them, then file records, which the rehearsal only notes in PurgedFiles. A volume whose job is gone is Purged. Where the job's pool
// prunes, the jobs of its expired volumes go too. No volume is used again: every job gets one of its own.
func (c *Cluster) prune(j *job) {
	if !c.filled || c.active().unlinked {
		return
	}
	k, now := c.active().keeps(j.client, j.pool), c.now()
	client, pool := c.ids.client[j.client], c.ids.pool[j.pool]
	spans := []struct {
		done  map[string]int64
		of    string
		id    int64
		kept  time.Duration
		query string
		files bool
	}{
		{done: c.done.jobs, of: j.client, id: client, kept: k.jobs, query: "ClientId = ?"},
		{done: c.done.volumes, of: j.pool, id: pool, kept: k.volumes, query: "Type = 'B' AND PoolId = ?"},
		{done: c.done.files, of: j.client, id: client, kept: k.files, query: "PurgedFiles = 0 AND ClientId = ?", files: true},
	}
	for _, s := range spans {
		from, to := max(s.done[s.of], c.did.from.Unix()), now.Add(-s.kept).Unix()
		if s.kept == 0 || from >= to { // nothing is so old
			continue
		}
		if err := c.write(j, func(tx *sqlsim.Tx) error { return c.pruneSpan(tx, s.of, s.query, s.files, s.id, from, to) }); err != nil {
			return // the next job tries again
		}
		s.done[s.of] = to
	}
}

// pruneSpan deletes the ended jobs that a condition finds in a span of time which was not pruned yet, or notes that their files are gone.
func (c *Cluster) pruneSpan(tx *sqlsim.Tx, of, where string, files bool, id, from, to int64) error {
	where += " AND JobTDate >= ? AND JobTDate < ? AND JobStatus NOT IN ('C', 'R')"
	var n int64
	if err := tx.Row("SELECT COUNT(*) FROM Job WHERE "+where, id, from, to).Scan(&n); err != nil || n == 0 {
		return err
	}
	if files {
		return tx.Exec("UPDATE Job SET PurgedFiles = 1 WHERE "+where, id, from, to)
	}
	jobs := "(SELECT JobId FROM Job WHERE " + where + ")"
	for _, statement := range []string{
		"UPDATE Media SET VolStatus = 'Purged' WHERE MediaId IN (SELECT MediaId FROM JobMedia WHERE JobId IN " + jobs + ")",
		"DELETE FROM JobMedia WHERE JobId IN " + jobs,
		"DELETE FROM Log WHERE JobId IN " + jobs,
		"DELETE FROM Job WHERE " + where,
	} {
		if err := tx.Exec(statement, id, from, to); err != nil {
			return err
		}
	}
	c.active().say("Pruned %d Jobs for %s from catalog.", n, of)
	return nil
}
