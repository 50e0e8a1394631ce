package model

import "fmt"

// Title names what a job is about: its cell, or its own name when it maps to none.
func (j *Job) Title() string {
	if j.HasCell {
		return j.Cell.String()
	}
	return j.Name
}

// What says what a job does: full, incr, RESTORE, verify.
func (j *Job) What() string {
	switch j.Type {
	case TypeBackup:
		return j.Level.String()
	case TypeRestore:
		return "RESTORE"
	}
	return j.Type.String()
}

// Line says a job in one line of plain text.
func (j *Job) Line() string {
	head := fmt.Sprintf("%d %s %s", j.ID, j.Title(), j.What())
	switch j.Outcome {
	case Running:
		return head + " runs" + j.Progress.String()
	case Waiting, Stuck:
		return head + " " + j.Status.String()
	case OK, Warned:
		word := j.Outcome.String()
		if j.Hollow() {
			word = j.HollowWord()
		}
		line := fmt.Sprintf("%s %s: %s, %d files in %s", head, word, Size(j.Bytes), j.Files, Age(j.Took()))
		if j.Outcome == Warned {
			line += ", " + j.Warnings()
			if j.Note != "" {
				line += ": " + j.Note
			}
		}
		if j.Hollow() {
			line += ": " + j.HollowSays()
		}
		return line
	case Failed, Canceled, Lost:
	}
	line := head + " " + j.Outcome.String()
	if j.Outcome == Failed {
		line = head + " FAILED"
	}
	if j.Note != "" {
		return line + ": " + Plainly(j.Note)
	}
	return line + " (" + j.Status.String() + ")"
}

// Warnings says how many warnings the job ended with, as far as it counts them: its status may tell of some that it does not.
func (j *Job) Warnings() string {
	if j.Errors == 0 {
		return "warnings"
	}
	return Plural(int(j.Errors), "warning")
}

// String says how far a running job is: ": 1.2 GB, 12.0 MB/s, 62 %, 4 min left".
func (p Progress) String() string {
	if p.At.IsZero() {
		if p.Why != "" {
			return " (" + p.Why + ")"
		}
		return ""
	}
	s := fmt.Sprintf(": %s, %s/s", Size(p.Bytes), Size(p.Rate))
	if p.Percent >= 0 {
		s += fmt.Sprintf(", %d %%", p.Percent)
	}
	if p.Left >= 0 {
		s += ", " + Age(p.Left) + " left"
	}
	return s
}

// Plural counts things by a word to which an s is added: "1 job", "2 jobs".
func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
