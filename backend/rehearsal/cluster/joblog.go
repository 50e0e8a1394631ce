package cluster

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// line is one message of a job's log.
type line struct {
	at   time.Time
	text string
}

// by is the Director that runs it, or ran it in the past.
func (c *Cluster) by(r *run) string { return cmp.Or(r.by, c.o.Director) }

// opening is what the Director logs when the job starts.
func (c *Cluster) opening(r *run) []line {
	id, at := c.by(r)+" JobId "+fmt.Sprint(r.id)+": ", r.start()
	if r.back != nil {
		return c.openingBack(r)
	}
	if r.kind == 'R' {
		return []line{{at, id + "Start Restore Job " + r.unique(c.o.Zone)}, {at, fmt.Sprintf("%sRestoring files from JobId(s) %d", id, r.from)},
			{at, id + "Using Device \"FileDev\" to read."}}
	}
	out := []line{{at, fmt.Sprintf("%sStart Backup JobId %d, Job=%s", id, r.id, r.unique(c.o.Zone))}}
	if r.cell != nil && at.Sub(r.cell.From) < 24*time.Hour {
		out = append(
			[]line{
				{at, id + "No prior Full backup Job record found."},
				{at, id + "No prior or suitable Full backup found in catalog. Doing FULL backup."},
			},
			out...)
	}
	out = append(
		out,
		line{at, fmt.Sprintf("%sCreated new Volume=\"%s\", Pool=\"%s\", MediaType=\"File-%s\" in catalog.", id, c.volume(r), r.pool, r.storage)},
		line{at, id + "Using Device \"FileDev\" to write."},
	)
	if r.volume != "" && len(c.stored[r.volume]) > 0 {
		out = append(out, line{at,
			fmt.Sprintf("%s JobId %d: Volume \"%s\" previously written, moving to end of data.", r.storage, r.id, r.volume)})
	}
	return out
}

// closing is what is logged when it ends: the trouble, then the summary. A job that was lost has no such lines.
func (c *Cluster) closing(r *run) []line {
	if r.why == lostWhy {
		return nil
	}
	dir, at := c.by(r)+" JobId "+fmt.Sprint(r.id)+": ", r.end()
	var out []line
	if r.back != nil {
		out = c.closingBack(r)
	}
	if r.why != "" && (r.back == nil || r.status != 'E' && r.why != spilled) {
		why := strings.NewReplacer("%c", r.client, "%s", r.storage).Replace(r.why)
		daemon, word := r.client, "Fatal error: "
		switch {
		case r.status == 'T' || r.status == 'W':
			word = "     "
		case r.back != nil || strings.Contains(why, "Unable to connect") || strings.Contains(why, "RunScript") ||
			strings.Contains(why, "canceled") || strings.Contains(why, "Duplicate") || strings.Contains(why, "authenticate"):
			daemon = c.by(r)
		case strings.Contains(why, "Storage daemon"):
			daemon = r.storage
		}
		out = append(out, line{at, fmt.Sprintf("%s JobId %d: %s%s", daemon, r.id, word, why)})
	}
	if r.status == 'T' || r.status == 'W' {
		seconds := max(1, int64(r.took/time.Second))
		out = append(
			out,
			line{
				at,
				fmt.Sprintf(
					"%s JobId %d: Elapsed time=%02d:%02d:%02d, Transfer rate=%s Bytes/second",
					r.storage,
					r.id,
					seconds/3600,
					seconds/60%60,
					seconds%60,
					short(r.bytes/uint64(seconds)),
				),
			},
		)
	}
	word := ""
	if r.status == 'f' || r.status == 'E' {
		word = "Error: "
	}
	return append(out, line{at, dir + word + c.summary(r)})
}

func (c *Cluster) summary(r *run) string {
	level, end := levelWord(r.level), restoreEnd(r)
	if r.kind != 'R' {
		end = backupEnd(r)
	}
	fd, sd := "OK", "OK"
	switch {
	case r.kind == 'R' && r.status == 'E':
		sd = "Error"
	case r.status == 'f' || r.status == 'A':
		fd = "Error"
	}
	clock := func(t time.Time) string { return t.In(c.o.Zone).Format("02-Jan-2006 15:04:05") }
	seconds := max(1, int64(r.took/time.Second))
	var b strings.Builder
	row := func(name, value string) { fmt.Fprintf(&b, "\n  %-24s%s", name+":", value) }
	fmt.Fprintf(&b, "Bacula %s %s (%s):", c.by(r), c.gen().version, c.gen().short)
	row("Build OS", c.gen().uname)
	row("JobId", fmt.Sprint(r.id))
	row("Job", r.unique(c.o.Zone))
	if r.kind == 'R' {
		where, replaced, expected := restoresTo, replaces[0], r.files
		if r.back != nil {
			where, replaced, expected = r.back.where, r.back.replace, r.back.expected
		}
		row("Restore Client", c.restoreClient(r))
		row("Where", where)
		row("Replace", replaced)
		row("Start time", clock(r.start()))
		row("End time", clock(r.end()))
		row("Elapsed time", span(seconds))
		row("Files Expected", commas(expected))
		row("Files Restored", commas(r.files))
		row("Bytes Restored", fmt.Sprintf("%s (%sB)", commas(r.bytes), short(r.bytes)))
		row("Rate", rate(r.bytes, seconds))
		row("FD Errors", fmt.Sprint(r.errors))
	} else {
		row("Backup Level", level)
		row("Client", fmt.Sprintf("%q %s", r.client, uname))
		row("FileSet", fmt.Sprintf("%q 2024-01-02 03:04:05", r.fileset))
		row("Pool", fmt.Sprintf("%q (From Job resource)", r.pool))
		row("Catalog", fmt.Sprintf("%q (From Client resource)", c.gen().catalog))
		row("Storage", fmt.Sprintf("%q (From Job resource)", r.storage))
		row("Scheduled time", clock(r.sched))
		row("Start time", clock(r.start()))
		row("End time", clock(r.end()))
		row("Elapsed time", span(seconds))
		row("Priority", "10")
		row("FD Files Written", commas(r.files))
		row("SD Files Written", commas(r.files))
		row("FD Bytes Written", fmt.Sprintf("%s (%sB)", commas(r.bytes), short(r.bytes)))
		row("Rate", rate(r.bytes, seconds))
		row("Volume name(s)", c.volume(r))
		row("Non-fatal FD errors", fmt.Sprint(r.errors))
		row("SD Errors", "0")
	}
	row("FD termination status", fd)
	row("SD termination status", sd)
	row("Termination", end)
	return b.String()
}

// backupEnd is how a backup's summary ends it.
func backupEnd(r *run) string {
	end := map[byte]string{'T': "Backup OK", 'W': "Backup OK -- with warnings", 'A': "Backup Canceled"}[r.status]
	switch {
	case end == "":
		return "*** Backup Error ***"
	case r.status == 'T' && r.errors > 0:
		return end + " -- with warnings"
	}
	return end
}

// commas groups digits as Bacula does.
func commas(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// short is Bacula's edit_uint64_with_suffix: decimal units with one digit.
func short(n uint64) string {
	v, unit := float64(n), ""
	for _, u := range []string{" K", " M", " G", " T", " P"} {
		if v < 1000 {
			break
		}
		v, unit = v/1000, u
	}
	if unit == "" {
		return strconv.FormatUint(n, 10) + " "
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + unit
}

func rate(bytes uint64, seconds int64) string {
	return fmt.Sprintf("%.1f KB/s", float64(bytes)/float64(seconds)/1000)
}

func span(seconds int64) string {
	var parts []string
	add := func(n int64, unit string) {
		if n > 1 {
			unit += "s"
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit))
		}
	}
	add(seconds/3600, "hour")
	add(seconds/60%60, "min")
	add(seconds%60, "sec")
	return strings.Join(parts, " ")
}
