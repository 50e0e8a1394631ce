package model

import "time"

// NextID is what a table of a catalog numbers its next row by: its AUTO_INCREMENT.
type NextID struct {
	Table string `json:"table"`
	Next  uint64 `json:"next"`
}

// numberedTable is a table of Bacula's whose rows its server numbers. Margin is what a busy day of a thousand backups gives at most, many
// times over; most is the highest number that the column takes.
type numberedTable struct {
	name   string
	margin uint64
	most   uint64
}

const mostUint32 = 1<<32 - 1

// numbered are the tables of all generations of the catalog; each catalog has some of them.
var numbered = []numberedTable{
	{"Job", 10_000, mostUint32}, {"Media", 10_000, mostUint32}, {"JobMedia", 1_000_000, mostUint32}, {"Log", 1_000_000, mostUint32},
	{"File", 100_000_000, 1<<63 - 1}, {"Path", 10_000_000, mostUint32}, {"Filename", 10_000_000, mostUint32},
	{"Client", 1_000, mostUint32}, {"Pool", 1_000, mostUint32}, {"FileSet", 1_000, mostUint32}, {"Storage", 1_000, mostUint32},
	{"Device", 1_000, mostUint32}, {"MediaType", 1_000, mostUint32}, {"Location", 1_000, mostUint32}, {"LocationLog", 100_000, mostUint32},
	{"Events", 1_000_000, mostUint32}, {"RestoreObject", 100_000, mostUint32}, {"Object", 100_000, mostUint32},
	{"BaseFiles", 10_000_000, 1<<63 - 1},
}

// IsNumbered tells whether it is one of them.
func IsNumbered(table string) bool { return marginOf(table) != nil }

func marginOf(table string) *numberedTable {
	for i := range numbered {
		if numbered[i].name == table {
			return &numbered[i]
		}
	}
	return nil
}

// Above is a number of a table that is surely above all that were given until some time after a moment at which it was the next one: by the
// table's margin for each day that has begun, and ten times as far where nobody knows how long ago it was. It stays within a tenth of what
// the column still takes.
func (n NextID) Above(age time.Duration, known bool) NextID {
	t := marginOf(n.Table)
	if t == nil {
		return n
	}
	margin := t.margin * 10
	if known {
		margin = t.margin * uint64(1+max(0, age)/(24*time.Hour))
	}
	if n.Next >= t.most {
		return n
	}
	n.Next += min(margin, (t.most-n.Next)/10)
	return n
}
