package feed

import (
	"context"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// failure is how an answer failed. Where somebody waits for an answer, the first failure is none yet if it may pass: a busy host, a link
// that broke and a daemon that is just started answer well a moment later, and what is not known would be told, or refused, for nothing.
type failure struct {
	is    model.Trouble // none: it did not
	final bool          // the same question has the same answer
}

// failureOf is what a sighting tells of its last answer.
func failureOf(s *board.Sighting) (f failure) {
	if s.Why == "" {
		return f
	}
	switch f.is = s.Trouble; f.is {
	case model.TroubleRefused, model.TroubleDenied, model.TroubleUntrusted, model.TroubleWritable, model.TroubleMissing, model.TroubleAnswer:
		f.final = true
	case model.TroubleNone:
		f.is, f.final = model.TroubleOther, s.Wrong
	case model.TroubleGone, model.TroubleSilent, model.TroubleThrottled, model.TroubleBusy, model.TroubleOther:
		f.final = s.Wrong
	}
	return f
}

// counts is after how long the failure counts where an answer is waited for so long. Of one that is silent nothing else tells; what fails
// at once is asked again for a moment, and then told.
func (f failure) counts(wait, moment time.Duration) time.Duration {
	switch {
	case f.final:
		return 0
	case f.is == model.TroubleSilent:
		return wait
	}
	return min(wait, moment)
}

// onceMore is after how long one that failed is asked again.
const onceMore = 250 * time.Millisecond

// firstMoment is how long one that fails is asked again before a first look tells so.
const firstMoment = 400 * time.Millisecond

// first asks a source that was never heard, and tells what came of it: a good answer, or a failure that counts.
func (f *Feed) first(ctx context.Context, p *poller) (ok bool) {
	began := time.Now()
	for {
		if ok = p.once(ctx, f.tell); ok {
			return true
		}
		met := failureOf(&p.seen)
		if time.Since(began)+onceMore > met.counts(f.policy.Answer, firstMoment) || !pause(ctx, onceMore) {
			return false
		}
	}
}
