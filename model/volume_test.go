package model

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestAKeptVolumeIsLikeOthers: what volumes that are named alike agree on is taken for it, of the nearest that there are, and nothing else.
func TestAKeptVolumeIsLikeOthers(t *testing.T) {
	newest := []JobVolume{
		{"x", "region1-0010", "", 0}, {"a", "region1-0009", "FileA", 1}, {"b", "region2-0008", "FileB", 2}, {"a", "region1-0007", "FileA", 3},
		{"c", "chain12-2026-11-29_18.00", "FileC", 4}, {"d", "chain11-2026-11-29_18.00", "FileC", 5}, {"c", "full-0001", "FileD", 6},
	}
	for _, c := range []struct {
		of   string
		job  string
		rows []JobVolume
		kind string
		pool uint32
	}{
		{"region2-0012", "", newest, "FileB", 2},
		{"region2-0012", "a", newest, "FileA", 1},
		{"full-0012", "c", newest, "FileD", 6},
		{"new-0012", "c", newest, "", 4},
		{"new-0012", "d", newest, "FileC", 5},
		{"region1-0012", "", newest, "FileA", 1},
		{"region1-0012", "x", newest, "FileA", 1},
		{"region3-0012", "", newest, "", 1},
		{"chain13-2026-11-30_18.00", "", newest, "FileC", 4},
		{"else", "", newest, "", 1},
		{"else", "", newest[4:6], "FileC", 4},
		{"else", "", newest[:2], "FileA", 1},
		{"else", "x", newest[:1], "", 0},
		{"", "", nil, "", 0},
	} {
		v := KeptLike(c.of, []string{c.job}, c.rows)
		if v.MediaType != c.kind || v.Pool != c.pool || v.Name != c.of || v.ID != 0 || v.Status != "Read-Only" {
			t.Errorf("%q of %q among %d is %+v, want %q in pool %d", c.of, c.job, len(c.rows), v, c.kind, c.pool)
		}
	}
	p := KeptPlace(10_908)
	if p.ID != 10_907 || p.Status != "Disabled" || VolumeRefused(p.Name) != "" || p.Pool != 0 {
		t.Errorf("%+v", p)
	}
	const want = "INSERT INTO Media (MediaId, VolumeName, MediaType, PoolId, VolStatus, VolBytes, Enabled, Recycle, Comment) VALUES (10907, " +
		"'no-volume-names-go-on-from-10908', '', 0, 'Disabled', 1, 0, 0, '"
	if got := p.Insert(); !strings.HasPrefix(got, want) {
		t.Errorf("%s", got)
	}
}

// TestTextsOfStatements: whatever a name holds, it ends where its text ends, in every sql_mode.
func TestTextsOfStatements(t *testing.T) {
	for of, want := range map[string]string{"": "''", "vol-1": "'vol-1'", `it's`: "X'69742773'", `a\`: "X'615C'", "ü": "X'C3BC'",
		"a\x00b": "X'610062'",
		`a"b`:    `'a"b'`} {
		if got := SQLText(of); got != want {
			t.Errorf("%q is %s, want %s", of, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		got := SQLText(s)
		if n := strings.Count(got, "'"); n != 2 || strings.ContainsAny(got, "\\\x00\n") {
			t.Fatalf("%q is %s", s, got)
		}
		if n := strings.Count(KeptLike(s, nil, nil).Insert(), "'"); n%2 != 0 || n != strings.Count(KeptLike("v", nil, nil).Insert(), "'") {
			t.Fatalf("%q makes %s", s, KeptLike(s, nil, nil).Insert())
		}
	})
}

// TestNamesThatBaculaRefuses are told with why, in a few words that are clean whatever the name holds.
func TestNamesThatBaculaRefuses(t *testing.T) {
	for of, want := range map[string]string{"green-reg_region1:0012.a/b": "", "": "empty", "a b": `' '`, "it's": `'\''`, strings.Repeat("v",
		127): "",
		strings.Repeat("v", 128): "longer than 127 bytes", "größe": "'ö'", "a\x1b[31mb": `'\x1b'`, "a\xffb": "'�'"} {
		if got := VolumeRefused(of); (got == "") != (want == "") || !strings.Contains(got, want) || got != Clean(got) {
			t.Errorf("%q: %q, want %q", of, got, want)
		}
	}
}
