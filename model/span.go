package model

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// longestSpan keeps sums of weeks, days and hours from overflowing.
const longestSpan = 1e5 * day

// ParseSpan reads a duration that may also have days and weeks, such as 7d, 2w or 1d12h. Negative spans are refused.
func ParseSpan(text string) (time.Duration, error) {
	var total time.Duration
	rest := text
	for _, u := range []struct {
		suffix string
		unit   time.Duration
	}{{"w", 7 * day}, {"d", day}} {
		head, tail, ok := strings.Cut(rest, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(head, 10, 16)
		if err != nil || n > uint64((longestSpan-total)/u.unit) {
			return 0, fmt.Errorf("%q is not a duration; write such as 90s, 26h, 7d or 2w", Clean(text))
		}
		total += time.Duration(n) * u.unit
		rest = tail
	}
	if rest == "" && rest != text {
		return total, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || d > longestSpan-total {
		return 0, fmt.Errorf("%q is not a duration; write such as 90s, 26h, 7d or 2w", Clean(text))
	}
	return total + d, nil
}

// Span writes a duration the way ParseSpan reads it, without the zeros: 7d, 26h, 1h30m, 90s.
func Span(d time.Duration) string {
	if d < 0 {
		return "-" + Span(-d)
	}
	if d > 0 && d%day == 0 && d >= 3*day {
		return strconv.Itoa(int(d/day)) + "d"
	}
	s := d.String()
	s = strings.Replace(s, "m0s", "m", 1)
	return strings.Replace(s, "h0m", "h", 1)
}
