package feed

import (
	"cmp"
	"context"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// fileWithin is how long a look at a Director's file is waited for: a directory of another host may hang.
const fileWithin = time.Second

// routedFile is the file of one Director, where a session can look at it. Its zero value looks at none.
type routedFile struct {
	look func() (model.RoutedFile, error) // nil: the session cannot
	says string                           // then, who does

	asked chan fileLook // of a look that goes on; one does at a time
	read  time.Time     // when the Director read its files last
	first string        // what the file was known by when that was first seen
	last  string        // the same, at the look before
	took  string        // the same, when the Director read its files; empty: nobody knows
	seen  model.FileSeen
}

type fileLook struct {
	is  model.RoutedFile
	err error
}

// beside looks at the file when the Director was heard, and tells how that is not what it has loaded. What was put there since the look
// before may be about to be loaded, or have been since the Director was asked: it counts when it is seen again, which is asked for at once.
func (r *routedFile) beside(ctx context.Context, d *model.Director) (is model.FileSeen, again bool) {
	if r.look == nil {
		return model.FileSeen{}, false
	}
	if r.asked == nil {
		r.asked = make(chan fileLook, 1)
		go func(to chan<- fileLook) {
			is, err := r.look()
			to <- fileLook{is, err}
		}(r.asked)
	}
	limit := time.NewTimer(fileWithin)
	defer limit.Stop()
	select {
	case <-ctx.Done():
		return r.unseen("there was no time for it"), false
	case <-limit.C:
		return r.unseen("it did not come in " + model.Span(fileWithin)), false
	case l := <-r.asked:
		if r.asked = nil; l.err != nil {
			return r.unseen(model.Clean(l.err.Error())), false
		}
		return r.judge(&l.is, d)
	}
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
	if read := board.ReadAt(d); r.first == "" || !read.Equal(r.read) {
		if r.took = ""; r.last == is.Sum {
			r.took = is.Sum
		}
		r.read, r.first = read, is.Sum
	}
	differs := is.Unloaded(d.Jobs)
	if differs == "" && is.Canary == "" && is.Sum != r.first {
		differs = "it was changed since it was loaded"
	}
	fresh := r.last != "" && r.last != is.Sum
	r.last = is.Sum
	was := r.seen
	r.seen = model.FileSeen{At: now, Differs: differs, Since: was.Since, Same: differs == "" && is.Canary != "",
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

// unseen keeps nothing of what was seen: it may have changed since.
func (r *routedFile) unseen(why string) model.FileSeen {
	r.seen = model.FileSeen{Why: why}
	return r.seen
}
