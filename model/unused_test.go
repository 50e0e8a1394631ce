package model

import (
	"strings"
	"testing"
)

func TestCountersOfASchemaTellUseFromANewBeginning(t *testing.T) {
	was := []TableUse{{"File", 10}, {"Job", 5}, {"Media", 0}}
	for name, c := range map[string]struct {
		is         []TableUse
		used, anew string
	}{
		"as it was": {[]TableUse{{"File", 10}, {"Job", 5}, {"Media", 0}}, "", ""},
		"read":      {[]TableUse{{"File", 10}, {"Job", 7}, {"Media", 0}}, "Job was read or written 2 times", ""},
		"truncated": {[]TableUse{{"File", 0}, {"Job", 5}, {"Media", 0}}, "", "File"},
		"truncated, read": {[]TableUse{{"File", 4}, {"Job", 5}, {"Media", 0}}, "File was read or written 4 times since its counter was set back",
			"File"},
		"a table gone":  {[]TableUse{{"File", 10}, {"Media", 0}}, "", "Job"},
		"one unused":    {[]TableUse{{"File", 10}, {"Job", 5}}, "", ""},
		"a new one":     {[]TableUse{{"File", 10}, {"Job", 5}, {"Log", 3}}, "Log was read or written 3 times", ""},
		"a new, unused": {[]TableUse{{"File", 10}, {"Job", 5}, {"Log", 0}}, "", ""},
	} {
		used, anew := UsesSince(was, c.is)
		if strings.Join(used, ",") != c.used || strings.Join(anew, ",") != c.anew {
			t.Errorf("%s: used %q, begun anew %q", name, used, anew)
		}
	}
}

func TestATextNamesASchemaAsAWord(t *testing.T) {
	for text, want := range map[string]bool{
		"select * from bacula.Job": true, "select 1 from `bacula`.`Job`": true, "SELECT * FROM BACULA.Job": true, "bacula": true,
		"select * from bacula_old.Job": false, "select * from mybacula.Job": false, "select bacula2 from x": false, "": false,
		"select mybacula from bacula.Job": true,
	} {
		if got := NamesSchema(text, "bacula"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
