package push

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push/routed"
	"switchyard/model"
)

// Target is one Director to push to.
type Target struct {
	Cluster  model.Cluster
	Director string // as the configuration names it
	Reach    Director
	Files    Files
	File     string // which its own configuration includes
	Zone     *time.Location
	// Prove gives what speaks against a text, in words; none is proof.
	Prove func(context.Context, *Wanted) []string
	// Own prints the Director's own configuration, for the jobs that it starts beside those of cells; nil: it is not looked at.
	Own func(context.Context) (string, error)
	// Test runs bacula-dir -t on a whole configuration; nil: there is none, and nothing is repointed.
	Test func(ctx context.Context, whole string) (model.Verdict, string)
	// Covers tells whether certificates cover the one of a MySQL server, host:port; nil: nobody tries.
	Covers func(ctx context.Context, address string, pem []byte) error

	Quiet    time.Duration // no job starts this long before and behind a reload, where there is such a moment
	Patience time.Duration // how long a push waits for such a moment
	Pressing bool          // what is pushed cannot wait for it: only no job is to start in the seconds that a reload takes
	Answer   time.Duration // within which a Director that runs is seen again
	Now      func() time.Time
	Sleep    func(context.Context, time.Duration) error
}

// The files beside the one that a Director includes.
const (
	beside = ".new"       // what is being written
	good   = ".last-good" // what was there before the last push
)

// See looks at the Director and at its file.
func (t *Target) See(ctx context.Context) (s Seen, err error) {
	s.File = t.File
	if s.Loaded, err = t.Reach.Loaded(ctx); err != nil {
		return s, err
	}
	s.Text, err = t.Files.Read(ctx, t.File)
	return s, err
}

// Keeps tells whether a file as it is may be put back when a push fails: an empty one would take the jobs away that are loaded.
func (s *Seen) Keeps(w *Wanted) bool {
	jobs, _ := routed.JobsIn(s.Text)
	return len(jobs) > 0 || s.cells(w) == 0
}

// refuse is an error of what was certainly not done.
func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", model.ErrNotDone, fmt.Errorf(format, args...))
}

// Push gives the Director what is wanted, and returns when it has loaded it. The file's text must be that of a hash, or one that a push
// wrote: whoever else changed it since then is not overwritten. The error is ErrNotDone when the Director surely has not loaded it; its
// file may be the new one then, unless the Director has ended.
func (t *Target) Push(ctx context.Context, want func(context.Context) (*Wanted, error), lastGood string) error {
	doing := "pushing to " + t.Director
	w, err := t.proven(ctx, want)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	was, err := t.See(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	back := was.Text
	if back == w.Text { // it was put there before
		if text, err := t.Last(ctx, lastGood); err == nil {
			back = text
		}
	}
	if err := t.place(ctx, was.Text, w.Text, lastGood); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := t.still(ctx, w.Text, was.Text); err != nil { // to put it there takes time, too
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	if err := t.load(ctx, &was, w.Text, back, func(s *Seen) string { return s.Lacks(w) }); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// proven is what is wanted once no job starts for a while, and nothing speaks against it.
func (t *Target) proven(ctx context.Context, want func(context.Context) (*Wanted, error)) (*Wanted, error) {
	w, err := want(ctx)
	if err == nil && w.Text == "" {
		err = errors.New("there is nothing to be pushed")
	}
	kept := t.arounds()
	if err == nil {
		kept, err = t.quiet(ctx, kept, w.Text)
	}
	if err != nil {
		return nil, err
	}
	if against := t.Prove(ctx, w); len(against) > 0 {
		return nil, fmt.Errorf(
			"what would be pushed is not proven: %s",
			model.Clean(strings.Join(against[:min(len(against), model.MostNamed)], " / ")),
		)
	}
	if _, err := t.quiet(ctx, kept, w.Text); err != nil { // to prove it takes time, which was not waited
		return nil, err
	}
	now, err := want(ctx)
	if err == nil && now.Text != w.Text {
		err = errors.New("the routes or the inventory changed meanwhile")
	}
	return w, err
}

// quiet waits for a moment around which no job starts, as long as the patience lasts from the call on. Where jobs start so often that there
// is none, less of it is kept free of them, as is given, the best first; what it found comes first of what is left of them. Loads is what
// the Director is to load, and was what it may have loaded beside what is in its file.
func (t *Target) quiet(ctx context.Context, less []around, loads string, was ...string) (left []around, err error) {
	for began := t.Now(); ; {
		of := less[0]
		free, blocks, err := t.free(ctx, began.Add(t.Patience), of, loads, was)
		now := t.Now()
		switch late := free.IsZero() || free.Sub(began) > t.Patience; {
		case err != nil:
			return nil, err
		case !free.IsZero() && !free.After(now):
			return less, nil
		case late && len(less) > 1:
			less = less[1:]
			continue
		case late:
			return nil, fmt.Errorf("%s starts at %s, and no moment of the %s from %s on has %s without a start", model.Clean(blocks.job),
				blocks.at.UTC().Format(time.TimeOnly), model.Span(t.Patience), began.UTC().Format(time.TimeOnly), of)
		}
		if err := t.Sleep(ctx, free.Sub(now)); err != nil {
			return nil, err
		}
	}
}

// arounds is what is to be quiet around a reload, the best first.
func (t *Target) arounds() []around {
	if t.Pressing {
		return []around{least}
	}
	return []around{{t.Quiet, t.Quiet}, {t.Quiet, reloadTakes}, least}
}

// still sees to it right before a reload that no job starts while it lasts.
func (t *Target) still(ctx context.Context, loads, was string) error {
	_, err := t.quiet(ctx, []around{least}, loads, was)
	return err
}

// free is the next moment at which no job starts, by what is there or was, and by what would be; zero: there is none until then.
func (t *Target) free(ctx context.Context, until time.Time, of around, loads string, was []string) (time.Time, coming, error) {
	live, err := t.Files.Read(ctx, t.File)
	own := ""
	if err == nil && t.Own != nil {
		own, err = t.Own(ctx)
	}
	if err != nil {
		return time.Time{}, coming{}, err
	}
	by, err := timesIn(own, loads)
	if err != nil && !t.Pressing { // the way back is not held up by a schedule of somebody else's that only Bacula reads
		return time.Time{}, coming{}, err
	}
	for _, text := range append(was, live) {
		if text != loads {
			now, _ := timesIn(own, text) // it may be broken, and what comes is proven
			by = append(by, now...)
		}
	}
	free, blocks := quietFrom(by, t.Now(), until, of, t.Zone)
	return free, blocks, nil
}

// place puts a text in the place of the Director's file, and keeps the one that was there before beside it.
func (t *Target) place(ctx context.Context, live, text, lastGood string) error {
	if live == text {
		return nil
	}
	like, err := t.Files.Stat(ctx, t.File)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", model.ErrNotDone, err)
	case like.Type != regular:
		return refuse("%s is a %s, and not a regular file: what is pushed would not come where it leads", t.File, like.Type)
	case strings.TrimSpace(live) == "": // nobody's work is lost, and the next reload would take every job away
	case SHA256(live) != lastGood && !Pushed(live) && lastGood == "":
		return refuse("%s is no file that could be put back: it has no job that can be read, and no push wrote it; move it away, or put a "+
			"good one in its place", t.File)
	case SHA256(live) != lastGood && !Pushed(live):
		return refuse("%s was changed by somebody else since this began: look at it, and begin anew", t.File)
	}
	if SHA256(live) == lastGood {
		if err := t.put(ctx, t.File+good, live, like, ""); err != nil {
			return fmt.Errorf("keeping the last good file: %w", err)
		}
	}
	return t.put(ctx, t.File, text, like, live)
}

// put writes a file beside its place, reads it, and renames it there. What stands there must be live, or nothing at all, as may well be.
func (t *Target) put(ctx context.Context, path, text string, like Stat, live string) error {
	if err := t.Files.Write(ctx, path+beside, text, like); err != nil {
		return fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	got, err := t.Files.Read(ctx, path+beside)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", model.ErrNotDone, err)
	case got != text:
		return refuse("%s%s has %d bytes, and not the %d that were written: its disk may be full", path, beside, len(got), len(text))
	}
	if live != "" {
		if now, err := t.Files.Read(ctx, path); err != nil || now != live {
			return refuse("%s changed while it was being written anew", path)
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	err = t.Files.Rename(ctx, path+beside, path)
	if err == nil {
		return nil
	}
	switch now, rerr := t.Files.Read(context.WithoutCancel(ctx), path); {
	case rerr == nil && now == text: // only the answer was lost
		return nil
	case rerr == nil && now == live && errors.Is(err, model.ErrNotDone):
		return err
	}
	return fmt.Errorf("nobody can tell whether it was renamed: %v", err)
}

// load lets the Director load its files, which must leave it lacking nothing; back is what it finds when it ends of them.
func (t *Target) load(ctx context.Context, was *Seen, text, back string, lacks func(*Seen) string) error {
	if _, err := t.Reach.Messages(ctx); err != nil { // what it said before is not of this
		return fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	asked := t.Reach.Reload(ctx)
	if errors.Is(asked, model.ErrNotDone) {
		return asked
	}
	seen, err := t.again(ctx)
	if err != nil {
		return t.ended(ctx, back, was, err)
	}
	said, err := t.Reach.Messages(ctx)
	if err != nil {
		return err
	}
	bad, missing := complaints(said, text), lacks(&seen)
	restarted := seen.Loaded.PID != was.Loaded.PID || !seen.Loaded.Started.Equal(was.Loaded.Started)
	switch {
	case missing == "" && bad == "" && !restarted:
		return nil
	case asked != nil && bad == "" && missing != "" && !restarted: // it may still be at it
		return fmt.Errorf("%w; %s", asked, missing)
	case restarted:
		return refuse("the Director ended at the reload and was started again: what ran on it is lost")
	case bad != "":
		return refuse("the Director says: %s", bad)
	case seen.Loaded.Reloaded.Equal(was.Loaded.Reloaded):
		return refuse("the Director ignores the reload, and has what it loaded at %s: %s",
			was.Loaded.Reloaded.UTC().Format(time.DateTime), missing)
	}
	return refuse("after the reload %s", missing)
}

// again sees the Director after a reload. One that is not there is asked again, as somebody may start it.
func (t *Target) again(ctx context.Context) (s Seen, err error) {
	for began := time.Now(); ; {
		if s, err = t.See(ctx); err == nil || time.Since(began) > t.Answer || ctx.Err() != nil {
			return s, err
		}
		select {
		case <-time.After(min(t.Answer/10, 500*time.Millisecond)):
		case <-ctx.Done():
		}
	}
}

// ended sees to a Director that is not there any more after a reload: whoever starts it must find a file that it takes.
func (t *Target) ended(ctx context.Context, back string, was *Seen, why error) error {
	if !errors.Is(why, model.ErrUnreachable) {
		return why
	}
	says := fmt.Errorf("the Director ended at the reload, with what ran on it: %w", why)
	like, err := t.Files.Stat(ctx, t.File)
	if err == nil {
		err = t.put(ctx, t.File, back, like, "")
	}
	if err != nil {
		return fmt.Errorf("%w; and its file could not be put back: %v", says, err)
	}
	if was.Text == back && was.Unloaded() != "" {
		return fmt.Errorf("%w: %w; the file that was there is in its place again, which somebody changed and it never loaded: see what it lacks "+
			"before it is started", model.ErrNotDone, says)
	}
	return fmt.Errorf("%w: %w; the last good file is in its place again: start it", model.ErrNotDone, says)
}

// Last is the text of a hash, from beside the Director's file or from its place. The error is ErrNone when it is nowhere.
func (t *Target) Last(ctx context.Context, hash string) (string, error) {
	for _, path := range []string{t.File, t.File + good} {
		text, err := t.Files.Read(ctx, path)
		switch {
		case err == nil && SHA256(text) == hash:
			return text, nil
		case err != nil && !errors.Is(err, model.ErrNotDone):
			return "", err
		}
	}
	return "", fmt.Errorf("the last good file of %s, with SHA-256 %s: %w", t.Director, hash, model.ErrNone)
}

// PutBack puts the file of a hash back, and has it loaded where it was: what somebody else wrote there, and no Director took, is not let in
// by a push that failed. The error is ErrNotDone when it certainly was not put back.
func (t *Target) PutBack(ctx context.Context, hash string, loaded bool) error {
	doing := "putting the last good file back on " + t.Director
	text, err := t.Last(ctx, hash)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	live, err := t.Files.Read(ctx, t.File)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	if live != text {
		like, err := t.Files.Stat(ctx, t.File)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
		case like.Type != regular:
			return fmt.Errorf("%s: %w", doing, refuse("%s is a %s, and not a regular file", t.File, like.Type))
		case !Pushed(live):
			return fmt.Errorf("%s: %w", doing, refuse("%s is not what a push wrote: somebody else changed it", t.File))
		}
		if err := t.put(ctx, t.File, text, like, live); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	if !loaded {
		return nil
	}
	was, err := t.See(ctx)
	if err != nil {
		return fmt.Errorf("%s: it is in its place, and is not known to be loaded: %w", doing, err)
	}
	if _, err := t.quiet(ctx, t.arounds(), text, live); err != nil {
		if was.Has(text) { // it never loaded another one
			return nil
		}
		return fmt.Errorf("%s: it is in its place: %w", doing, err)
	}
	err = t.load(ctx, &was, text, text, func(s *Seen) string {
		if s.Has(text) {
			return ""
		}
		return "it has not loaded it"
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

var _ Director = Console{bacula.Console{}}
