package model

import (
	"fmt"
	"slices"
	"strings"
)

// JobVolume is a volume of a catalog, and a job that wrote to it.
type JobVolume struct {
	Job       string // the Job resource
	Name      string // byte for byte, as is MediaType
	MediaType string
	Pool      uint32
}

// KeptVolume is a row of Media that Bacula neither writes to nor recycles: it keeps a name, or a number, from being given a second time.
type KeptVolume struct {
	Name      string
	ID        uint64 // its MediaId; 0: the next
	MediaType string // empty: nobody knows
	Pool      uint32 // 0: it is in none; 15.0.3 then finds no volume by its name
	Status    string
	Comment   string
}

// KeptLike keeps the name of a volume that lost jobs wrote to. What else is known of it volumes of the newest jobs tell: those of its jobs
// that are named alike but for the number at the end, else those of its jobs, else those of others that are named alike, else but for any
// number, else all. A MediaType that they do not agree on is not known; the pool is that of the newest, as 15.0.3 finds no volume that is
// in none.
func KeptLike(name string, jobs []string, newest []JobVolume) KeptVolume {
	v := KeptVolume{Name: name, Status: "Read-Only",
		Comment: "jobs that are lost wrote to it: keep this row, and nothing is written over them"}
	its := func(r *JobVolume) bool { return slices.Contains(jobs, r.Job) }
	alike := func(r *JobVolume) bool { return unnumbered(r.Name) == unnumbered(name) }
	for _, counts := range []func(*JobVolume) bool{
		func(r *JobVolume) bool { return its(r) && alike(r) }, its, alike,
		func(r *JobVolume) bool { return numberless(r.Name) == numberless(name) }, func(*JobVolume) bool { return true },
	} {
		first := true
		for i := range newest {
			r := &newest[i]
			switch {
			case r.MediaType == "" || !counts(r): // nothing was known of that one either
			case first:
				first, v.MediaType, v.Pool = false, r.MediaType, r.Pool
			case v.MediaType != r.MediaType:
				v.MediaType = ""
			}
		}
		if !first {
			break
		}
	}
	return v
}

// unnumbered is a name without the number at its end.
func unnumbered(name string) string { return strings.TrimRight(name, "0123456789") }

// numberless is a name with one sign for every number in it.
func numberless(name string) string {
	var b strings.Builder
	for i := range len(name) {
		switch digit := name[i] >= '0' && name[i] <= '9'; {
		case !digit:
			b.WriteByte(name[i])
		case i == 0 || name[i-1] < '0' || name[i-1] > '9':
			b.WriteByte('#')
		}
	}
	return b.String()
}

// KeptPlace is no volume: it has the number before the next that a catalog gives, because a Director names new volumes by the highest
// MediaId there is, and not by AUTO_INCREMENT (create_simple_name of newvol.c in 9.6; measured on 9.6.7 and 15.0.3).
func KeptPlace(next uint64) KeptVolume {
	return KeptVolume{Name: fmt.Sprintf("no-volume-names-go-on-from-%d", next), ID: next - 1, Status: "Disabled",
		Comment: "no volume: keep this row, and no new volume is named as one that is lost"}
}

// Insert is the statement that makes the row; its names are in the catalog once at most (error 1062). Bacula labels what has no bytes.
func (v KeptVolume) Insert() string {
	columns, values := "", ""
	if v.ID > 0 {
		columns, values = "MediaId, ", fmt.Sprintf("%d, ", v.ID)
	}
	return fmt.Sprintf("INSERT INTO Media (%sVolumeName, MediaType, PoolId, VolStatus, VolBytes, Enabled, Recycle, Comment) "+
		"VALUES (%s%s, %s, %d, %s, 1, 0, 0, %s)", columns, values, SQLText(v.Name), SQLText(v.MediaType), v.Pool, SQLText(v.Status),
		SQLText(v.Comment))
}

// InsertLike is the statement by which a person makes the row of a volume that lost jobs wrote to: its pool is that of the newest volume
// that is named alike but for the number at the end, and so is its MediaType; where none is, it has the pool of the newest and no
// MediaType.
func InsertLike(name string) string {
	v, like := KeptLike(name, nil, nil), unnumbered(name)
	alike := fmt.Sprintf("LEFT(VolumeName, %d) = %s", len(like), SQLText(like))
	return fmt.Sprintf("INSERT INTO Media (VolumeName, MediaType, PoolId, VolStatus, VolBytes, Enabled, Recycle, Comment) "+
		"SELECT %s, COALESCE(MAX(IF(%s, MediaType, '')), ''), COALESCE(MAX(PoolId), 0), %s, 1, 0, 0, %s FROM (SELECT VolumeName, MediaType, "+
		"PoolId FROM Media WHERE MediaType <> '' ORDER BY %s DESC, MediaId DESC LIMIT 1) AS newest", SQLText(name), alike, SQLText(v.Status),
		SQLText(v.Comment), alike)
}

// SQLText is a text as a statement has it, in every sql_mode: what a quote or a backslash is in stands in hexadecimal digits.
func SQLText(s string) string {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '\'' || c == '\\' {
			return fmt.Sprintf("X'%X'", s)
		}
	}
	return "'" + s + "'"
}

// mostVolumeName is how many bytes the name of a volume has at most (MAX_NAME_LENGTH, with its NUL).
const mostVolumeName = 127

// VolumeRefused tells why Bacula gives no volume a name (is_volume_name_legal of ua_label.c); empty: it may.
func VolumeRefused(name string) string {
	switch at := strings.IndexFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(":.-_/", r)
	}); {
	case name == "":
		return "it is empty"
	case len(name) > mostVolumeName:
		return fmt.Sprintf("it is longer than %d bytes", mostVolumeName)
	case at >= 0:
		return fmt.Sprintf("%q is in it", []rune(name[at:])[0])
	}
	return ""
}
