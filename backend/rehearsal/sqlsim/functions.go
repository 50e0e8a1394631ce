package sqlsim

import (
	"database/sql/driver"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// The functions that need no session are known to every SQLite connection of the process.
func init() {
	sqlite.MustRegisterDeterministicScalarFunction(
		"mysql_unix_timestamp",
		1,
		func(_ *sqlite.FunctionContext, a []driver.Value) (driver.Value, error) {
			s, ok := a[0].(string)
			if !ok {
				return nil, nil
			}
			t, err := time.Parse(stamp, s)
			if err != nil {
				return int64(0), nil // as MySQL does for what it cannot read
			}
			return t.Unix(), nil
		},
	)
	sqlite.MustRegisterDeterministicScalarFunction(
		"mysql_from_unixtime",
		1,
		func(_ *sqlite.FunctionContext, a []driver.Value) (driver.Value, error) {
			n, ok := a[0].(int64)
			if !ok {
				return nil, nil
			}
			return time.Unix(n, 0).UTC().Format(stamp), nil
		},
	)
	// SQLite's own makes NULL of an empty blob.
	sqlite.MustRegisterDeterministicScalarFunction("substr", 3, func(_ *sqlite.FunctionContext, a []driver.Value) (driver.Value, error) {
		from, _ := a[1].(int64)
		n, _ := a[2].(int64)
		switch s := a[0].(type) {
		case []byte:
			return part(s, from, n), nil
		case string:
			return string(part([]rune(s), from, n)), nil
		}
		return nil, nil
	})
	sqlite.MustRegisterDeterministicScalarFunction(
		"mysql_gtid_subtract",
		2,
		func(_ *sqlite.FunctionContext, a []driver.Value) (driver.Value, error) {
			x, y, err := gtidArgs(a)
			if err != nil {
				return nil, err
			}
			return x.subtract(y).String(), nil
		},
	)
	sqlite.MustRegisterDeterministicScalarFunction(
		"mysql_gtid_subset",
		2,
		func(_ *sqlite.FunctionContext, a []driver.Value) (driver.Value, error) {
			x, y, err := gtidArgs(a)
			if err != nil {
				return nil, err
			}
			if len(x.subtract(y)) == 0 {
				return int64(1), nil
			}
			return int64(0), nil
		},
	)
}

// part is n elements from the one that is counted from 1; there is none before it.
func part[T any](s []T, from, n int64) []T {
	if from < 1 || from > int64(len(s)) || n < 1 {
		return []T{}
	}
	return s[from-1 : min(from-1+n, int64(len(s)))]
}

func gtidArgs(a []driver.Value) (x, y gtids, err error) {
	var sets [2]gtids
	for i := range sets {
		s, _ := a[i].(string)
		if sets[i], err = parseGTIDs(s); err != nil {
			return nil, nil, err
		}
	}
	return sets[0], sets[1], nil
}

// gtids is a set of transactions: by server UUID, the intervals of its numbers, in order and apart.
type gtids map[string][]span

type span struct{ from, to uint64 } // both included

func parseGTIDs(s string) (gtids, error) {
	g := gtids{}
	for _, part := range strings.Split(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		fields := strings.Split(part, ":")
		for _, f := range fields[1:] {
			from, to, ranged := strings.Cut(f, "-")
			a, err := strconv.ParseUint(from, 10, 64)
			b := a
			if err == nil && ranged {
				b, err = strconv.ParseUint(to, 10, 64)
			}
			if err != nil || len(fields[0]) != 36 {
				return nil, fmt.Errorf("malformed GTID set specification %q", s)
			}
			g[strings.ToLower(fields[0])] = append(g[strings.ToLower(fields[0])], span{a, b})
		}
	}
	return g, nil
}

func (g gtids) subtract(o gtids) gtids {
	out := gtids{}
	for id, spans := range g {
		for _, s := range spans {
			left := []span{s}
			for _, cut := range o[id] {
				var next []span
				for _, l := range left {
					if cut.to < l.from || cut.from > l.to {
						next = append(next, l)
						continue
					}
					if l.from < cut.from {
						next = append(next, span{l.from, cut.from - 1})
					}
					if l.to > cut.to {
						next = append(next, span{cut.to + 1, l.to})
					}
				}
				left = next
			}
			out[id] = append(out[id], left...)
		}
		if len(out[id]) == 0 {
			delete(out, id)
		}
	}
	return out
}

func (g gtids) String() string {
	ids := make([]string, 0, len(g))
	for id := range g {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for i, id := range ids {
		for _, s := range g[id] {
			if s.from == s.to {
				ids[i] += fmt.Sprintf(":%d", s.from)
			} else {
				ids[i] += fmt.Sprintf(":%d-%d", s.from, s.to)
			}
		}
	}
	return strings.Join(ids, ",\n")
}
