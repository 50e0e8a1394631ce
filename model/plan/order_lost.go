package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Numbers lets a promoted catalog give nothing a second time. It raises what its tables number their rows by above all that were given
// before: what is lost with an AWS region had JobIds and MediaIds, and volumes and people go on using them. And it gives the volumes that
// lost jobs wrote to the rows that the catalog lacks: a Director names a new volume by the rows that there are, and a Storage Daemon that
// finds a labeled volume of that name appends to it.
type Numbers struct {
	OnInstance
	Above   []model.NextID `json:"above"`             // as far as they are known; every other table goes by its own number, and far beyond it
	Volumes []string       `json:"volumes,omitempty"` // that lost jobs wrote to, as far as they are known
}

// Keep are the volumes whose names are kept: those that were known when the plan was made, and those of the jobs that were since found to
// be lost. Never are those that Bacula gives no volume, and why: nothing is written to them by that name.
func (n *Numbers) Keep(past Past) (names, never []string) {
	for _, v := range written(n.Volumes, past) {
		if why := model.VolumeRefused(v); why != "" {
			never = append(never, fmt.Sprintf("%.130s (%s)", v, why))
			continue
		}
		names = append(names, v)
	}
	return names, never
}

// Lost compares what ended shortly before an emergency with what the promoted catalog has.
type Lost struct {
	OnInstance
	After time.Time        `json:"after,omitzero"` // what was written later is lost at most; zero: nobody knows since when
	Jobs  []record.TailJob `json:"jobs"`           // that ended since, or may have; those that are known
	More  int              `json:"more,omitempty"` // that are known besides, and too many for a plan
}

// keep takes over what was known when the plan was made.
func (n *Numbers) keep(was *Numbers) { n.Above, n.Volumes = was.Above, was.Volumes }

// ReadOnly are volumes that hold what the promoted catalog does not know: nothing is to be written to them. That they are Used is not
// enough: without a job in it Bacula recycles one, and what it holds is gone.
type ReadOnly struct {
	OnInstance
	Director string   `json:"director"` // whose console tells it
	Volumes  []string `json:"volumes"`
}

// All are those that were known when the plan was made, and those of the jobs that were since found to be lost.
func (u *ReadOnly) All(past Past) []string { return written(u.Volumes, past) }

// written are the volumes that lost jobs wrote to, each once: those that were known, and those of the jobs that were since found to be
// lost.
func written(known []string, past Past) []string {
	names := slices.Clone(known)
	for i := range past.Found {
		if loss := past.Found[i].Loss; loss != nil {
			for _, j := range loss.Jobs {
				for _, v := range j.Volumes {
					if v = model.Clean(v); v != "" && !slices.Contains(names, v) {
						names = append(names, v)
					}
				}
			}
		}
	}
	return names
}

func (u *ReadOnly) words() (name, done string) {
	if len(u.Volumes) == 0 {
		return "mark Read-Only what was written to of what is lost",
			model.Clean("no volume of a lost job that the catalog on " + u.ID + " has can be written to")
	}
	return model.Clean(fmt.Sprintf("mark %s Read-Only", model.Plural(len(u.Volumes), "volume"))),
		model.Clean("none of them that the catalog on " + u.ID + " has can be written to: " + firstFew(u.Volumes))
}

// text asks a person for it.
func (u *ReadOnly) text() string {
	if len(u.Volumes) == 0 {
		return model.Clean(
			"in a console of " + u.Director + ", mark Read-Only what the catalog has of the volumes of jobs that are lost: see which",
		)
	}
	return model.Clean(
		fmt.Sprintf("in a console of %s, mark Read-Only what the catalog has of: %s", u.Director, strings.Join(u.Volumes, ", ")),
	)
}

func (u *ReadOnly) copyable() string {
	if len(u.Volumes) == 0 {
		return "update volume=NAME volstatus=Read-Only"
	}
	return u.Line(u.Volumes[0])
}

// Line is what a Director is told of one volume (9.6.7 and 15.0.3).
func (*ReadOnly) Line(volume string) string {
	return model.Clean(fmt.Sprintf("update volume=%q volstatus=Read-Only", volume))
}

func (u *ReadOnly) sends() string {
	var lines []string
	for _, v := range u.Volumes {
		lines = append(lines, u.Line(v))
	}
	return cmp.Or(strings.Join(lines, "; "), "update volume=NAME volstatus=Read-Only, of each that a lost job was written to")
}

func (u *ReadOnly) bothTouch() record.Touches {
	return record.Union(u.touches(), record.TouchesOf(TouchDirector(model.Green, u.Director)))
}

func (n *Numbers) words() (name, done string) {
	return model.Clean("let the catalog on " + n.ID + " give no number and no volume's name a second time"),
		model.Clean("each table of " + n.ID + " numbers on above what was given before, each volume that lost jobs wrote to has a row, " +
			"and the highest MediaId is as high: new volumes are named by it")
}

// raises are the statements that are known beforehand.
func (n *Numbers) raises() string {
	var all []string
	for _, t := range n.Above {
		all = append(all, fmt.Sprintf("ALTER TABLE %s AUTO_INCREMENT = %d;", t.Table, t.Next))
	}
	return model.Clean(strings.Join(all, " "))
}

// sends says what a server is told; what the rows hold besides is read there.
func (n *Numbers) sends() string {
	says := cmp.Or(n.raises(), "ALTER TABLE ... AUTO_INCREMENT, far above what each has;") +
		" INSERT INTO Media, Read-Only, Enabled 0 and Recycle 0, of each volume that lost jobs wrote to and that has no row"
	if names, _ := n.Keep(Past{}); len(names) > 0 {
		says += " (" + firstFew(names) + ")"
	}
	says += "; where none of them lifts MAX(MediaId) to Media's number, INSERT INTO Media, Disabled, of one that is no volume"
	return model.Clean(says)
}

// text asks a person for it.
func (n *Numbers) text() string {
	text := "raise AUTO_INCREMENT of every table of the catalog on " + n.ID
	if len(n.Above) > 0 {
		text += ", at least as far as this says; where its own is higher, far above that"
	} else {
		text += " by ten times what a busy day gives: the last that were given are not known"
	}
	return model.Clean(text + "; then give each volume that lost jobs wrote to and that it has no row of one, Read-Only: a new volume would " +
		"get its name; what is missing is told while this is waited for")
}

// insertsShown bounds how many volumes a person is given statements for at once.
const insertsShown = 20

func (n *Numbers) copyable() string {
	says := cmp.Or(n.raises(), "SHOW CREATE TABLE Job; ALTER TABLE Job AUTO_INCREMENT = N + 100000;")
	names, _ := n.Keep(Past{})
	for _, v := range names[:min(len(names), insertsShown)] {
		says += " " + model.InsertLike(v) + ";"
	}
	i := slices.IndexFunc(n.Above, func(t model.NextID) bool { return t.Table == "Media" })
	if len(names) == 0 && i >= 0 {
		says += " " + model.KeptPlace(n.Above[i].Next).Insert() + ";"
	}
	if more := len(names) - insertsShown; more > 0 {
		says += fmt.Sprintf(" and so on for %s more", model.Plural(more, "volume"))
	}
	return model.Clean(says)
}

func (l *Lost) words() (name, done string) {
	return model.Clean("tell what is not in the catalog on " + l.ID),
		model.Clean(fmt.Sprintf("each of the %s that are known to have ended was looked for in it", model.Plural(len(l.Jobs), "job")))
}

// lostOrders are the rows of the orders that see to what an emergency loses.
var lostOrders = []Row{
	{
		Name: "numbers", Does: "keep what a catalog has given from being given again", Reaches: Amazon,
		is:      func(o *Order) bool { return o.Numbers != nil },
		keeps:   func(now, was *Order) { now.Numbers.keep(was.Numbers) },
		touches: func(_ World, o *Order) record.Touches { return o.Numbers.touches() },
		sends:   func(o *Order) string { return o.Numbers.sends() },
	},
	{
		Name: "numbers_by_hand", Does: "let a person keep what a catalog has given from being given again", Reaches: Amazon, Waits: true,
		is:      func(o *Order) bool { return o.NumbersByHand != nil },
		keeps:   func(now, was *Order) { now.NumbersByHand.keep(was.NumbersByHand) },
		touches: func(_ World, o *Order) record.Touches { return o.NumbersByHand.touches() },
		sends:   func(o *Order) string { return "by hand: " + o.NumbersByHand.text() },
	},
	{
		Name: "read_only", Does: "mark volumes Read-Only", Reaches: Amazon,
		is:      func(o *Order) bool { return o.ReadOnly != nil },
		keeps:   func(now, was *Order) { now.ReadOnly.Volumes = was.ReadOnly.Volumes },
		touches: func(_ World, o *Order) record.Touches { return o.ReadOnly.bothTouch() },
		sends:   func(o *Order) string { return o.ReadOnly.sends() },
	},
	{
		Name: "read_only_by_hand", Does: "let a person mark volumes Read-Only", Reaches: Amazon, Waits: true,
		is:      func(o *Order) bool { return o.ReadOnlyByHand != nil },
		keeps:   func(now, was *Order) { now.ReadOnlyByHand.Volumes = was.ReadOnlyByHand.Volumes },
		touches: func(_ World, o *Order) record.Touches { return o.ReadOnlyByHand.bothTouch() },
		sends:   func(o *Order) string { return "by hand: " + o.ReadOnlyByHand.text() },
	},
	{
		Name: "lost", Does: "tell which jobs a promoted catalog lacks", Reaches: Amazon, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Lost != nil },
		keeps: func(now, was *Order) { *now.Lost = *was.Lost },
	},
}

func init() { orders = append(orders, lostOrders...) }
