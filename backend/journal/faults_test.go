package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"switchyard/model"
	"switchyard/model/record"
)

// fault is what a store does to one call.
type fault struct {
	name string
	call string // Create, Read
	done bool   // the call takes effect
	late bool   // the call takes effect two calls later
	err  error
}

var errDisk = errors.New("no space left on device")

var faults = []fault{
	{"full", "Create", false, false, errDisk},
	{"refused", "Create", false, false, record.ErrAgain},
	{"never arrived", "Create", false, false, record.ErrUnsure},
	{"arrives late", "Create", false, true, record.ErrUnsure},
	{"reply lost", "Create", true, false, record.ErrUnsure},
	{"reply lost, and the error says nothing of that", "Create", true, false, errDisk},
	{"told that its own is another's", "Create", true, false, record.ErrTaken},
	{"told that nobody's is taken", "Create", false, false, record.ErrTaken},
	{"not durable", "Create", true, false, record.ErrNotDurable},
	{"unreadable", "Read", false, false, errDisk},
	{"hidden", "Read", false, false, model.ErrNone},
}

// faulty has its fault at call number at, or at all from there on.
type faulty struct {
	Store
	mu      sync.Mutex
	f       fault
	at      int
	forever bool
	calls   int
	pending []func()
	due     int
}

func (s *faulty) hit(call string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.due > 0 {
		if s.due--; s.due == 0 {
			for _, f := range s.pending {
				f()
			}
			s.pending = nil
		}
	}
	s.calls++
	return s.f.call == call && (s.calls == s.at || s.forever && s.calls >= s.at)
}

func (s *faulty) Create(ctx context.Context, seq int64, b []byte) error {
	if !s.hit("Create") {
		return s.Store.Create(ctx, seq, b)
	}
	switch {
	case s.f.late:
		b = slices.Clone(b)
		s.pending = append(s.pending, func() { _ = s.Store.Create(context.Background(), seq, b) })
		s.due = 3
	case s.f.done:
		if err := s.Store.Create(ctx, seq, b); err != nil {
			return err
		}
	}
	return s.f.err
}

func (s *faulty) Read(ctx context.Context, seq int64) ([]byte, error) {
	if s.hit("Read") {
		return nil, s.f.err
	}
	return s.Store.Read(ctx, seq)
}

var errThere = errors.New("it is there already")

// once appends a slot unless it is there: what a person does who was told of an error.
func once(name string) Decide {
	return func(s *record.State) (record.Body, error) {
		if s.Action(name) != nil {
			return nil, errThere
		}
		return slot(name), nil
	}
}

// work appends three slots through a store, each tried until it is there, and counts the errors.
func work(ctx context.Context, s Store, tries int) (acked map[string]bool, failed int, last error) {
	acked = map[string]bool{}
	j, err := Open(ctx, s, prod)
	for try := 0; err != nil && try < tries; try++ {
		failed++
		j, err = Open(ctx, s, prod)
	}
	if err != nil {
		return acked, failed, err
	}
	for i := range 3 {
		for try := 0; ; try++ {
			r, err := j.Append(ctx, "ann", once(fmt.Sprint("slot-", i)))
			if err == nil {
				acked[fmt.Sprint(r.Seq, " ", r.ID)] = true
			}
			if err == nil || errors.Is(err, errThere) {
				break
			}
			failed++
			if try == tries {
				return acked, failed, err
			}
		}
	}
	return acked, failed, nil
}

// TestEveryFaultAtEveryCall has each fault at each call of a fixed piece of work: everything is written exactly once.
func TestEveryFaultAtEveryCall(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, hurt func(int64, []byte)) {
		if _, ok := s.(*Dir); ok {
			s, _, hurt = directoryIn(t, scratch(t))
		}
		begun(t, s)
		wipe := func() {
			for seq := range int64(3) {
				hurt(seq+2, nil)
			}
		}
		counted := &faulty{Store: s}
		if _, failed, err := work(t.Context(), counted, 0); err != nil || failed != 0 {
			t.Fatal(failed, err)
		}
		runs, told := 0, 0
		for _, f := range faults {
			for at := 1; at <= counted.calls; at++ {
				wipe()
				fs := &faulty{Store: s, f: f, at: at}
				acked, failed, err := work(t.Context(), fs, 3)
				if err != nil {
					t.Fatalf("%s at call %d: %v", f.name, at, err)
				}
				if fs.pending != nil {
					for _, land := range fs.pending {
						land()
					}
				}
				slots(t, s, 3)
				stored(t, s, acked, -1)
				runs++
				told += failed
			}
		}
		t.Logf("%d calls, %d runs, %d errors told", counted.calls, runs, told)
		if told == 0 || told == runs {
			t.Error("the faults were not felt, or none was survived")
		}
	})
}

// TestAStoreThatIsGone fails every call from each point on, is healed, and the work is done again.
func TestAStoreThatIsGone(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, hurt func(int64, []byte)) {
		begun(t, s)
		for _, f := range []fault{{"full", "Create", false, false, errDisk}, {"cut off", "Read", false, false, errDisk}} {
			for at := 1; at <= 8; at++ {
				for seq := range int64(3) {
					hurt(seq+2, nil)
				}
				acked, _, err := work(t.Context(), &faulty{Store: s, f: f, at: at, forever: true}, 0)
				if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), fmt.Sprint(s)) {
					t.Fatalf("%s from call %d on: %v", f.name, at, err)
				}
				stored(t, s, acked, -1)
				if _, _, err := work(t.Context(), s, 0); err != nil {
					t.Fatal(err)
				}
				slots(t, s, 3)
			}
		}
	})
}

func TestALostReplyIsNoError(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		begun(t, s)
		for _, f := range faults {
			if !f.done || errors.Is(f.err, record.ErrNotDurable) {
				continue
			}
			fs := &faulty{Store: s}
			j := opened(t, fs)
			appended(t, j, 1)
			fs.f, fs.at, fs.forever = f, fs.calls+1, true
			before := j.State().Head.Seq
			r, err := j.Append(t.Context(), "ann", nextSlot)
			if err != nil || r.Seq != before+1 {
				t.Errorf("%s: record %d, %v", f.name, r.Seq, err)
			}
		}
		slots(t, s, 6)
	})
}

func TestAnUnsureRecordSaysSo(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		begun(t, s)
		for _, f := range []fault{{"", "Create", false, false, record.ErrUnsure}, {"", "Create", true, false, record.ErrNotDurable}} {
			fs := &faulty{Store: s}
			j := opened(t, fs)
			appended(t, j, 1)
			fs.f, fs.at, fs.forever = f, fs.calls+1, true
			if _, err := j.Append(t.Context(), "ann", nextSlot); !errors.Is(err, f.err) {
				t.Errorf("%v, want %v", err, f.err)
			}
		}
	})
}

// careless overwrites; aloud it says that it does not.
type careless struct {
	Store
	overwrite func(int64, []byte)
	aloud     bool
}

func (s careless) Create(ctx context.Context, seq int64, b []byte) error {
	s.overwrite(seq, b)
	if s.aloud {
		return record.ErrTaken
	}
	return nil
}

func TestAStoreThatIgnoresTheConditionIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, hurt func(int64, []byte)) {
		if _, err := Begin(t.Context(), careless{s, hurt, false}, prod, "ann", nil); !errors.Is(err, record.ErrNoCondition) {
			t.Errorf("begun: %v", err)
		}
		if _, err := s.Read(t.Context(), 1); !errors.Is(err, model.ErrNone) {
			t.Errorf("it was written to: %v", err)
		}
		begun(t, s)
		for _, aloud := range []bool{false, true} {
			if _, err := opened(t, careless{s, hurt, aloud}).Append(t.Context(), "ann", nextSlot); !errors.Is(err, record.ErrNoCondition) {
				t.Errorf("aloud %v: %v", aloud, err)
			}
		}
		hurt(probeSeq, []byte("a file of somebody else"))
		if _, err := opened(t, s).Append(t.Context(), "ann", nextSlot); !errors.Is(err, record.ErrNoCondition) {
			t.Errorf("the probe's place is taken: %v", err)
		}
		slots(t, s, 0)
	})
}

// TestATakenNumberThatStaysHidden ends, and names the record.
func TestATakenNumberThatStaysHidden(t *testing.T) {
	s, _, _ := newDirectory(t)
	begun(t, s)
	synctest.Test(t, func(t *testing.T) {
		fs := &faulty{Store: s, f: fault{call: "Create", err: record.ErrTaken}}
		j := opened(t, fs)
		appended(t, j, 1)
		fs.at, fs.forever = fs.calls+1, true
		_, err := j.Append(t.Context(), "ann", nextSlot)
		var bad *record.Bad
		if !errors.As(err, &bad) || bad.Seq != 3 || !strings.Contains(err.Error(), "its number is taken, and it cannot be seen") {
			t.Errorf("%v", err)
		}
	})
	slots(t, s, 1)
}
