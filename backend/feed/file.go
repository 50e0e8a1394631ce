package feed

import (
	"cmp"
	"context"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// routedFile is that of a Director. What somebody else tells of is heard only where it is followed.
func (f *Feed) routedFile(of model.Source, d *Director) routedFile {
	r := routedFile{look: d.File, says: d.FileSays}
	if d.Told == nil {
		return r
	}
	if !f.paced {
		r.look = nil
	}
	r.known = func(read time.Time) (sum string, ours bool) {
		f.tell(func(b *board.Board) { sum, ours = b.LoadedSum(of, read), b.ReadFor(of, read) })
		return sum, ours
	}
	return r
}

// followed is what tells of the file of a Director, as a source. Another file lets the Director be asked at once, but not for each of many.
func (f *Feed) followed(of model.Source, told *Told, ask kicks) *poller {
	kick := kicker()
	p := &poller{
		seen:  board.Sighting{Source: model.FileOf(of), Every: f.policy.DirectorEvery},
		limit: 4 * f.policy.Answer, // it is waited for once
		kick:  kick,
		read:  told.Heard,
		took:  func() time.Duration { return 0 },
	}
	var asked time.Time
	p.follow = func(ctx context.Context) {
		told.Follow(ctx, func(another bool) {
			kick.kick()
			if another && time.Since(asked) >= f.policy.DirectorEvery {
				asked = time.Now()
				ask.kick()
			}
		})
	}
	return p
}

// fileWithin is how long a look at a Director's file is waited for: a directory of another host may hang. What a look that began longer
// ago than lookKept comes to, or before it was seen that the Director has read its files, is not what lies there now.
const (
	fileWithin = time.Second
	lookKept   = 10 * time.Second
)

// routedFile is the file of one Director, where a session can look at it or is told of it. Its zero value looks at none.
type routedFile struct {
	look func() (model.RoutedFile, error) // nil: the session cannot
	says string                           // then, who does
	// known gives the SHA-256 of what the Director has loaded at a moment, as the journal has it, and whether an action of ours went on then;
	// nil: the file itself tells.
	known func(read time.Time) (sum string, ours bool)

	asked chan fileLook // of a look that goes on; one does at a time
	newly time.Time     // when it was seen, by the machine's clock, that the Director has read its files
	epoch time.Time     // when that was
	read  time.Time     // the same, at the last look that came to something
	first string        // what the file was known by when that was first seen; of one that is only told of, what is loaded, or nothing
	last  string        // the same, at the look before
	took  string        // the same, when the Director read its files; empty: nobody knows
	seen  model.FileSeen

	canary string    // of one that is only told of: what the Director had loaded then
	since  time.Time // when that was seen, by the machine's clock
}

type fileLook struct {
	is    model.RoutedFile
	err   error
	began time.Time
}

// beside looks at the file when the Director was heard, and tells how that is not what it has loaded. What was put there since the look
// before may be about to be loaded, or have been since the Director was asked: it counts when it is seen again, which is asked for at once.
func (r *routedFile) beside(ctx context.Context, d *model.Director) (is model.FileSeen, again bool) {
	if r.look == nil {
		return model.FileSeen{}, false
	}
	if read := board.ReadAt(d); r.newly.IsZero() || !read.Equal(r.epoch) {
		r.newly, r.epoch = time.Now(), read
	}
	limit := time.NewTimer(fileWithin)
	defer limit.Stop()
	for {
		r.begin()
		select {
		case <-ctx.Done():
			return r.unseen("there was no time for it"), false
		case <-limit.C:
			return r.unseen("it did not come in " + model.Span(fileWithin)), false
		case l := <-r.asked:
			r.asked = nil
			switch {
			case l.began.Before(r.newly) || time.Since(l.began) > lookKept: // of an earlier call
			case l.err != nil:
				return r.unseen(model.Clean(l.err.Error())), false
			default:
				return r.judge(&l.is, d)
			}
		}
	}
}

// begin looks at the file, unless a look goes on.
func (r *routedFile) begin() {
	if r.asked != nil {
		return
	}
	r.asked = make(chan fileLook, 1)
	go func(to chan<- fileLook, began time.Time) {
		is, err := r.look()
		to <- fileLook{is, err, began}
	}(r.asked, time.Now())
}

// word is what a Director's source tells of it.
func (r *routedFile) word(is *model.FileSeen) string {
	if says := cmp.Or(is.String(), r.says); says != "" {
		return "; " + says
	}
	return ""
}

func (r *routedFile) judge(is *model.RoutedFile, d *model.Director) (seen model.FileSeen, again bool) {
	now := model.Now()
	compare := r.near
	if is.Unread {
		compare = r.far
	}
	differs, same := compare(is, d)
	if r.first == "" {
		return r.unseen("it is not known yet what is loaded"), false
	}
	fresh := r.last != "" && r.last != is.Sum
	r.last = is.Sum
	was := r.seen
	r.seen = model.FileSeen{At: now, Differs: differs, Since: was.Since, Same: same,
		Took: differs != "" && r.took == is.Sum}
	switch {
	case differs == "":
		r.seen.Since = time.Time{}
	case fresh:
		r.seen.Differs = was.Differs
		return r.seen, true
	case was.Differs == "":
		r.seen.Since = now
	}
	return r.seen, false
}

// near compares a file that was read with what is loaded.
func (r *routedFile) near(is *model.RoutedFile, d *model.Director) (differs string, same bool) {
	if read := board.ReadAt(d); r.first == "" || !read.Equal(r.read) {
		r.reads(is, read)
		r.first = is.Sum
	}
	if differs = is.Unloaded(d.Jobs); differs == "" && is.Canary == "" && is.Sum != r.first {
		differs = changed
	}
	return differs, differs == "" && is.Canary != ""
}

const changed = "it was changed since it was loaded"

// reads notes that the Director has read its files, and whether the file was that one before.
func (r *routedFile) reads(is *model.RoutedFile, at time.Time) {
	if r.took = ""; r.last == is.Sum {
		r.took = is.Sum
	}
	r.read = at
}

// far compares one of which only the SHA-256 is told with that of what is loaded: the journal has it, or it is the first that was made
// after the Director was seen to have read its files. A Director that somebody had read them again, and that has the same canary as before,
// was given that text, or one that somebody changed.
func (r *routedFile) far(is *model.RoutedFile, d *model.Director) (differs string, same bool) {
	read, canary := board.ReadAt(d), model.CanaryOf(d.Jobs)
	sum, ours := r.known(read)
	if !read.Equal(r.read) {
		r.reads(is, read)
		if ours || canary == "" || canary != r.canary {
			r.first = ""
		}
		r.canary, r.since = canary, time.Now()
	}
	switch {
	case sum != "":
		r.first = sum
	case r.first == "" && is.After.After(r.since):
		r.first = is.Sum
	}
	if r.first != "" && is.Sum != r.first {
		differs = cmp.Or(is.Unloaded(d.Jobs), changed)
	}
	return differs, differs == "" && sum != ""
}

// unseen keeps nothing of what was seen: it may have changed since.
func (r *routedFile) unseen(why string) model.FileSeen {
	r.seen = model.FileSeen{Why: why}
	return r.seen
}
