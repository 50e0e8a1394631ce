package main

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// hostileTexts would each do something to a terminal that shows them as they are.
var hostileTexts = []string{
	"clip\x1b]52;c;T1dORUQ=\x07board",
	"ti\x1b]0;OWNED\x07tle",
	"wipe\x1b[2J\x1b[1;1HOWNED",
	"leave\x1b[?1049l\x1bcOWNED",
	"c1\u009b2J\u009d0;OWNED\u009c",
	"raw\x9b2J",
	"bell\a\a\a",
	"two\r\nlines\vand\fmore",
	"nul\x00byte",
	"left\u202eDENWO\u202c",
	"zero\u200b\u200d\u2060\ufeffwidth",
	"stack" + strings.Repeat(
		"\u0301",
		60,
	),
	"wide鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖鎖",
	"family👩‍👩‍👧‍👦🏴‍☠️🇩🇪",
	"thai ก็ํ๋ำ",
	"tab\tstop",
	"long" + strings.Repeat("-long", 800),
	"open\x1b]8;;http://evil.example\x1b\\link",
	"dcs\x1bP1$r0m\x1b\\",
	"bad\xff\xfe\xc3utf8",
	"%s%n%x {{.}} $(reboot) `reboot`",
}

// plant puts hostile rows into a catalog: failed jobs, running ones and strays, each with a log.
func plant(t *testing.T, in *sqlsim.Instance) {
	t.Helper()
	c, err := in.Connect("bacula", "evil.example")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	now := model.Now().UTC()
	err = c.Write(func(tx *sqlsim.Tx) error {
		for i, text := range hostileTexts {
			id, at := 9_000_000+i, now.Add(time.Duration(i-len(hostileTexts))*time.Second).Format(time.DateTime)
			status := []string{"f", "R", "T", "E", "\x1b"}[i%5]
			if err := tx.Exec("INSERT INTO Client (ClientId, Name, Uname) VALUES (?, ?, '')", id, text+strconv.Itoa(id)); err != nil {
				return err
			}
			name := text
			if i%2 == 0 {
				name = "backup-chain001-region1-regular"
			}
			if err := tx.Exec(
				"INSERT INTO Job (JobId, Job, Name, Type, Level, ClientId, JobStatus, SchedTime, StartTime, EndTime, RealEndTime, JobTDate, "+
					"JobFiles, JobBytes, JobErrors) "+
					"VALUES (?, ?, ?, 'B', 'I', ?, ?, ?, ?, ?, ?, ?, 3, 4000, 1)",
				id,
				text+"."+strconv.Itoa(id),
				name,
				id,
				status,
				at,
				at,
				at,
				at,
				now.Unix(),
			); err != nil {
				return err
			}
			for range 3 {
				if err := tx.Exec(
					"INSERT INTO Log (JobId, Time, LogText) VALUES (?, ?, ?)",
					id,
					at,
					"dir-old JobId "+strconv.Itoa(id)+": Fatal error: "+text+"\n\x00",
				); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// harmful finds what must not stand on a screen or in a line: whatever moves, hides or reorders.
func harmful(text string) (rune, bool) {
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) || r >= 0x200b && r <= 0x200f || r == 0xfeff ||
			unicode.Is(unicode.Mn, r) {
			return r, true
		}
	}
	return 0, false
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{})
	s := attach(t, w, 120, 40, "watch")
	s.live()
	s.never("\u202e", "\u200b", "\u0301", "\ufeff")
	s.always(" REHEARSAL ", func() {
		plant(t, w.Blue())
		plant(t, w.Primary())
		s.seeIn("1 BLUE", "9000020 ", "FAILED")
		s.seeIn("2 GREEN", "9000020 ", "FAILED")
		for i := range hostileTexts {
			s.press(":", "job blue "+strconv.Itoa(9_000_000+i), "enter")
			s.see("JOB " + strconv.Itoa(9_000_000+i))
			s.until("its log", func(screen string) bool { return strings.Contains(screen, "Fatal error:") })
			if r, bad := harmful(s.screen()); bad {
				t.Errorf("%U is on the screen of %q:\n%s", r, hostileTexts[i], s.screen())
			}
			s.press("y")
			s.see("copied")
			if r, bad := harmful(s.clipboard()); bad {
				t.Errorf("%U was copied: %q", r, s.clipboard())
			}
			s.press("esc")
			s.see("1 BLUE", "2 GREEN")
			s.intact()
		}
	})
	for _, size := range [][2]int{{80, 24}, {200, 60}, {61, 17}, {120, 40}} { // while it is painted anew it is no frame of either size
		s.resize(size[0], size[1])
		s.drawn()
		s.see(" REHEARSAL ")
		s.intact()
	}
	if title := s.title(); !strings.Contains(title, "rehearsal") || s.emu.Bells() > 0 {
		t.Errorf("the title is %q, the bell rang %d times", title, s.emu.Bells())
	}
}

// TestPlainLines reads what a screen reader or a log gets: changes in lines, with nothing in them that a terminal would obey.
func TestPlainLines(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{})
	cmd := program(t, "watch", "--plain", "--config", w.ConfigPath())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(2*patience, func() { _ = cmd.Process.Kill() }).Stop()
	lines := bufio.NewScanner(out)
	var all []string
	read := func(want ...string) {
		t.Helper()
		for lines.Scan() {
			l := lines.Text()
			if r, bad := harmful(l); bad || !strings.Contains(l, " ") {
				t.Errorf("%U in the line %q", r, l)
			}
			if all = append(all, l); containsAll(l, want) {
				return
			}
		}
		t.Fatalf("no line holds %q in:\n%s", want, strings.Join(all, "\n"))
	}
	read("self", "REHEARSAL overlap", "48 cells")
	plant(t, w.Blue())
	read("9000005", "FAILED")
	id := queue(t, w, model.Blue, "run job=backup-chain002-region1-regular yes")
	read(id, "runs")
	if err := w.Fault("catalog-down", "blue"); err != nil {
		t.Fatal(err)
	}
	read("blue", "FAIL", "blue catalog does not answer", "refused")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
