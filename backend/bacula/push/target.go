package push

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/internal/lever"
	"switchyard/backend/bacula/push/check"
	"switchyard/backend/bacula/push/render"
	"switchyard/backend/bacula/push/routed"
	"switchyard/model"
)

// Director is what a push asks of one, by the pusher's own Console.
type Director interface {
	Loaded(context.Context) (model.Director, error)
	// SwitchedOff are the clients and schedules whose jobs are not started.
	SwitchedOff(context.Context) (clients, schedules []string, err error)
	// Reload lets it load its files. It answers alike whatever came of it, so only an error says something: ErrNotDone when it was surely
	// not asked.
	Reload(context.Context) error
	// Enable switches on again, by a command line, what was switched off by hand: a job, client or schedule by name.
	Enable(ctx context.Context, line, kind, name string) error
	// Messages takes what it says to its consoles, which nobody reads after that.
	Messages(context.Context) (string, error)
}

// Console is that of one Director for who pushes to it, which may say reload and messages.
type Console struct{ bacula.Console }

// Reload waits as long as the Director takes to load its files, within the context's deadline.
func (c Console) Reload(ctx context.Context) error {
	_, err := say(ctx, c.Console, "reloading", "reload")
	return err
}

// enabled is what both generations answer.
var enabled = model.Pattern(`(?m)^(Job|Client|Schedule) "?(.*?)"? enabled\s*$`)

// Enable tells a Director to. The error is ErrNotDone where the command surely was not sent.
func (c Console) Enable(ctx context.Context, line, kind, name string) error {
	doing := "enabling " + kind + " " + model.Clean(name)
	said, err := say(ctx, c.Console, doing, line, name)
	if err != nil {
		return err
	}
	for _, m := range enabled().FindAllStringSubmatch(said, -1) {
		if strings.EqualFold(m[1], kind) && m[2] == name {
			return nil
		}
	}
	return unclear(doing, said)
}

// Messages is what the Director has said since it was asked last.
func (c Console) Messages(ctx context.Context) (string, error) {
	said, sent, err := c.Act(ctx, lever.Line{Text: "messages"})
	if err != nil && !sent {
		return "", fmt.Errorf("reading the messages: %w: %w", model.ErrNotDone, err)
	}
	if err != nil {
		return "", fmt.Errorf("reading the messages: %w", err)
	}
	return said, nil
}

// Wanted is what a Director shall have by the newest routes.
type Wanted struct {
	render.Output        // no Text where another control plane renders: then Jobs are what the routes have
	Routes        string // of which they are, as it is told
	// CellOf tells which jobs are those of cells: of these the Director shall have no others.
	CellOf func(job string) (model.Cell, bool)
	Of     map[string]model.Placement // by job
}

// Seen is what a Director has: in its file, and loaded.
type Seen struct {
	Loaded model.Director
	File   string // where its text is
	Text   string // of the file; not read where another control plane pushes
}

// Lacks says what is missing to what is wanted; empty: the Director has loaded just that, and has it in its file.
func (s *Seen) Lacks(w *Wanted) string {
	if w.Text != "" && s.Text != w.Text {
		return "its file is another one than the routes come to"
	}
	if got := model.Canaries(s.Loaded.Jobs); w.Text != "" && !slices.Equal(got, []string{w.Canary}) {
		switch len(got) {
		case 0:
			return "it has loaded a file without a canary, and not " + w.Canary
		default:
			return fmt.Sprintf("it has loaded %s, and not %s", model.Clean(strings.Join(got, " and ")), w.Canary)
		}
	}
	return s.strays(w)
}

// strays says which jobs of cells it has loaded that are not wanted, or has not.
func (s *Seen) strays(w *Wanted) string {
	has := map[string]bool{}
	var strange, missing []string
	for _, j := range s.Loaded.Jobs {
		has[j] = true
		if _, wanted := w.Jobs[j]; wanted || model.IsCanary(j) || w.CellOf == nil {
			continue
		}
		if _, is := w.CellOf(j); is {
			strange = append(strange, j)
		}
	}
	for _, j := range slices.Sorted(maps.Keys(w.Jobs)) {
		if !has[j] {
			missing = append(missing, j)
		}
	}
	var says []string
	if len(missing) > 0 {
		says = append(says, fmt.Sprintf("it does not have %s", model.SomeNames(missing)))
	}
	if len(strange) > 0 {
		says = append(says, fmt.Sprintf("it has %s, which the routes do not give it", model.SomeNames(strange)))
	}
	return strings.Join(says, ", and ")
}

// Pushed tells whether a text is one that a push wrote, whole and unchanged.
func Pushed(text string) bool {
	_, canary := routed.JobsIn(text)
	return canary != ""
}

// Has tells whether the Director has loaded a text, as far as its jobs tell.
func (s *Seen) Has(text string) bool {
	jobs, _ := routed.JobsIn(text)
	want := model.Canaries(jobs)
	if !slices.Equal(model.Canaries(s.Loaded.Jobs), want) {
		return false
	}
	for _, j := range jobs {
		if _, there := slices.BinarySearch(s.Loaded.Jobs, j); !there {
			return false
		}
	}
	return true
}

// Unloaded says how the file is not what the Director has loaded; empty: as far as its jobs and its canary tell, it is.
func (s *Seen) Unloaded() string {
	jobs, canary := routed.JobsIn(s.Text)
	return (&model.RoutedFile{Canary: canary, Jobs: jobs}).Unloaded(s.Loaded.Jobs)
}

// cells is how many jobs of cells the Director has loaded.
func (s *Seen) cells(w *Wanted) (n int) {
	for _, j := range s.Loaded.Jobs {
		if _, is := w.CellOf(j); is {
			n++
		}
	}
	return n
}

// bad are the words of a Director that did not take its files, or took them with something wrong in them.
var bad = model.Pattern(`Resetting previous configuration|Please correct (the )?configuration|[Tt]oo many open reload|Config error:|` +
	`Could not find config|ERROR TERMINATION|Could not open Catalog|directive in .* resource is required`)

// complaints are what messages say of a configuration, without the lines of it that they echo; empty: nothing bad.
func complaints(said, text string) string {
	words := bad().FindAllString(said, model.MostNamed)
	if len(words) == 0 {
		return ""
	}
	told := check.Told(said, text)
	for _, w := range words {
		if !strings.Contains(told, w) {
			told = w + " / " + told
		}
	}
	return told
}
