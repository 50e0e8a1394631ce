package attached

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
)

const here = "0123456789abcdef"

// listing is a table as the kernel prints it.
func listing(names ...string) string {
	var b strings.Builder
	b.WriteString("Num       RefCount Protocol Flags    Type St Inode Path\n")
	for i, n := range names {
		fmt.Fprintf(&b, "00000000ea36da39: 00000002 00000000 00000000 0001 01 %5d %s\n", 7*i+99_998, n)
	}
	return b.String()
}

func TestOthersAreOfTheSameEnvironment(t *testing.T) {
	const own = "@switchyard/" + here + "/cockpit/ann/4711"
	got := others(strings.NewReader(listing("", "/run/dbus.sock", "@/tmp/.X11-unix/X0", own,
		"@switchyard/"+here+"/watch/bob/17", "@switchyard/"+here+"/cockpit/ann/4712", "@switchyard/"+here+"/cockpit/bob/18",
		"@switchyard/fedcba9876543210/cockpit/eve/19", "@switchyard/"+here+`/watch/CORP\carl of ops/20`)), here, own)
	want := []model.Session{{User: `CORP\carl of ops`}, {User: "ann", Cockpit: true}, {User: "bob", Cockpit: true}, {User: "bob"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAForgedNameIsNone(t *testing.T) {
	for _, forged := range []string{
		"", "/", "/cockpit", "/cockpit/eve", "/cockpit/eve/", "/cockpit//7", "/cockpit/eve/7/8", "/root/eve/7", "/Cockpit/eve/7",
		"/cockpit/eve/0",
		"/cockpit/eve/-7", "/cockpit/eve/+7", "/cockpit/eve/07", "/cockpit/eve/7 ", "/cockpit/eve/99999999", "/cockpit/eve/99999999999999999999",
		"/cockpit/\x1b[31meve/7", "/cockpit/e\u202eve/7", "/cockpit/ eve /7", "/cockpit/\u200b/7", "/cockpit/e\tve/7", "/cockpit/e\xffve/7",
		"/cockpit/" + strings.Repeat("e", maxUser+1) + "/7", "/cockpit/eve/7@",
	} {
		if got := others(strings.NewReader(listing("@switchyard/"+here+forged)), here, ""); got != nil {
			t.Errorf("%q is %v", forged, got)
		}
	}
	broken := strings.ReplaceAll(listing("@switchyard/"+here+"/watch/bob/17"), "00000002 ", "")
	if got := others(strings.NewReader(broken), here, ""); got != nil {
		t.Errorf("of a line that lacks a column: %v", got)
	}
}

// Whoever fills the table hides others, and does no other harm.
func TestWhatIsReadIsBounded(t *testing.T) {
	var names []string
	for i := range 10 * maxSessions {
		names = append(names, fmt.Sprintf("@switchyard/%s/watch/eve/%d", here, i+1))
	}
	if got := others(strings.NewReader(listing(names...)), here, ""); len(got) != maxSessions {
		t.Errorf("%d sessions", len(got))
	}
	same := listing(names[0], names[0], names[0])
	if got := others(strings.NewReader(same), here, ""); len(got) != 1 {
		t.Errorf("a name that stands three times is %v", got)
	}
	long := listing("@switchyard/" + here + "/watch/" + strings.Repeat("e", 2*maxLine) + "/7")
	if got := others(strings.NewReader(long), here, ""); got != nil {
		t.Errorf("a line without an end is %v", got)
	}
}

func TestNamesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		user := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z.\\ /]{1,60}`)).Draw(t, "user")
		s := model.Session{User: user, Cockpit: rapid.Bool().Draw(t, "cockpit")}
		pid := rapid.IntRange(1, maxPID).Draw(t, "pid")
		name := nameOf(here, s, pid)
		if len(name) > 107 || strings.ContainsAny(name, "\n\x00") || !utf8.ValidString(name) {
			t.Fatalf("%q is no name for a socket", name)
		}
		got, ok := parse(here, name)
		empty := strings.Contains(name, "//")
		if ok == empty || ok && (got.Cockpit != s.Cockpit || model.Clean(got.User) != got.User || len(got.User) > maxUser) {
			t.Fatalf("%q is read as %v, %v", name, got, ok)
		}
		if _, ok := parse("fedcba9876543210", name); ok {
			t.Fatalf("%q is of another environment", name)
		}
	})
}

func TestWhateverIsReadIsClean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		user := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "user")
		for _, s := range others(strings.NewReader(listing("@switchyard/"+here+"/watch/"+user+"/7", user)), here, "") {
			if s.User == "" || s.User != model.Clean(s.User) || len(s.User) > maxUser {
				t.Fatalf("%q was taken for %q", user, s.User)
			}
		}
	})
}
