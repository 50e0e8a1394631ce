package main

import (
	"slices"
	"strings"
	"time"
)

// catalogRows is what a table of the contract holds.
type catalogRows struct {
	table   string
	columns string
	rows    [][]any // strings, bytes, whole numbers and nil
}

// rowsOf are the same rows for every server: what catalogs hold every day, and what they hold once in ten years.
func rowsOf(version int) []catalogRows {
	media := "MediaId, PoolId, VolumeName, MediaType, VolStatus, Enabled, StorageId, LastWritten, VolRetention, Protected"
	volumes := [][]any{
		{1, 1, "v1", "File", "Used", 1, 2, "2024-11-22 03:10:00", 604800, 1},
		{2, 1, "v2", "File", "Error", 0, 2, "2024-11-22 03:09:00", 604800, 0},
		{3, 2, "v3", "File", "Full", 1, 9, "0000-00-00 00:00:00", 0, 1},
		{4, 9, "v4", "File", "Read-Only", nil, nil, nil, nil, nil},
	}
	if version < 1026 { // Bacula 15 brought the column
		media = strings.TrimSuffix(media, ", Protected")
		for i := range volumes {
			volumes[i] = volumes[i][:9]
		}
	}
	// One path of two jobs, one that the second job says is gone, one name in two paths, and a job that is not asked for.
	name, names := "FilenameId", []any{1, 2, 3}
	if version >= 1026 {
		name, names = "Filename", []any{"ibdata1", "größe", "latin\xe9"}
	}
	var files [][]any
	for i, f := range [][3]int{{1, 1, 0}, {1, 1, 1}, {1, 2, 0}, {2, 1, 0}, {2, -1, 1}, {2, 2, 2}, {3, 0, 2}, {9, 1, 0}} {
		files = append(files, []any{i + 1, f[1], f[0], 1 + f[2]%2, names[f[2]], "P0A", "0"})
	}
	return []catalogRows{
		{"File", "FileId, FileIndex, JobId, PathId, " + name + ", LStat, MD5", files},
		{"FileSet", "FileSetId, FileSet, MD5", [][]any{{1, "dumps", "abc"}, {2, "größe \xe9", nil}}},
		{"Media", media, volumes},
		{"JobMedia", "JobMediaId, JobId, MediaId", [][]any{{1, 1, 1}, {2, 1, 2}, {3, 3, 3}, {4, 3, 1}, {5, 5, 4}, {6, 3, 3}}},
		{"Storage", "StorageId, Name, AutoChanger", [][]any{{2, "sd-1", 0}, {3, "sd-2", 1}}},
		{"Pool", "PoolId, Name, PoolType", [][]any{{1, "regular", "Backup"}, {2, "größe", "Backup"}}},
		{"Version", "VersionId", [][]any{{version}}},
		{
			"Client",
			"ClientId, Name, Uname, AutoPrune, JobRetention, FileRetention",
			[][]any{
				{1, "db1-fd", "", 1, 15552000, 5184000},
				{2, "DB2-fd", "", 0, 15552000, 5184000},
				{3, "größe-fd", "", 1, 0, 0},
				{7, "it's \\ \"quoted\"", "", nil, nil, nil},
				{200, "latin\xe9", "", 1, 9007199254740993, 1},
			},
		},
		{
			"Job",
			"JobId, Job, Name, Type, Level, ClientId, JobStatus, SchedTime, StartTime, EndTime, RealEndTime, JobTDate, JobFiles, JobBytes, " +
				"JobErrors, PriorJobId, Comment, PurgedFiles, FileSetId",
			purged(jobRows),
		},
		{"Log", "LogId, JobId, Time, LogText", logRows},
	}
}

// purged adds to the rows of jobs whether their file records were pruned, and which FileSet was theirs.
func purged(rows [][]any) [][]any {
	out := slices.Clone(rows)
	for i, r := range out {
		of := map[int]any{2: 1, 11: nil}
		is, told := of[r[0].(int)]
		if !told {
			is = 0
		}
		out[i] = append(slices.Clone(r), is, map[int]int{1: 1, 2: 2}[r[0].(int)])
	}
	return out
}

var jobRows = [][]any{
	{
		1,
		"backup-a.2024-11-22_03.00.00_01",
		"backup-a",
		"B",
		"F",
		1,
		"T",
		"2024-11-22 03:00:00",
		"2024-11-22 03:00:02",
		"2024-11-22 03:10:00",
		"2024-11-22 03:10:01",
		berlin("2024-11-22 03:10:01"),
		120,
		9007199254740993,
		0,
		0,
		nil,
	},
	{
		2,
		"backup-a.2024-11-22_04.00.00_02",
		"backup-a",
		"B",
		"I",
		1,
		"T",
		"2024-11-22 04:00:00",
		"2024-11-22 04:00:02",
		"2024-11-22 04:10:00",
		"2024-11-22 04:10:00",
		berlin("2024-11-22 04:10:00"),
		4294967295,
		1,
		3,
		0,
		[]byte(""),
	},
	{
		3,
		"backup-b.2024-11-22_05.00.00_03",
		"backup-b",
		"B",
		"D",
		2,
		"f",
		"2024-11-22 05:00:00",
		"2024-11-22 05:00:02",
		"2024-11-22 05:00:09",
		"2024-11-22 05:00:09",
		berlin("2024-11-22 05:00:09"),
		0,
		0,
		1,
		0,
		[]byte("switchyard:3f2a"),
	},
	{
		4,
		"backup-b.2024-11-22_06.00.00_04",
		"backup-b",
		"B",
		"F",
		2,
		"A",
		"2024-11-22 06:00:00",
		"2024-11-22 06:00:02",
		"2024-11-22 06:00:09",
		"2024-11-22 06:00:09",
		berlin("2024-11-22 06:00:09"),
		0,
		0,
		0,
		0,
		[]byte(strings.Repeat("é", 200)),
	},
	{
		5,
		"backup-c.2024-11-22_07.00.00_05",
		"backup-c",
		"B",
		"F",
		3,
		"f",
		"2024-11-22 07:00:00",
		"2024-11-22 07:00:02",
		"2024-11-22 07:00:02",
		nil,
		berlin("2024-11-22 07:00:02"),
		0,
		0,
		0,
		0,
		nil,
	},
	{
		6,
		"restore-a.2024-11-22_08.00.00_06",
		"restore-a",
		"R",
		" ",
		7,
		"T",
		"2024-11-22 08:00:00",
		"2024-11-22 08:00:00",
		"2024-11-22 08:01:00",
		"2024-11-22 08:01:00",
		berlin("2024-11-22 08:01:00"),
		5,
		1 << 40,
		0,
		0,
		nil,
	},
	{
		7,
		"admin.2024-11-22_09.00.00_07",
		"admin",
		"D",
		" ",
		0,
		"T",
		"2024-11-22 09:00:00",
		"2024-11-22 09:00:00",
		"2024-11-22 09:00:01",
		"2024-11-22 09:00:01",
		berlin("2024-11-22 09:00:01"),
		0,
		0,
		0,
		0,
		nil,
	},
	// The hour that a clock shows twice, and a moment of before 1971.
	{
		8,
		"backup-d.2024-10-27_02.30.00_08",
		"backup-d",
		"B",
		"I",
		200,
		"T",
		"2024-10-27 02:15:00",
		"2024-10-27 02:30:00",
		"2024-10-27 02:45:00",
		"2024-10-27 02:45:00",
		berlin("2024-10-27 02:45:00") + 3600,
		1,
		1,
		0,
		0,
		nil,
	},
	{
		9,
		"old.1970-01-01_01.00.00_09",
		"old",
		"B",
		"F",
		1,
		"E",
		"1970-01-01 01:00:00",
		"1970-01-01 01:00:00",
		"1970-01-01 01:00:00",
		nil,
		0,
		0,
		0,
		0,
		0,
		nil,
	},
	// A zero date is what old servers wrote for NULL.
	{
		10,
		"backup-e.2024-11-22_10.00.00_10",
		"backup-e",
		"B",
		"F",
		1,
		"T",
		"0000-00-00 00:00:00",
		"0000-00-00 00:00:00",
		"0000-00-00 00:00:00",
		"0000-00-00 00:00:00",
		0,
		0,
		0,
		0,
		0,
		nil,
	},
	// Everything that may be NULL.
	{11, "backup-f.2024-11-22_11.00.00_11", "backup-f", "B", "F", nil, "C", nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
	{
		12,
		"böse \\ 'name' \x1b[2J\xe9",
		"böse \\ 'name' \x1b[2J\xe9",
		"B",
		"F",
		999,
		"e",
		"2024-11-22 12:00:00",
		nil,
		nil,
		nil,
		0,
		0,
		0,
		0,
		0,
		nil,
	},
	{
		40,
		"copy.2024-11-22_13.00.00_12",
		"copy",
		"C",
		"F",
		1,
		"T",
		"2024-11-22 03:00:00",
		"2024-11-22 03:00:02",
		"2024-11-22 03:10:00",
		"2024-11-22 13:10:00",
		berlin("2024-11-22 03:10:01"),
		120,
		9007199254740993,
		0,
		1,
		nil,
	},
	{
		41,
		"backup-a.2024-11-22_14.00.00_13",
		"backup-a",
		"B",
		"I",
		1,
		"R",
		"2024-11-22 14:00:00",
		"2024-11-22 14:00:02",
		nil,
		nil,
		berlin("2024-11-22 14:00:02"),
		0,
		0,
		0,
		0,
		nil,
	},
	{
		42,
		"backup-b.2024-11-22_14.30.00_14",
		"backup-b",
		"B",
		"I",
		2,
		"C",
		"2024-11-22 14:30:00",
		nil,
		nil,
		nil,
		berlin("2024-11-22 14:30:00"),
		0,
		0,
		0,
		0,
		nil,
	},
}

var logRows = [][]any{
	{1, 1, "2024-11-22 03:00:02", logText("blue-dir JobId 1: Start Backup JobId 1, Job=backup-a.2024-11-22_03.00.00_01")},
	{2, 3, "2024-11-22 05:00:02", logText("blue-dir JobId 3: shell command: run ClientBeforeJob \"/clone\"")},
	{3, 3, "2024-11-22 05:00:08", logText("db2-fd JobId 3: Error: Runscript: ClientBeforeJob returned non-zero status=1.")},
	{4, 4, nil, logText("blue-dir JobId 4: canceled")},
	{5, 3, "2024-11-22 05:00:09", logText("blue-dir JobId 3: Fatal error: Bad response to RunBeforeNow: wanted 2000 OK")},
	{
		6,
		3,
		"2024-11-22 05:00:09",
		logText("blue-dir JobId 3: Error: Bacula blue-dir 9.6.7 (10Dec20):\n  Build OS: x\n\n  Termination: *** Backup Error ***\n"),
	},
	// Cut in the middle of a letter of two bytes by both limits.
	{7, 5, "2024-11-22 07:00:02", logText("x" + strings.Repeat("é", 5000))},
	{8, 5, "2024-11-22 07:00:03", []byte{}},
	{9, 2, "2024-11-22 04:10:00", []byte("Latin \xe9, zero \x00, escape \x1b[31m\n\x00")},
}

// logText ends as Bacula's LogText does.
func logText(says string) []byte { return append([]byte(says), '\n', 0) }

// berlin is the epoch of a wall clock there.
func berlin(clock string) int64 {
	t, err := time.ParseInLocation(time.DateTime, clock, berlinZone)
	if err != nil {
		panic(err)
	}
	return t.Unix()
}

// marks are n places of a statement.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
