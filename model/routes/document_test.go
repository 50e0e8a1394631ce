package routes

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"switchyard/model"
)

// sample is the document of the story, as it is printed there.
const sample = `{
"bacula-blue": {
"region1": {
"take_regular_backups": false,
"take_immutable_backups": true,
"chains": ["chain1", "chain2", "chain3"]
}
},
"bacula-green": {
"region2": {
"take_regular_backups": true,
"take_immutable_backups": true,
}
}
}
`

func parsed(t testing.TB, text string, o Options) *Document {
	t.Helper()
	d, err := Parse("routes.json", []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheStorysSample(t *testing.T) {
	d := parsed(t, sample, Options{})
	for cell, want := range map[model.Cell]model.Route{
		{Chain: "chain1", Region: "region1", Kind: model.Immutable}: Blue,
		{Chain: "chain1", Region: "region1", Kind: model.Regular}:   None,
		{Chain: "chain4", Region: "region1", Kind: model.Immutable}: None,
		{Chain: "chain4", Region: "region2", Kind: model.Regular}:   Green,
		{Chain: "chain4", Region: "region2", Kind: model.Immutable}: Green,
		{Chain: "chain4", Region: "region3", Kind: model.Regular}:   None,
	} {
		if got := d.Route(cell); got != want {
			t.Errorf("%s: %s takes it, want %s", cell, got, want)
		}
	}
	want := `{
  "bacula-blue": {
    "region1": {
      "take_regular_backups": false,
      "take_immutable_backups": true,
      "chains": ["chain1", "chain2", "chain3"]
    }
  },
  "bacula-green": {
    "region2": {
      "take_regular_backups": true,
      "take_immutable_backups": true
    }
  }
}
`
	if got := d.Text(); got != want {
		t.Errorf("it is written\n%s", got)
	}
}

func TestAReadDocumentMeansWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		says := drawSpoken(t, true)
		d, err := Parse("drawn", []byte(says.text(t)), Options{Extensions: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range everyCell() {
			want := model.Route{verdict(says.takes(model.Blue, cell)), verdict(says.takes(model.Green, cell))}
			if got := d.Route(cell); got != want {
				t.Fatalf("%s: %s takes it, want %s\n%s", cell, got, want, d.Text())
			}
			if cell.Chain == neverNamed && d.Later(cell.Region, cell.Kind) != want {
				t.Fatalf("%s: later chains are %s's, want %s", cell, d.Later(cell.Region, cell.Kind), want)
			}
		}
	})
}

func TestAWrittenDocumentIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		extensions := rapid.Bool().Draw(t, "extensions")
		d := drawDocument(t, extensions)
		plain := len(d.Extended()) == 0
		if !extensions && !plain {
			t.Fatalf("a plain document is written with extensions for %v:\n%s", d.Extended(), d.Text())
		}
		packed, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{d.Text(), string(packed)} {
			again, err := Parse("again", []byte(text), Options{Extensions: true})
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if !again.Equal(d) || again.Text() != d.Text() {
				t.Fatalf("%s\nis read as\n%s", text, again.Text())
			}
			if _, err := Parse("plain", []byte(text), Options{}); (err == nil) != plain {
				t.Fatalf("extensions %v: read without them: %v", d.Extended(), err)
			}
		}
	})
}

func TestEqualDocumentsAreThoseThatMeanTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawDocument(t, true), drawDocument(t, true)
		same := true
		for _, cell := range everyCell() {
			same = same && a.Route(cell) == b.Route(cell)
		}
		if a.Equal(b) != same || (a.Text() == b.Text()) != same {
			t.Fatalf("equal %v, want %v:\n%s%s", a.Equal(b), same, a.Text(), b.Text())
		}
	})
}

func TestLongListsHaveALineForEachChain(t *testing.T) {
	short := `{"bacula-blue": {"region1": {"take_regular_backups": true, "take_immutable_backups": true, "chains": ["b", "a"]}}}`
	if text := parsed(t, short, Options{}).Text(); !strings.Contains(text, `      "chains": ["a", "b"]`+"\n") {
		t.Error(text)
	}
	long := strings.ReplaceAll(short, `"b"`, `"`+strings.Repeat("b", 90)+`"`)
	text := parsed(t, long, Options{}).Text()
	if !strings.Contains(text, "      \"chains\": [\n        \"a\",\n        \"bbb") || !strings.Contains(text, "b\"\n      ]\n") {
		t.Error(text)
	}
}

func TestWhatTakesNobodyIsSaid(t *testing.T) {
	d := parsed(t, `{"bacula-green": {
		"region1": {"take_regular_backups": true, "take_immutable_backups": true, "chains": []},
		"region2": {"take_regular_backups": false, "take_immutable_backups": false}}}`, Options{})
	got := strings.Join(d.Said(), "\n")
	want := "bacula-green.region1.chains: the list is empty: it takes nobody\nbacula-green.region2: it takes no kind: nobody"
	if got != want {
		t.Errorf("said:\n%s", got)
	}
	for _, region := range []string{"region1", "region2"} {
		if r := d.Later(region, model.Regular); r != None {
			t.Errorf("%s is taken by %s", region, r)
		}
	}
}
