package record

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
)

// TestSeriesMeet in any order, and once or twice, as one: records come late, and from other journals.
func TestSeriesMeet(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var looks []SeriesDay
		for range rapid.IntRange(1, 40).Draw(t, "looks") {
			at := from.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hour")) * time.Hour)
			day, mark := SeriesHour(at)
			d := SeriesDay{Day: day, Told: mark, Heard: mark}
			if rapid.Bool().Draw(t, "blue") {
				d.Blue = mark
			}
			looks = append(looks, d)
		}
		all := func(order []int) *Series {
			s := &Series{}
			for _, i := range order {
				s = s.with(looks[i : i+1])
			}
			return s
		}
		var order []int
		for i := range looks {
			order = append(order, i)
		}
		want := all(order)
		if got := all(rapid.Permutation(order).Draw(t, "order")); !cmp.Equal(got, want) {
			t.Fatal(cmp.Diff(want, got))
		}
		if got := want.with(looks); !cmp.Equal(got, want) {
			t.Fatal(cmp.Diff(want, got))
		}
		for i := range looks {
			if !want.Has(&looks[i]) {
				t.Fatalf("it has not %+v", looks[i])
			}
		}
	})
	long := &Series{}
	for i := range SeriesDays + 50 {
		long = long.with([]SeriesDay{{Day: from.AddDate(0, 0, i), Told: 1}})
	}
	if len(long.Days) != SeriesDays || !long.Days[SeriesDays-1].Day.Equal(from.AddDate(0, 0, SeriesDays+49)) {
		t.Errorf("%d days are kept", len(long.Days))
	}
}

func TestASeriesThatNobodySaw(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	day, mark := SeriesHour(at)
	green := model.Green
	good := SeriesDay{Day: day, Told: mark, Heard: mark, Broken: mark}
	for want, d := range map[string][]SeriesDay{
		"":                            {good},
		"begin at midnight":           {{Day: at, Told: mark}},
		"no hour that was looked in":  {{Day: day}},
		"more than 24":                {{Day: day, Told: 1 << 24}},
		"tells of what was not seen":  {{Day: day, Told: mark, Broken: mark}},
		"of a series ascend":          {good, good},
		"is later than the look":      {{Day: day.AddDate(0, 0, 1), Told: mark}},
		"1 to 430 are told":           {},
		"more than 8":                 {{Day: day, Heard: mark, Begun: make([]time.Time, 9)}},
		"an hour of the series tells": {{Day: day, Heard: mark, Over: [6]uint32{0, 0, 0, 0, 0, 1}}},
	} {
		p := Proof{Of: Subject{Cluster: &green}, Claim: Proven{Series: &Series{Days: d}}, By: Means{Kind: ByLook}, Verdict: model.Holds, At: at}
		err := p.Check(at)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
