package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchyard/backend/mysql/schema"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// sh is a command of a pipe.
func sh(text string) []string { return []string{"sh", "-c", text} }

const dumps = "echo 'CREATE TABLE t'; echo '-- Dump completed'"

// TestAnArchiveIsOneOnlyWhole: what did not come to its end leaves nothing behind, whoever of the pipe was at fault.
func TestAnArchiveIsOneOnlyWhole(t *testing.T) {
	for name, c := range map[string]struct {
		dump, pack []string
		hurts      func(dir string) error
		want       string
	}{
		"whole":               {sh(dumps), nil, nil, ""},
		"packed":              {sh(dumps), sh("tr a-z A-Z"), nil, ""},
		"the dump fails":      {sh(dumps + "; echo lost connection >&2; exit 3"), sh("cat"), nil, "exit status 3: lost connection"},
		"the dump is killed":  {sh(dumps + "; kill -9 $$"), sh("cat"), nil, "signal: killed"},
		"the packer fails":    {sh(dumps), sh("cat; exit 2"), nil, "exit status 2"},
		"the packer goes":     {sh("yes; " + dumps), sh("exit 1"), nil, "exit status 1"},
		"it is cut off":       {sh("echo 'CREATE TABLE t'"), sh("cat"), nil, "does not end with \"-- Dump completed\""},
		"there is no command": {[]string{"/nonexistent/mysqldump"}, nil, nil, "no such file"},
		"the disk is full": {sh("yes | head -c 1000000; " + dumps), nil, func(dir string) error {
			return os.Symlink("/dev/full", filepath.Join(dir, "b", "bacula-1.sql.part"))
		}, "no space left on device"},
		"a place is away": {sh(dumps), nil, func(dir string) error { return os.RemoveAll(filepath.Join(dir, "b")) }, "is no directory here"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			places := []plan.Place{{Dir: filepath.Join(dir, "a"), On: "nas", Plain: true}, {Dir: filepath.Join(dir, "b"), On: "tape", Plain: true}}
			for _, p := range places {
				if err := os.Mkdir(p.Dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if c.hurts != nil {
				if err := c.hurts(dir); err != nil {
					t.Fatal(err)
				}
			}
			a := &Archiver{Dump: c.dump, Pack: c.pack, Places: places}
			of := &plan.Archiving{Name: "bacula-1.sql", Places: places, Dump: c.dump, Pack: c.pack}
			err := a.Make(t.Context(), of, func() error { return nil })
			left, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || len(left) > 0 {
					t.Errorf("%v, and %q is left", err, left)
				}
				if _, lacks, err := a.Files(of); err != nil || lacks == "" {
					t.Errorf("it is an archive: %v", err)
				}
				return
			}
			files, lacks, ferr := a.Files(of)
			if err != nil || ferr != nil || lacks != "" || len(left) != 2 || files[0].SHA256 != files[1].SHA256 || a.Intact(files) != nil {
				t.Errorf("%v %v %s: %q", err, ferr, lacks, left)
			}
			if err := os.WriteFile(files[1].Path, []byte("other"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := a.Intact(files); err == nil || !strings.Contains(err.Error(), "is not what was archived") {
				t.Errorf("a file that was changed: %v", err)
			}
			if _, lacks, _ := a.Files(of); lacks != "the files in the two places are not the same" {
				t.Error(lacks)
			}
			of.Dump = sh("rm -rf /somewhere")
			if err := a.Make(t.Context(), of, func() error { return nil }); err == nil || !strings.Contains(err.Error(), "other commands") {
				t.Errorf("a command that is not configured: %v", err)
			}
		})
	}
}

func TestARestoreOfAnArchiveFailsWhereACommandOfItDoes(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "bacula-1.sql")
	if err := os.WriteFile(file, []byte("INSERT 1\n-- Dump completed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"cat > " + dir + "/loaded": "", "cat; exit 4": "exit status 4", "exit 1": "exit status 1"} {
		c := &plan.Comparing{Files: []record.FoundFile{{Path: file}, {Path: file}}, Unpack: sh("tr a-z A-Z"), Load: sh(text)}
		err := (&Archiver{Unpack: c.Unpack, Load: c.Load}).Restore(context.Background(), c)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(dir, "loaded")); err != nil || string(got) != "INSERT 1\n-- DUMP COMPLETED\n" {
		t.Errorf("%q %v", got, err)
	}
}

func TestTablesThatDifferAreNoArchive(t *testing.T) {
	is := []schema.Content{{Table: "Job", Rows: 2, Sum: "aa"}, {Table: "Media", Rows: 1, Sum: "bb"}}
	for name, c := range map[string]struct {
		back []schema.Content
		want string
	}{
		"the same":    {slices.Clone(is), ""},
		"one missing": {is[:1], "Media is not in the archive"},
		"fewer rows":  {[]schema.Content{{Table: "Job", Rows: 1, Sum: "aa"}, is[1]}, "Job has 2 rows, and restored 1"},
		"other rows":  {[]schema.Content{{Table: "Job", Rows: 2, Sum: "cc"}, is[1]}, "Job has other rows restored"},
		"one more":    {append(slices.Clone(is), schema.Content{Table: "Old"}), "Old is there restored alone"},
	} {
		if err := differ(is, c.back); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if differ(nil, nil) == nil {
		t.Error("nothing is the same as nothing")
	}
}

// TestPlacesOfAnArchiveAreTwo: a mount that is away, and two names of one directory or device, are told before anything is dumped.
func TestPlacesOfAnArchiveAreTwo(t *testing.T) {
	dir := t.TempDir()
	a, b, c := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")
	if err := errors.Join(os.Mkdir(a, 0o700), os.Mkdir(b, 0o700), os.Symlink(a, c)); err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		places []plan.Place
		want   string
	}{
		"two":          {[]plan.Place{{Dir: a, Plain: true}, {Dir: b, Plain: true}}, ""},
		"one":          {[]plan.Place{{Dir: a, Plain: true}, {Dir: c, Plain: true}}, "are one directory"},
		"one device":   {[]plan.Place{{Dir: "/proc"}, {Dir: "/proc/self"}}, "lie on one device"},
		"not mounted":  {[]plan.Place{{Dir: "/proc"}, {Dir: "/etc"}}, "nothing is mounted on /etc"},
		"one is plain": {[]plan.Place{{Dir: "/proc"}, {Dir: "/etc", Plain: true}}, ""},
		"one alone":    {[]plan.Place{{Dir: "/proc"}}, "two places, not 1"},
	} {
		if err := apart(of.places); (err == nil) != (of.want == "") || err != nil && !strings.Contains(err.Error(), of.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	arch := &Archiver{Dump: sh(dumps), Places: []plan.Place{{Dir: a, Plain: true}, {Dir: b, Plain: true}}}
	if err := os.Mkdir(filepath.Join(b, "x.sql"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := arch.Make(t.Context(), &plan.Archiving{Name: "x.sql", Places: arch.Places, Dump: arch.Dump},
		func() error { return nil }); err == nil {
		t.Error("a name that is taken")
	}
	if left, _ := filepath.Glob(filepath.Join(a, "*")); len(left) > 0 {
		t.Errorf("%q is left of an archive whose second file has no name", left)
	}
}

// sameFiles are those of an archive in two places.
func sameFiles(t *testing.T) (out []record.FoundFile) {
	t.Helper()
	for _, name := range []string{"a", "b"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(name[:0]), 0o600); err != nil {
			t.Fatal(err)
		}
		sum, err := sumOf(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, record.FoundFile{Host: name, Path: path, SHA256: sum})
	}
	return out
}
