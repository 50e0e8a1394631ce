package routed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/model"
)

// text is what a push writes, of jobs of these names.
func text(jobs ...string) string {
	var b strings.Builder
	for _, j := range jobs {
		b.WriteString("Job {\n  Name = \"" + j + "\"\n  Type = Backup\n  Enabled = yes\n}\n\n")
	}
	return b.String() + "Job {\n  # tells what is loaded\n  Name = \"" + model.CanaryName(b.String()) + "\"\n  Type = Admin\n}\n"
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestLookIsWhatAParserReads: what is read piece by piece is known by the canary that the parser finds, and nothing else is.
func TestLookIsWhatAParserReads(t *testing.T) {
	long := make([]string, 3000)
	for i := range long {
		long[i] = "job" + strings.Repeat("x", i%40) + "-" + string(rune('a'+i%26)) + strings.Repeat("y", i/26)
	}
	pushed := text("a", "b")
	for name, c := range map[string]struct {
		text   string
		canary bool
		jobs   int // that are read, where it has no canary
	}{
		"pushed":                     {pushed, true, 0},
		"pushed, long":               {text(long...), true, 0},
		"without any job":            {text(), true, 0},
		"a line before":              {"# by hand\n" + pushed, false, 3},
		"a job less":                 {strings.Replace(pushed, "\"b\"", "\"c\"", 1), false, 3},
		"a job behind":               {pushed + "Job {\n  Name = \"c\"\n}\n", false, 4},
		"the canary by hand":         {"Job {\n  Name = \"switchyard-0123456789abcdef\"\n}\n", false, 1},
		"two in the last":            {strings.TrimSuffix(pushed, "}\n") + "  RunScript { Command = \"x\" }\n}\n", true, 0},
		"none of ours":               {"Job {\n  Name = \"a\"\n}\n", false, 1},
		"no configuration":           {"Job {\n", false, 0},
		"empty":                      {"", false, 0},
		"a comment behind":           {pushed + "# by hand\n", true, 0},
		"the canary in one's middle": {strings.Replace(pushed, "  Type = Admin", "  Description = \"}\"\n  Type = Admin", 1), true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "routed.conf")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			is, err := (&File{Path: path}).Look()
			jobs, canary := JobsIn(c.text)
			if err != nil || is.Canary != canary || (canary != "") != c.canary || is.Sum == "" || canary == "" && len(jobs) != c.jobs ||
				canary == "" && len(is.Jobs) != len(jobs) {
				t.Errorf("%+v, %v; a parser reads %q and %d jobs", is, err, canary, len(jobs))
			}
		})
	}
}

// TestLookSeesAChange of a file, and that another one came in its place; what is no file to read is told without its path.
func TestLookSeesAChange(t *testing.T) {
	dir := t.TempDir()
	f := File{Path: filepath.Join(dir, "routed.conf")}
	write := func(to, text string) {
		t.Helper()
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Look(); err == nil || err.Error() != "there is none on this machine" {
		t.Errorf("%v", err)
	}
	write(f.Path, text("a"))
	first := must(f.Look())
	if again := must(f.Look()); again.Sum != first.Sum {
		t.Errorf("%+v and then %+v", first, again)
	}
	write(f.Path, text("a", "b"))
	second := must(f.Look())
	write(f.Path+".new", text("c"))
	if err := os.Rename(f.Path+".new", f.Path); err != nil {
		t.Fatal(err)
	}
	third := must(f.Look())
	if first.Sum == second.Sum || second.Sum == third.Sum || third.Canary == "" {
		t.Errorf("%+v, %+v, %+v", first, second, third)
	}
	// Of the same length, at the same time: it is told when it is read again.
	info := must(os.Stat(f.Path))
	write(f.Path, text("d"))
	if err := os.Chtimes(f.Path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	f.at = f.at.Add(-again)
	if fourth := must(f.Look()); fourth.Sum == third.Sum {
		t.Errorf("%+v", fourth)
	}
	if err := os.Remove(f.Path); err != nil {
		t.Fatal(err)
	}
	write(f.Path+".new", text("a"))
	if err := os.Symlink(f.Path+".new", f.Path); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Look(); err == nil || err.Error() != "it is a symbolic link, and not a regular file" {
		t.Errorf("%v", err)
	}
	if _, err := (&File{Path: dir}).Look(); err == nil || strings.Contains(err.Error(), dir) {
		t.Errorf("%v", err)
	}
}
