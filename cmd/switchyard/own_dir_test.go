package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/model"
)

// TestADirectoryInPlaceThatIsNotOurs is what somebody else has made where an account without a home keeps its files.
func TestADirectoryInPlaceThatIsNotOurs(t *testing.T) {
	config := calm.world(t).ConfigPath() // made where temporary files belong
	tmp := t.TempDir()
	for _, name := range []string{"HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv("TMPDIR", tmp)
	ours := filepath.Join(tmp, fmt.Sprintf("switchyard-%d", os.Getuid()))
	dir, err := stateDir()
	if err != nil || !strings.HasPrefix(dir, ours) {
		t.Fatalf("%s, %v", dir, err)
	}
	if _, err := cacheDir(); err == nil {
		t.Error("without a home there is a place to remember the journal in")
	}
	t.Setenv("HOME", ".")
	if dir, err := cacheDir(); err == nil {
		t.Errorf("what was read of the journal is remembered in %s, whatever directory that is", dir)
	}
	t.Setenv("HOME", "")
	for name, spoil := range map[string]func() error{
		"others may write":  func() error { return os.Chmod(ours, 0o777) },
		"a file":            func() error { return os.WriteFile(ours, nil, 0o600) },
		"a link to nowhere": func() error { return os.Symlink(filepath.Join(tmp, "gone"), ours) },
		"another user's":    func() error { return os.Chown(ours, 54321, -1) },
	} {
		if err := os.RemoveAll(ours); err != nil {
			t.Fatal(err)
		}
		if name == "others may write" || name == "another user's" {
			if err := os.Mkdir(ours, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := spoil(); err != nil {
			if name == "another user's" && os.Getuid() != 0 {
				continue
			}
			t.Fatal(err)
		}
		if f, err := outputFile(); err == nil {
			t.Errorf("%s: %s was made there", name, f.Name())
		}
		d := &doctor{site: opened(t, config)}
		d.places()
		finds(t, d.list, model.Fails, "^place of what the runner says: ")
	}
}
