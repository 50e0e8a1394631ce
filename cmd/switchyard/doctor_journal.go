package main

import (
	"context"
	"errors"
	"io"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/record"
)

// journal looks whether the journal can be read, and whether who runs this may append to it, without appending.
func (d *doctor) journal(ctx context.Context) {
	s := d.site
	if s.past == nil {
		d.note("journal", model.Holds, "", "no journal is configured: nothing can be done")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 4*s.cfg.Policy.Answer)
	defer cancel()
	defer s.past.Close()
	st, _, _, err := s.past.Look(ctx)
	if d.failed("journal", err, "see journal in the configuration; reading a bucket needs s3:GetObject and s3:ListBucket") {
		return
	}
	if d.failed("journal", d.wholeJournal(ctx), "find out who changed it: nothing acts on a journal that is not whole") {
		return
	}
	d.note(
		"journal",
		model.Holds,
		"",
		"%d records, each follows the one before; the last is of %s",
		st.Head.Seq,
		st.Head.At.UTC().Format("2006-01-02 15:04:05"),
	)
	d.places()
	store, err := openStore(ctx, s.cfg)
	if d.failed("journal identity", err, "") {
		return
	}
	if c, ok := store.(io.Closer); ok {
		defer c.Close()
	}
	may, err := journal.MayAppend(ctx, store)
	switch {
	case errors.Is(err, record.ErrNoCondition):
		d.note("journal identity", model.Fails, "keep the journal where a second record of one number is refused", "%s", model.Clean(err.Error()))
	case err != nil:
		d.note("journal identity", model.Unknown, "ask again", "%s", model.Clean(err.Error()))
	case may && len(s.cfg.Launcher) > 0:
		d.note(
			"journal identity",
			model.Fails,
			"let only the identity behind the launcher write there",
			"who runs this may append to %v, though a launcher starts what acts",
			store,
		)
	case may:
		d.note("journal identity", model.Holds, "", "who runs this may append to %v: without a launcher the same identity acts", store)
	case len(s.cfg.Launcher) > 0:
		d.note("journal identity", model.Holds, "", "who runs this may not append to %v: only what the launcher starts can act", store)
	default:
		d.note("journal identity", model.Holds, "", "who runs this may not append to %v: from here one can only watch", store)
	}
}

// wholeJournal reads every record from the store, as what acts does.
func (d *doctor) wholeJournal(ctx context.Context) error {
	store, err := readStore(ctx, d.site.cfg)
	if err != nil {
		return err
	}
	if c, ok := store.(io.Closer); ok {
		defer c.Close()
	}
	j, err := verified(ctx, d.site.cfg, store, true)
	if err == nil {
		j.Close()
	}
	return err
}

// places looks whether what this user must remember and keep has a place that is this user's.
func (d *doctor) places() {
	if dir, err := stateDir(); !d.failed("place of what the runner says", err, "set HOME or XDG_STATE_HOME to a directory of your own") {
		d.note("place of what the runner says", model.Holds, "", "%s", dir)
	}
	if d.site.cfg.Rehearsal != "" { // its journal ends with it
		return
	}
	const place = "place of what is remembered of the journal"
	const do = "set HOME or XDG_CACHE_HOME to a directory of your own: without it nobody remembers what was in the journal"
	if dir, err := cacheDir(); !d.failed(place, err, do) {
		d.note(place, model.Holds, "", "%s", dir)
	}
}
