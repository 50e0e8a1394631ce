package journal

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/model/record"
)

func TestDamageIsToldAndNeverSkipped(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, hurt func(int64, []byte)) {
		ctx := t.Context()
		j := begun(t, s)
		appended(t, j, 5)
		good, err := s.Read(ctx, 4)
		if err != nil {
			t.Fatal(err)
		}
		other, err := s.Read(ctx, 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			raw  []byte
			kind error
			says string
		}{
			{"empty", []byte{}, record.ErrTorn, "record 4: torn record: it is empty"},
			{"truncated", good[:len(good)-9], record.ErrTorn, "record 4: torn record: it ends in the middle"},
			{"garbage", []byte("\x7fELF\x02\x01\n"), record.ErrTorn, "record 4: torn record: invalid character"},
			{"huge", make([]byte, readLimit+10), record.ErrTorn, "record 4: torn record: it has more than"},
			{"another record", other, record.ErrChain, "record 4: broken hash chain: it says that it is record 5"},
			{"rewritten", []byte(strings.Replace(string(good), "run a backup", "rum a backup", 1)), record.ErrChain, "record 5: broken hash " +
				"chain: it follows another record 4"},
			{"gone", nil, record.ErrChain, "record 4: broken hash chain: it is missing, and record"},
		} {
			hurt(4, c.raw)
			_, err := Open(ctx, s, prod)
			var bad *record.Bad
			if !errors.As(err, &bad) || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: opened with %v, want %q", c.name, err, c.says)
			}
			st, err := j.Verify(ctx)
			if !errors.As(err, &bad) || bad.Seq > 5 || st.Head.Seq >= 5 {
				t.Errorf("%s: verified %d records with %v", c.name, st.Head.Seq, err)
			}
			if _, err := j.Record(ctx, 4); err == nil {
				t.Errorf("%s: it was read", c.name)
			}
		}
		hurt(4, good)
		slots(t, s, 5)
	})
}

func TestAnEndThatWasCutOff(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, hurt func(int64, []byte)) {
		ctx := t.Context()
		j := begun(t, s)
		appended(t, j, 3)
		hurt(4, nil)
		if _, err := j.Append(
			ctx,
			"ann",
			nextSlot,
		); !errors.Is(err, record.ErrChain) ||
			!strings.Contains(err.Error(), "record 4: broken hash chain: it was there before") {
			t.Errorf("appended after it: %v", err)
		}
		if _, err := j.Verify(ctx); !errors.Is(err, record.ErrChain) || !strings.Contains(err.Error(), "it was there before") {
			t.Errorf("verified: %v", err)
		}
	})
}

func TestClocksDecideNothing(t *testing.T) {
	onEach(t, func(t *testing.T, s Store, _ string, _ func(int64, []byte)) {
		begun(t, s)
		for i, now := range []time.Time{
			time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, 0),
			time.Date(2024, 9, 2, 2, 40, 0, 0, time.FixedZone("x", -9*3600)),
		} {
			o := prod
			o.Now = func() time.Time { return now }
			j, err := Open(t.Context(), s, o)
			if err != nil {
				t.Fatal(err)
			}
			r, err := j.Append(t.Context(), "ann", nextSlot)
			if err != nil || r.Seq != int64(i)+2 || !r.At.Equal(now) {
				t.Fatalf("%+v, %v", r, err)
			}
		}
		slots(t, s, 4)
	})
}
