package model

import (
	"fmt"
	"time"
)

// longestAge is more than any backup, host or job is old: what is older is no age but a moment that was never set.
const longestAge = 100 * 365 * day

// Age says a duration the way a person says it, in one unit: 20 s, 4 min, 31 h, 9 d; and ? of one that cannot be.
func Age(d time.Duration) string {
	switch {
	case d > longestAge || d < -longestAge:
		return "?"
	case d < 0:
		return "-" + Age(-d)
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d/time.Minute))
	case d < 3*day:
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	return fmt.Sprintf("%d d", int(d/day))
}

// Size says bytes in decimal units, as Bacula's own reports do: 812 B, 1.9 GB.
func Size[T uint64 | float64](n T) string {
	v := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB", "TB"} {
		if v < 999.5 {
			if unit == "B" || v >= 99.5 {
				return fmt.Sprintf("%.0f %s", v, unit)
			}
			return fmt.Sprintf("%.1f %s", v, unit)
		}
		v /= 1000
	}
	return fmt.Sprintf("%.1f PB", v)
}
