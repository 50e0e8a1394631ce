package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"switchyard/backend/rehearsal"
)

// TestNoLibraryWritesToTheScreen has AWS's SDK warn: the metadata service of the machine answers 403, again and again.
func TestNoLibraryWritesToTheScreen(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(metadata.Close)
	w := ownWorld(t, rehearsal.Options{Chains: 4, Idle: true})
	b, err := os.ReadFile(w.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(w.Dir(), "no-endpoint.yaml")
	text := regexp.MustCompile(`(?m)^aws: .*\n`).ReplaceAllString(string(b), "")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, "watch", "--config", config)
	state := t.TempDir()
	cmd.Env = append(cmd.Env, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+metadata.URL, "XDG_STATE_HOME="+state)
	s := sit(t, 120, 40, cmd)
	s.see("REHEARSAL", "chain0")
	s.until("the metadata service to be asked", func(string) bool { return asked.Load() >= 2 })
	s.see("4 RDS")
	files, _ := filepath.Glob(filepath.Join(state, "switchyard", "screen-*.log"))
	if len(files) != 1 {
		t.Fatalf("the session's files are %q", files)
	}
	s.until("the warning in the session's file", func(string) bool {
		said, _ := os.ReadFile(files[0])
		return strings.Contains(string(said), "SDK")
	})
	s.press("?")
	s.see("HELP")
	s.press("bare esc")
	s.gone("HELP")
	s.intact()
	screen := s.screen()
	if strings.Contains(screen, "SDK ") || strings.Contains(screen, "WARN") {
		t.Errorf("a library wrote to the screen:\n%s", screen)
	}
	s.press("q")
	if code := s.ended(); code != exitFine {
		t.Errorf("it ended with %d", code)
	}
	s.restored()
	if after := s.screen(); !strings.Contains(after, "screen-") {
		t.Errorf("where the warnings are is not told:\n%s", after)
	}
}

// TestWhatLibrariesSaidIsPlain: it is shown on the terminal when a session ends with an error, and servers' answers are quoted in it.
func TestWhatLibrariesSaidIsPlain(t *testing.T) {
	got := plainLines([]byte("SDK WARN answered \x1b]52;c;cm0=\x07\x1b[2Jno\r\n\u202eleft\nlast"))
	if strings.ContainsAny(got, "\x1b\x07\r\u202e") || strings.Count(got, "\n") != 3 || !strings.HasPrefix(got, "SDK WARN answered ") {
		t.Errorf("%q", got)
	}
}
