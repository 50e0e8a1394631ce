package main

import (
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// oddCases are what catalogs held and what was got wrong: rows of one cell, and what its health and words must be.
var oddCases = []struct {
	says   string
	rows   func(id int, name string) []plantedJob
	health board.CellHealth
	words  string
	hollow model.Doubt // what is wrong with its newest row, which calls itself a success
}{
	{"in order", func(id int, name string) []plantedJob { return history(id, name, 6, time.Hour) }, board.CellOK, "last good 60 min ago", 0},
	{"empty full", func(id int, name string) []plantedJob {
		jobs := history(id, name, 14, time.Hour)
		jobs[13].files, jobs[13].bytes = 0, 0
		return jobs
	}, board.CellWarned, "empty: 0 files, 0 B", model.Empty},
	{"full of one directory", func(id int, name string) []plantedJob {
		jobs := history(id, name, 14, time.Hour)
		jobs[13].files, jobs[13].bytes = 1, 0
		return jobs
	}, board.CellWarned, "empty: 1 file, 0 B", model.Empty},
	{"empty incremental", func(id int, name string) []plantedJob {
		jobs := history(id, name, 14, time.Hour)
		for i := range jobs[1:] {
			jobs[i+1].level = "I"
		}
		jobs[13].files, jobs[13].bytes = 0, 0
		return jobs
	}, board.CellWarned, "empty", model.Empty},
	{"in 30 days", func(id int, name string) []plantedJob {
		return append(history(id, name, 3, 100*time.Hour), ranOn(id+50, name, -30*24*time.Hour))
	}, board.CellBroken, "last good 4 d ago", 0},
	{"in 65 years", func(id int, name string) []plantedJob {
		return append(history(id, name, 3, 100*time.Hour), ranOn(id+50, name, -65*365*24*time.Hour))
	}, board.CellBroken, "last good 4 d ago", 0},
	{"in the last year that there is", func(id int, name string) []plantedJob {
		j := ranOn(id+50, name, time.Hour)
		j.start, j.end = time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		j.due, j.really = j.start, j.end
		return append(history(id, name, 3, 100*time.Hour), j)
	}, board.CellBroken, "last good 4 d ago", 0},
	{"of no level", func(id int, name string) []plantedJob {
		j := ranOn(id+50, name, time.Hour)
		j.level = " "
		return append(history(id, name, 3, 100*time.Hour), j)
	}, board.CellBroken, "newest on blue is not a good one: of no level of a backup", model.NoLevel},
	{"other kinds of job", func(id int, name string) []plantedJob {
		jobs := history(id, name, 3, 100*time.Hour)
		for i, kind := range []string{"A", "g", "c", "C", "V", "M", "D", "U"} {
			j := ranOn(id+50+i, name, time.Hour)
			j.kind = kind
			jobs = append(jobs, j)
		}
		return jobs
	}, board.CellBroken, "last good 4 d ago", 0},
	{"no dates", func(id int, name string) []plantedJob {
		j := ranOn(id+50, name, time.Hour)
		j.due, j.start, j.end, j.really, j.tdate = time.Time{}, time.Time{}, time.Time{}, time.Time{}, 0
		return append(history(id, name, 3, 100*time.Hour), j)
	}, board.CellBroken, "last good 4 d ago", 0},
	{"no start", func(id int, name string) []plantedJob {
		j := ranOn(id+50, name, time.Hour)
		j.start = time.Time{}
		return append(history(id, name, 3, 100*time.Hour), j)
	}, board.CellBroken, "newest on blue is not a good one: without a start", model.Unstarted},
	{"ended before it started", func(id int, name string) []plantedJob {
		j := ranOn(id+50, name, time.Hour)
		j.start = j.end.Add(time.Hour)
		return append(history(id, name, 3, 100*time.Hour), j)
	}, board.CellBroken, "last good 4 d ago", 0},
	{"trailing blanks", func(id int, name string) []plantedJob {
		return append(history(id, name, 3, 100*time.Hour), ranOn(id+50, name+"  ", time.Hour))
	}, board.CellBroken, "last good 4 d ago", 0},
	{"a mark that does not show", func(id int, name string) []plantedJob {
		return append(history(id, name, 3, 100*time.Hour), ranOn(id+50, name+"\u200b", time.Hour))
	}, board.CellBroken, "last good 4 d ago", 0},
	{"migrated today", func(id int, name string) []plantedJob {
		jobs := history(id, name, 3, 100*time.Hour)
		j := jobs[2]
		jobs[2].kind = "M"
		j.id, j.prior, j.due, j.really, j.unique = id+50, int64(
			jobs[2].id,
		), model.Now().
			UTC().
			Add(-2*time.Hour),
			model.Now().
				UTC().
				Add(-time.Hour),
			name+".2026-01-01_10.00.00_09"
		return append(jobs, j)
	}, board.CellBroken, "last good 4 d ago", 0},
	{"copied a moment ago", func(id int, name string) []plantedJob {
		j := ranOn(id+50, name, time.Minute)
		j.prior = int64(id)
		return append(history(id, name, 3, 100*time.Hour), j)
	}, board.CellBroken, "last good 4 d ago", 0},
	{"consolidated to the minute an hour later", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, 3*time.Hour)
		j := jobs[5]
		j.id, j.due, j.really, j.unique = id+50, j.end.Add(30*time.Minute), j.end.Add(time.Hour), name+".2026-01-01_10.00.00_10"
		return append(jobs, j)
	}, board.CellOK, "last good 3 h ago", 0},
	{"canceled by Bacula", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		j := ranOn(id+50, name, time.Minute)
		j.status, j.log = "A", "dir-old JobId 1: Fatal error: Max run time exceeded. Job canceled."
		return append(jobs, j)
	}, board.CellWarned, "canceled by Bacula itself on blue: Max run time exceeded", 0},
	{"one name for two rows", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		j := ranOn(id+50, name, 2*time.Hour)
		j.status, j.unique = "f", jobs[5].unique
		return append(jobs, j)
	}, board.CellOK, "last good 60 min ago", 0},
	{"on no volume", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		jobs[5].bare = true
		return jobs
	}, board.CellWarned, "newest on blue is not a good one: on no volume of its catalog", model.NoVolume},
	{"warned, with no files", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		jobs[5].status, jobs[5].files = "W", 0
		return jobs
	}, board.CellWarned, "empty: 0 files", model.Empty},
	{"an empty differential", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		jobs[4].level, jobs[5].level = "D", "D"
		jobs[5].files, jobs[5].bytes = 0, 0
		return jobs
	}, board.CellWarned, "empty: 0 files", model.Empty},
	{"figures that are NULL", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		jobs[5].unset = true
		return jobs
	}, board.CellWarned, "empty: 0 files", model.Empty},
	{"really ended before it started", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		jobs[5].really = jobs[5].start.Add(-3 * time.Hour)
		return jobs
	}, board.CellWarned, "ended before it started", model.Backwards},
	{"incomplete", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		jobs[5].status = "I"
		return jobs
	}, board.CellWarned, "newest try failed on blue", 0},
	{"differences", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		jobs[5].status = "D"
		return jobs
	}, board.CellWarned, "newest try failed on blue", 0},
	{"due at no time", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		jobs[5].due = time.Time{}
		return jobs
	}, board.CellOK, "last good 60 min ago", 0},
	{"of a level that nobody knows", func(id int, name string) []plantedJob {
		jobs := history(id, name, 6, time.Hour)
		jobs[5].level = "q"
		return jobs
	}, board.CellWarned, "of no level of a backup", model.NoLevel},
}
