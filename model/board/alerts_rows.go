package board

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"switchyard/model"
)

// rowAlerts tell of rows that no Bacula writes so, or that are too many: once for all of them.
func (l *Ledger) rowAlerts() []Alert {
	c := l.cluster
	var out []Alert
	add := func(id, do, says string, args ...any) {
		out = append(
			out,
			Alert{ID: id + ":" + c.String(), Severity: model.Warn, rank: rankDoubt, Cluster: &c, Says: fmt.Sprintf(says, args...), Do: do},
		)
	}
	if len(l.letters) > 0 {
		add(
			"letters",
			"look at them in the catalog: until then they count neither as ended nor as good",
			"%s of %s with a status that is not in Bacula's table: %s",
			plural(uint64(len(l.letters)), "job"),
			c,
			l.letterSays(),
		)
		out[0].Brief = fmt.Sprintf("%s of %s with an unknown status", plural(uint64(len(l.letters)), "job"), c)
	}
	if n := len(l.open) + len(l.cold); len(l.cold) > 0 {
		add("open", "restart bacula-dir, when nothing runs: it ends the rows of jobs that nobody runs, until then these are looked at in turn",
			"the catalog of %s calls %d jobs open, more than a Director runs; the newest are listed", c, n)
		out[len(out)-1].Brief = fmt.Sprintf("%s catalog calls %d jobs open; more than a Director runs", c, n)
	}
	if far := l.Far(); len(far) > 0 && far[len(far)-1].ID > math.MaxUint32-farAbove {
		top := far[len(far)-1]
		add("far", "see who wrote that row: a server numbers new jobs after the highest, and after 4294967295 there is no number",
			"JobId %d on %s (%s) is far above all others, the next is %d", top.ID, c, top.Title(), l.mark.ID)
		out[len(out)-1].Brief = fmt.Sprintf("JobId %d on %s is far too high", top.ID, c)
	}
	return out
}

// letterSays says which letters there are and how often, as in "?x (20), such as JobId 14".
func (l *Ledger) letterSays() string {
	counts, first := map[model.Status]int{}, uint32(math.MaxUint32)
	for id, letter := range l.letters {
		counts[letter]++
		first = min(first, id)
	}
	var says []string
	for letter, n := range counts {
		says = append(says, fmt.Sprintf("%s (%d)", letter, n))
	}
	slices.Sort(says)
	if more := len(says) - 5; more > 0 {
		says = append(says[:5], fmt.Sprintf("%d more", more))
	}
	return strings.Join(says, ", ") + fmt.Sprintf(", such as JobId %d", first)
}
