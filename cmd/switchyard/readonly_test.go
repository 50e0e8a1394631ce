package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	tea "charm.land/bubbletea/v2"

	"switchyard/backend/rds"
	"switchyard/backend/rehearsal"
	"switchyard/ui"
)

// readsOnly is what the statements of a session that only watches begin with.
var readsOnly = regexp.MustCompile(`^(SELECT|SHOW|SET SESSION|SET NAMES|SET time_zone|START TRANSACTION READ ONLY|COMMIT|ROLLBACK)\b`)

// ears is a record of a world that writes down everything that is said to it, once.
type ears struct {
	mu   sync.Mutex
	said map[string]bool
}

func (r *ears) hear(at, who, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said[at+"\x00"+who+"\x00"+text] = true
}

var mashes = flag.Int("mash", 0, "TestNoKeyOfAWatchSessionWrites presses so many `KEYS` at random, and every key everywhere at every size")

// TestNoKeyOfAWatchSessionWrites presses every key in every pane, page and prompt, each of them at one of four sizes by chance, and then
// random ones in whatever they lead to, and looks at what the world heard: reads, by the accounts that can only read, and nothing in the
// journal.
func TestNoKeyOfAWatchSessionWrites(t *testing.T) {
	t.Parallel()
	r := &ears{said: map[string]bool{}}
	w := ownWorld(t, rehearsal.Options{Chains: 4, Heard: r.hear})
	const keys = 20_000
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	sizes := [][2]int{{80, 24}, {120, 40}, {200, 60}, {50, 12}}
	for i, size := range sizes {
		each := everyKeyEverywhere()
		if turn := int(seed%4) + i; *mashes == 0 { // the next size has the next of them
			each = slices.DeleteFunc(each, func(string) bool { turn++; return turn%len(sizes) != 0 })
		}
		mash(t, watched(t, w), size[0], size[1], len(each), func() string {
			k := each[0]
			each = each[1:]
			return k
		})
		dice := rand.New(rand.NewPCG(seed, uint64(i)))
		mash(t, watched(t, w), size[0], size[1], max(keys, *mashes)/len(sizes), func() string { return mashed[dice.IntN(len(mashed))] })
	}
	directors := 0
	for said := range r.said {
		at, rest, _ := strings.Cut(said, "\x00")
		who, text, _ := strings.Cut(rest, "\x00")
		if !strings.Contains(who, "watch") {
			t.Errorf("%s was told by %s: %q", at, who, text)
		}
		if strings.HasPrefix(at, "dir-") {
			directors++
			if word, _, _ := strings.Cut(
				strings.TrimSpace(text),
				" ",
			); !slices.Contains(
				[]string{"show catalogs", "show clients", "show schedules", "show jobs", "show storages", "show disabled"},
				strings.TrimSpace(text),
			) &&
				!slices.Contains([]string{".api", ".status", ".jobs", ".clients", "status", "time", "version", "quit", ""}, word) {
				t.Errorf("%s was told %q", at, text)
			}
			continue
		}
		if !readsOnly.MatchString(text) {
			t.Errorf("%s was told %q", at, text)
		}
	}
	if directors == 0 || len(r.said) == directors {
		t.Errorf("the world heard %d things, %d of them at Directors: it does not listen", len(r.said), directors)
	}
	calls := w.Cloud().Calls()
	for _, c := range calls {
		if c.Service == "monitoring" { // as CloudWatch is signed for
			c.Service = "cloudwatch"
		}
		if c.Write || !slices.Contains(rds.Calls, c.Service+":"+c.Operation) {
			t.Errorf("AWS was called: %+v", c)
		}
	}
	if len(calls) == 0 {
		t.Error("AWS was never called: the record is not one")
	}
	if st := journalOf(t, w); st != 1 {
		t.Errorf("the journal has %d records", st)
	}
	noChildren(t, w)
}

// journalOf counts the records of a world's journal.
func journalOf(t *testing.T, w *rehearsal.World) int64 {
	t.Helper()
	j, err := openJournal(t.Context(), watched(t, w).cfg)
	if err != nil {
		t.Fatal(err)
	}
	return j.State().Head.Seq
}

// mashed are keys of every sort, without the three that leave or suspend the session.
var mashed = func() []string {
	out := []string{
		"\r",
		"\x1b[27u",
		"\t",
		"\x1b[Z",
		"\x1b[A",
		"\x1b[B",
		"\x1b[C",
		"\x1b[D",
		"\x1b[H",
		"\x1b[F",
		"\x1b[5~",
		"\x1b[6~",
		"\x1b[3~",
		"\x7f",
		"\x1bOP",
		"\x1b[15~",
		":",
		":",
		"/",
		":backup blue\r",
		":shift\r",
		":cell chain001 region1 regular\r",
		":actions\r",
		":approve 2\r",
		":resume 2\r",
		":stop\r",
		"\x1b[200~backup chain001 blue\r\x1b[201~",
	}
	for c := ' '; c <= '~'; c++ {
		if c != 'q' {
			out = append(out, string(c))
		}
	}
	for c := byte(1); c < 27; c++ { // ctrl+a to ctrl+z
		if c != 3 && c != 26 {
			out = append(out, string(c))
		}
	}
	return out
}()

// whereabouts are the keys that lead to each pane and page from anywhere, once what was open is closed.
var whereabouts = []string{
	"1",
	"2",
	"3",
	"4",
	"5",
	"6",
	"1\r",
	"2\r",
	"3\r",
	"4\r",
	"5\r",
	"6\r",
	"1z",
	"3z",
	"?",
	"!",
	"v",
	":",
	"/",
	"b",
	"c",
	"A",
	":sources\r",
	":source blue catalog\r",
	":strays\r",
	":actions\r",
	":action 2\r",
	":cell chain001 region1 regular\r",
	":job blue 1\r",
	":rds\r",
	":policy\r",
}

// everyKeyEverywhere goes to each place anew for each key.
func everyKeyEverywhere() (out []string) {
	const home = "\x1b[27u\x1b[27u\x1b[27u\x1b[27u"
	for _, place := range whereabouts {
		for _, key := range mashed {
			out = append(out, home+place+key)
		}
	}
	return out
}

// mash presses n keys in sessions of one size; one that a typed :quit has left is followed by another.
func mash(t *testing.T, s *site, w, h, n int, next func() string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f, stop := s.follow(ctx)
	defer stop()
	if _, err := f.Next(ctx, 0); err != nil {
		t.Fatal(err)
	}
	for n > 0 {
		app, err := ui.Watch(ctx, f, f, ui.Options{Theme: "dark"})
		if err != nil {
			t.Fatal(err)
		}
		in, out := io.Pipe()
		done := make(chan error, 1)
		live, leave := context.WithCancel(ctx)
		go func() {
			done <- app.Run(tea.WithContext(live), tea.WithInput(in), tea.WithOutput(io.Discard), tea.WithWindowSize(w, h),
				tea.WithEnvironment([]string{"TERM=xterm-256color"}))
			_ = in.Close() // whoever types is told that nobody reads
		}()
		for n > 0 {
			var b strings.Builder
			for range min(n, 50) {
				b.WriteString(next())
			}
			if _, err := io.WriteString(out, b.String()); err != nil {
				break
			}
			n -= min(n, 50)
		}
		leave()
		_ = out.Close()
		if err := <-done; err != nil && live.Err() == nil {
			t.Fatal(fmt.Errorf("a session of %dx%d: %w", w, h, err))
		}
	}
}
