package record

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// Numbered is what the tables of a catalog numbered their next rows by at a moment.
type Numbered struct {
	At   time.Time      `json:"at"`
	Next []model.NextID `json:"next"`
}

// numbersOf refuses what is not a number of each of some tables of Bacula's.
func numbersOf(all []model.NextID) error {
	seen := map[string]bool{}
	for _, n := range all {
		if !model.IsNumbered(n.Table) || seen[n.Table] || n.Next == 0 {
			return fmt.Errorf("%.40q is not the next number of a table of Bacula's, once", model.Clean(n.Table))
		}
		seen[n.Table] = true
	}
	return nil
}

// mostNames bounds the volumes that a catalog is found to have no row of.
const mostNames = 32_000

// namesOf refuses what is not a list of volumes' names, each once.
func namesOf(all []string) error {
	seen := make(map[string]bool, len(all))
	for _, v := range all {
		if v == "" || !plain(v, maxName) || seen[v] {
			return fmt.Errorf("%.40q is not the plain name of a volume, once", model.Clean(v))
		}
		seen[v] = true
	}
	if len(all) > mostNames {
		return fmt.Errorf("%d volumes, more than %d", len(all), mostNames)
	}
	return nil
}

// numbersSay names the two that people keep, or the first ones.
func numbersSay(all []model.NextID) string {
	var says []string
	for _, n := range all {
		if n.Table == "Job" || n.Table == "Media" {
			says = append(says, fmt.Sprintf("%s %d", n.Table, n.Next))
		}
	}
	if more := len(all) - len(says); more > 0 {
		says = append(says, model.Plural(more, "other table"))
	}
	return strings.Join(says, ", ")
}

// String says how much is lost of what was looked for.
func (l *FoundLoss) String() string {
	switch {
	case l.Looked == 0:
		return "no job is known that could be lost"
	case len(l.Jobs) == 0:
		return fmt.Sprintf("nothing is lost of the %s that were known", model.Plural(l.Looked, "ended job"))
	}
	return fmt.Sprintf("%s of the %d that were known %s not in the catalog as they ended", model.Plural(len(l.Jobs), "ended job"), l.Looked,
		map[bool]string{true: "is", false: "are"}[len(l.Jobs) == 1])
}

// Volumes are those that the lost jobs were written to, each once, in the order of the jobs, and which of these nobody knows the volumes
// of.
func (l *FoundLoss) Volumes() (names, unknown []string) {
	for i := range l.Jobs {
		j := &l.Jobs[i]
		if len(j.Volumes) == 0 && j.Bytes > 0 {
			unknown = append(unknown, j.Job)
		}
		for _, v := range j.Volumes {
			if !slices.Contains(names, v) {
				names = append(names, v)
			}
		}
	}
	return names, unknown
}

// Loss is what an emergency of the action was found to have lost; nil: it was not looked.
func (a *Action) Loss() (l *FoundLoss) {
	for i := range a.Found {
		if a.Found[i].Loss != nil {
			l = a.Found[i].Loss
		}
	}
	return l
}

// TailOf is an ended job as a tail has it.
func TailOf(j *model.Job) TailJob {
	out := TailJob{
		Job: model.Clean(j.Key.Job), ID: j.ID, Status: j.Status, End: j.End.UTC(),
		Files: j.Files, Bytes: j.Bytes, Storage: model.Clean(j.Storage),
	}
	if v := model.Clean(j.Progress.Volume); v != "" {
		out.Volumes = []string{v}
	}
	return out
}

// Lines tell what is lost, by name, and what brings it back into the catalog: one bscan for the volumes of each Storage.
func (l *FoundLoss) Lines() (lines []string) {
	lines = []string{l.String()}
	for i := range l.Jobs {
		j := &l.Jobs[i]
		on := "nobody has recorded on which volumes"
		if len(j.Volumes) > 0 {
			on = "on " + strings.Join(j.Volumes, ", ")
		}
		lines = append(lines, fmt.Sprintf("JobId %d %s, ended %s UTC (%s), %s, %s", j.ID, j.Job, j.End.UTC().Format(time.DateTime), j.Status,
			model.Size(j.Bytes), on))
	}
	lines = append(lines, l.scans()...)
	if _, unknown := l.Volumes(); len(unknown) > 0 {
		lines = append(lines, fmt.Sprintf("find the volumes of %s by bls -j VOLUME on their Storage Daemon", model.Plural(len(unknown), "job")))
	}
	for i := range lines {
		lines[i] = model.Clean(lines[i])
	}
	return lines
}

// scanned bounds how many volumes one command names.
const scanned = 8

// scans are commands for the hosts of Storage Daemons. What a person has to fill in is in capitals; bscan gives new JobIds.
func (l *FoundLoss) scans() (out []string) {
	by, order := map[string][]string{}, []string(nil)
	for i := range l.Jobs {
		at := l.Jobs[i].Storage
		if _, seen := by[at]; !seen {
			order = append(order, at)
		}
		for _, v := range l.Jobs[i].Volumes {
			if !slices.Contains(by[at], v) {
				by[at] = append(by[at], v)
			}
		}
	}
	for _, at := range order {
		host := "its Storage Daemon's host"
		if at != "" {
			host = "the host of " + at
		}
		for part := range slices.Chunk(by[at], scanned) {
			out = append(out, fmt.Sprintf("on %s: bscan -s -m -n DATABASE -h HOST -u USER -V '%s' DEVICE", host,
				strings.ReplaceAll(strings.Join(part, "|"), "'", `'\''`)))
		}
	}
	return out
}
