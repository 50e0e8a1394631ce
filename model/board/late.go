package board

import (
	"slices"
	"time"

	"switchyard/model"
)

// goodEnds are when the good ones of a history ended, in Unix seconds, ascending; those from before when nothing changed.
func goodEnds(before []int64, ended []ending) []int64 {
	n, same := 0, true
	for i := range ended {
		if e := &ended[i]; e.doubt == model.NoDoubt {
			same = same && n < len(before) && before[n] == e.when()
			n++
		}
	}
	switch {
	case n == 0:
		return nil
	case same && n == len(before):
		return before
	}
	out := make([]int64, 0, n)
	for i := range ended {
		if e := &ended[i]; e.doubt == model.NoDoubt {
			out = append(out, e.when())
		}
	}
	slices.Sort(out)
	return out
}

// Late is for how long, between two moments, the newest good backup of the cell on either cluster was older than its promise. The first
// moment must be a promise later than the oldest that both catalogs can tell of. False where nobody knows: a catalog was not read, or
// there is no promise.
func (v *CellView) Late(from, to time.Time) (time.Duration, bool) {
	if v.Promise <= 0 || !v.On[model.Blue].Read || !v.On[model.Green].Read {
		return 0, false
	}
	if !from.Before(to) {
		return 0, true
	}
	promise, begin, end := int64(v.Promise/time.Second), from.Unix(), to.Unix()
	blue, green := v.On[model.Blue].Goods, v.On[model.Green].Goods
	late, kept := int64(0), begin // up to kept it is accounted for
	for len(blue)+len(green) > 0 {
		var good int64
		if len(green) == 0 || len(blue) > 0 && blue[0] <= green[0] {
			good, blue = blue[0], blue[1:]
		} else {
			good, green = green[0], green[1:]
		}
		if good >= end {
			break
		}
		late += max(0, good-kept)
		kept = max(kept, good+promise)
	}
	late += max(0, end-kept)
	return time.Duration(late) * time.Second, true
}
