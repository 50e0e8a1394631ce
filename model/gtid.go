package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// GTIDSet is a set of MySQL's global transaction ids, kept sorted and merged. The zero set is empty. It is never changed after ParseGTIDs.
type GTIDSet struct{ parts []gtidPart }

type gtidPart struct {
	source string // uuid, or uuid:tag (MySQL 8.3 and later)
	spans  []gtidSpan
}

type gtidSpan struct{ from, to uint64 } // both inclusive

// ParseGTIDs reads the text of gtid_executed: uuid:1-5:7,uuid:tag:3 with any white space. Overlapping spans are merged.
func ParseGTIDs(text string) (GTIDSet, error) {
	all := map[string][]gtidSpan{}
	for _, part := range strings.Split(text, ",") {
		part = strings.ToLower(strings.Join(strings.Fields(part), ""))
		if part == "" {
			continue
		}
		fields := strings.Split(part, ":")
		uuid, source := fields[0], fields[0]
		if !isUUID(uuid) || len(fields) < 2 {
			return GTIDSet{}, fmt.Errorf("gtid set: %q does not start with a server's uuid and a span", Clean(part))
		}
		for _, f := range fields[1:] {
			span, ok := parseGTIDSpan(f)
			switch {
			case ok:
				all[source] = append(all[source], span)
			case isGTIDTag(f):
				source = uuid + ":" + f
			default:
				return GTIDSet{}, fmt.Errorf("gtid set: %q is neither a span nor a tag", Clean(f))
			}
		}
	}
	var s GTIDSet
	for source, spans := range all {
		s.parts = append(s.parts, gtidPart{source, mergeSpans(spans)})
	}
	slices.SortFunc(s.parts, func(a, b gtidPart) int { return cmp.Compare(a.source, b.source) })
	return s, nil
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", rune(c)) {
			return false
		}
	}
	return true
}

func isGTIDTag(s string) bool {
	if s == "" || len(s) > 32 || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

func parseGTIDSpan(s string) (gtidSpan, bool) {
	a, b, ranged := strings.Cut(s, "-")
	from, err := strconv.ParseUint(a, 10, 63)
	if err != nil || from == 0 {
		return gtidSpan{}, false
	}
	if !ranged {
		return gtidSpan{from, from}, true
	}
	to, err := strconv.ParseUint(b, 10, 63)
	return gtidSpan{from, to}, err == nil && to >= from
}

func mergeSpans(spans []gtidSpan) []gtidSpan {
	slices.SortFunc(spans, func(a, b gtidSpan) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.from <= out[n-1].to+1 {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// Empty tells whether the set has no transaction, which is also what a server without GTIDs answers.
func (s GTIDSet) Empty() bool { return len(s.parts) == 0 }

// Count is the number of transactions; it stops at the largest uint64.
func (s GTIDSet) Count() uint64 {
	var n uint64
	for _, p := range s.parts {
		for _, r := range p.spans {
			more := r.to - r.from + 1
			if n > math.MaxUint64-more {
				return math.MaxUint64
			}
			n += more
		}
	}
	return n
}

// Minus is what is in s and not in o, as GTID_SUBTRACT(s, o).
func (s GTIDSet) Minus(o GTIDSet) GTIDSet {
	var out GTIDSet
	for _, p := range s.parts {
		i, found := slices.BinarySearchFunc(o.parts, p.source, func(q gtidPart, src string) int { return cmp.Compare(q.source, src) })
		if !found {
			out.parts = append(out.parts, p)
			continue
		}
		if left := minusSpans(p.spans, o.parts[i].spans); len(left) > 0 {
			out.parts = append(out.parts, gtidPart{p.source, left})
		}
	}
	return out
}

// Except is the set without the transactions that the servers of these UUIDs wrote.
func (s GTIDSet) Except(uuids ...string) GTIDSet {
	var out GTIDSet
	for _, p := range s.parts {
		uuid, _, _ := strings.Cut(p.source, ":")
		if !slices.ContainsFunc(uuids, func(u string) bool { return strings.EqualFold(u, uuid) }) {
			out.parts = append(out.parts, p)
		}
	}
	return out
}

// IsZero tells encoders to leave an empty set out.
func (s GTIDSet) IsZero() bool { return s.Empty() }

func minusSpans(a, b []gtidSpan) []gtidSpan {
	var out []gtidSpan
	for _, s := range a {
		for len(b) > 0 && b[0].to < s.from {
			b = b[1:]
		}
		for _, r := range b {
			if r.from > s.to || s.from > s.to {
				break
			}
			if r.from > s.from {
				out = append(out, gtidSpan{s.from, r.from - 1})
			}
			s.from = r.to + 1
		}
		if s.from <= s.to {
			out = append(out, s)
		}
	}
	return out
}

// String writes the set as MySQL does, without line breaks.
func (s GTIDSet) String() string {
	var b strings.Builder
	uuid := ""
	for _, p := range s.parts {
		u, tag, _ := strings.Cut(p.source, ":")
		switch {
		case b.Len() == 0:
			b.WriteString(p.source)
		case u == uuid:
			b.WriteString(":" + tag)
		default:
			b.WriteString("," + p.source)
		}
		uuid = u
		for _, r := range p.spans {
			fmt.Fprintf(&b, ":%d", r.from)
			if r.to > r.from {
				fmt.Fprintf(&b, "-%d", r.to)
			}
		}
	}
	return b.String()
}

// MarshalText writes String.
func (s GTIDSet) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *GTIDSet) UnmarshalText(b []byte) (err error) {
	*s, err = ParseGTIDs(string(b))
	return err
}

// Equal tells whether both hold the same transactions.
func (s GTIDSet) Equal(o GTIDSet) bool {
	return slices.EqualFunc(s.parts, o.parts, func(a, b gtidPart) bool { return a.source == b.source && slices.Equal(a.spans, b.spans) })
}
