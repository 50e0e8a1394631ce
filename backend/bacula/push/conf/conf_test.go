package conf

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
)

// sample opens the files of a real lab's configuration where they are kept here.
func sample(version string) Options {
	return Options{Path: "bacula-dir.conf", Open: func(path string) (string, error) {
		text, err := os.ReadFile(filepath.Join("testdata", version, filepath.Base(path)))
		return string(text), err
	}}
}

func TestRealConfigurations(t *testing.T) {
	for version, want := range map[string]string{
		"9.6.7":  "Director 1, Console 1, Catalog 1, JobDefs 2, Job 8, FileSet 7, Schedule 2, Autochanger 1, Pool 2, Messages 2, Client 3",
		"15.0.3": "Director 1, Console 1, JobDefs 1, Job 2, Schedule 1, FileSet 1, Client 1, Storage 1, Pool 1, Catalog 1, Messages 2",
	} {
		text, err := os.ReadFile(filepath.Join("testdata", version, "bacula-dir.conf"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := Parse(string(text), sample(version))
		if err != nil {
			t.Fatal(err)
		}
		count, order := map[string]int{}, []string{}
		for _, r := range f.Resources {
			if count[r.Kind]++; count[r.Kind] == 1 {
				order = append(order, r.Kind)
			}
		}
		var got []string
		for _, k := range order {
			got = append(got, fmt.Sprintf("%s %d", k, count[k]))
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", version, diff)
		}
	}
}

// TestRead: what bdirjson of 9.6.7 and 15.0.3 make of the same.
func TestRead(t *testing.T) {
	const text = "\uFEFF# a comment\n" +
		"job\n{ NA me = Back up # comment\n  max imum Concurrent JOBS = 5; Enabled = TRUE;Type=Backup\n" +
		"  RunScript {\n    Command = \"/bin/a \\\"b\\\" \\\\ ; } # no comment\"\n    Runs When = Before } }\n" +
		"Messages { Name = \"M 1\"; mailcommand = \"a\nb\"; append = \"/x\" = all, !skipped }\n" +
		"FileSet { Name = db1-fd 2; Include { Options { signature = MD5 }\n File = \"/x\" } }\n" +
		"Client { Name = \\  \n c; Password = @\"/etc/pw\"\n}"
	f, err := Parse(text, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var show func(indent string, b *Block)
	show = func(indent string, b *Block) {
		for _, d := range b.Directives {
			says := fmt.Sprintf("%s%d %s", indent, d.Line, d.Key)
			for _, v := range d.Values {
				says += fmt.Sprintf(" %q", v.Text)
				if v.File {
					says += "@"
				}
			}
			got = append(got, says)
			if d.Inner != nil {
				show(indent+"  ", d.Inner)
			}
		}
	}
	for _, r := range f.Resources {
		got = append(got, fmt.Sprintf("%d %s %q", r.Line, r.Kind, r.Name))
		show("  ", &r.Block)
	}
	want := strings.Split(`2 Job "Backup"
  3 name "Backup"
  4 maximumconcurrentjobs "5"
  4 enabled "TRUE"
  4 type "Backup"
  5 runscript
    6 command "/bin/a \"b\" \\ ; } # no comment"
    7 runswhen "Before"
8 Messages "M 1"
  8 name "M 1"
  8 mailcommand "ab"
  9 append "/x" "=" "all" "," "!skipped"
10 FileSet "db1-fd"
  10 name "db1-fd" "2"
  10 include
    10 options
      10 signature "MD5"
    11 file "/x"
12 Client "c"
  12 name "c"
  13 password "/etc/pw"@`, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	files := map[string]string{
		"/etc/a":     "@/etc/a\n",
		"/etc/pw":    "\"hunter2\n",
		"/etc/two":   "a\nhunter2\n",
		"/etc/bad":   "Job { Name = x\n Nope\n}\n",
		"/etc/latin": "# caf\xe9\n",
	}
	open := func(path string) (string, error) {
		if text, ok := files[path]; ok {
			return text, nil
		}
		return "", errors.New("it is not there")
	}
	for _, c := range []struct{ text, want string }{
		{"Jop { Name = x }", "f:1:1: expected the name of a resource, got \"Jop\"; did you mean Job?"},
		{"Job Name = x }", "f:1:1: expected the name of a resource, got \"JobName\""},
		{"Job = { Name = x }", "f:1:5: expected { behind Job, got \"=\""},
		{"\nJob {\n Name = x\n", "f:2:5: this { is never closed"},
		{"Job { Name = x }\n}", "f:2:1: expected the name of a resource, got \"}\""},
		{"Job { Type = Backup }", "f:1:1: the Job has no name"},
		{"Job { Name = \"\" }", "f:1:1: the Job has no name"},
		{"Job { Name = x; Type }", "f:1:22: expected = behind \"type\", got \"}\""},
		{"Job { Name = x; Type = \n}", "f:1:17: \"Type\" has no value"},
		{"Job { Name = \"x; Type = Backup }\n", "f:1:14: the quote is not closed: a Director ends on it"},
		{"Job { \"Name\" = x }", "f:1:7: expected a directive, got a text in quotes"},
		{"Job { Name = x; RunScript { a = b } { c = d } }", "f:1:37: expected a directive, got \"{\""},
		{"Job { Name = x; Run = { a = b } { c = d } }", "f:1:33: there is a second {"},
		{"Job { Name = x; a" + strings.Repeat("{a", 20), "braces are nested too deep"},
		{"é { Name = x }", "f:1:1: expected the name of a resource, got \"é\""},
		{"Job { Name = \xff }", "f:1:14: the text is not UTF-8"},
		{"Job { Name = \x01 }", "f:1:14: there is a control character 0x01"},
		{"Job { Name = \\ b }", "f:1:14: a backslash has no meaning here"},
		{"@/etc/gone\n", "f:1:1: the included file cannot be read: it is not there"},
		{"@etc/a\n", "f:1:1: the included file has no whole path"},
		{"@|\"cat x\"\n", "f:1:1: it includes what a command prints"},
		{"@\"|cat x\"\n", "f:1:1: it includes what a command prints"},
		{"@ \n", "f:1:1: no file is named behind @"},
		{"@/etc/a\n", "/etc/a:1:1: it includes itself"},
		{"@/etc/bad\n", "/etc/bad:3:1: expected = behind a word that may be a secret"},
		{"@/etc/latin\n", "/etc/latin:1:6: the text is not UTF-8"},
		{"Client { Name = x; Password = @/etc/pw\n}", "/etc/pw:1:1: the quote is not closed"},
		{"Client { Name = x; Password\n = \n hunter2 { a } }", "a word that may be a secret"},
		{"Client { Name = x; Password = a\n hunter2 }", "expected = behind a word that may be a secret"},
		{"Client { Name = x; Password = a }\nhunter2 { a }", "expected the name of a resource, got a word that may be a secret"},
		{"Client { Name = x; Password = @/etc/two\n}", "expected = behind a word that may be a secret"},
		{"Client { Name = x; Password = hunter2\n Type }", "f:2:7: expected = behind a word that may be a secret"},
	} {
		_, err := Parse(c.text, Options{Path: "f", Open: open})
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, ErrConf) {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if first, _, _ := strings.Cut(err.Error(), "\n"); !strings.Contains(strings.ToLower(first), strings.ToLower(c.want)) {
			t.Errorf("%q:\n got %s\nwant %s", c.text, first, c.want)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: a secret is told: %v", c.text, err)
		}
	}
}

func TestTheCaretIsBelowIt(t *testing.T) {
	_, err := Parse("Job {\n\tName = x\n\tType ! Backup\n}\n", Options{Path: "routed.conf"})
	const want = "routed.conf:3:9: expected = behind \"Type!\", got \"Backup\"; write KEY = VALUE\n    3 |  Type ! Backup\n      |         ^"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestIncludesThatAreNotRead(t *testing.T) {
	const text = "@/etc/a.conf\nClient { Name = c; Password = @/etc/pw\n}\n"
	if _, err := Parse(text, Options{Path: "f"}); err == nil || !strings.Contains(err.Error(), "f:1:1: it includes /etc/a.conf") {
		t.Errorf("got %v", err)
	}
	f, err := Parse(text, Options{Path: "f", Leave: true})
	if err != nil || len(f.Left) != 1 || f.Left[0] != "/etc/a.conf" || len(f.Resources) != 1 {
		t.Errorf("got %+v, %v", f, err)
	}
}

func TestSplice(t *testing.T) {
	const whole = "# @/etc/routed.conf\nPool { Name = \"@/etc/routed.conf\" }\n@/etc/other.conf\n@\"/etc/routed.conf\"\n"
	got, err := Splice(Options{}, whole, "/etc/routed.conf", "Job { Name = x }\n")
	want := strings.Replace(whole, "@\"/etc/routed.conf\"", "Job { Name = x }\n", 1)
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	for text, says := range map[string]string{
		"Pool { Name = p }":                        "does not include /etc/routed.conf",
		"@/etc/routed.conf\n@/etc/routed.conf\n":   "twice",
		"Pool { Name = \"p }\n@/etc/routed.conf\n": "the quote is not closed",
	} {
		if _, err := Splice(Options{}, text, "/etc/routed.conf", ""); !errors.Is(err, ErrConf) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestYesNo(t *testing.T) {
	for text, want := range map[string][2]bool{"yes": {true, true}, "True": {true, true}, "NO": {false, true},
		"\"false\"": {false, true}, "maybe": {}, "1": {}} {
		f, err := Parse("Job { Name = x; Enabled = "+text+" }", Options{})
		if err != nil {
			t.Fatal(err)
		}
		d, _ := f.Resources[0].Get("enabled")
		if yes, ok := d.YesNo(); yes != want[0] || ok != want[1] {
			t.Errorf("%s: %v, %v", text, yes, ok)
		}
	}
}

func TestQuoteIsReadAsItWas(t *testing.T) {
	for _, text := range []string{"a", "a b", `a"b`, `a\`, `\"`, "@/etc/passwd", "a;b{c}d=e,f#g", "héllo", "/x/y"} {
		q, err := Quote(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		f, err := Parse("Job { Name = "+q+" }", Options{})
		if err != nil || f.Resources[0].Name != text {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "a\nb", "a\x00", "a\x1b[0m", "a\tb", "a ", "\xff", strings.Repeat("a", maxText+1)} {
		if q, err := Quote(text); !errors.Is(err, ErrConf) {
			t.Errorf("%q is written: %s", model.Clean(text), q)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, path := range []string{"9.6.7/bacula-dir.conf", "9.6.7/static.conf", "9.6.7/routes.conf", "15.0.3/bacula-dir.conf"} {
		text, err := os.ReadFile(filepath.Join("testdata", path))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, text := range []string{"@", "@\"", "Job{Name=\"", "Job{Name=\\", "\uFEFF", "Job{Name=x;a{", "@/a",
		"Client{Name=x;Password=@/b\n}", "Job { Name = a\\\n }"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, o := range []Options{
			{Path: "f"}, {Path: "f", Leave: true},
			{Path: "f", Open: func(path string) (string, error) {
				if path == "/a" {
					return text, nil // it may include itself
				}
				return "\"x\"\n", nil
			}},
		} {
			file, err := Parse(text, o)
			if err != nil {
				var e *Error
				if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Says == "" || e.Do == "" {
					t.Fatalf("%q: %v", text, err)
				}
				continue
			}
			lines := 1 + strings.Count(text, "\n")
			for _, r := range file.Resources {
				if r.Name == "" || r.Kind == "" || r.Path == "f" && (r.Line < 1 || r.Line > lines || r.Offset >= len(text)) {
					t.Fatalf("%q: %+v", text, r)
				}
			}
		}
		_, _ = Splice(Options{Path: "f"}, text, "/a", "x")
		if q, err := Quote(text); err == nil {
			if f, err := Parse("Job { Name = "+q+" }", Options{}); err != nil || f.Resources[0].Name != text {
				t.Fatalf("%q: written as %s and read as something else: %v", text, q, err)
			}
		}
	})
}
