package config

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/model"
)

// TestStorageRoom reads what a command prints, and believes none of what is not all names and numbers.
func TestStorageRoom(t *testing.T) {
	file := filepath.Join(t.TempDir(), "room")
	c := &Config{loader: &loader{dir: t.TempDir()}}
	if _, err := c.StorageRoom(t.Context(), model.Green); !errors.Is(err, model.ErrNone) {
		t.Errorf("no command: %v", err)
	}
	c.Clusters[model.Green].Room = []string{"cat", file}
	for _, x := range []struct {
		text, says string
		want       map[string]uint64
	}{
		{"sd-1 1000\n\n  sd-2\t0\n", "", map[string]uint64{"sd-1": 1000, "sd-2": 0}},
		{"sd-1 1000", "", map[string]uint64{"sd-1": 1000}},
		{"", "printed nothing", nil},
		{"sd-1 1000\nsd-1 2000\n", "twice", nil},
		{"sd-1 -5\n", "no Storage's name", nil},
		{"sd-1 1e9\n", "no Storage's name", nil},
		{"sd-1 99999999999999999999\n", "no Storage's name", nil},
		{"Filesystem Avail\nsd-1 1000\n", "no Storage's name", nil},
		{"sd-1 1000 kB\n", "no Storage's name", nil},
		{"sd\x1b[31m 5\n", `"sd 5" is no`, nil},
	} {
		if err := os.WriteFile(file, []byte(x.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := c.StorageRoom(t.Context(), model.Green)
		if !maps.Equal(got, x.want) || (err == nil) != (x.says == "") || err != nil && !strings.Contains(err.Error(), x.says) {
			t.Errorf("%q: %v, %v", x.text, got, err)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got, err := c.StorageRoom(t.Context(), model.Green); err == nil {
		t.Errorf("a command that fails: %v", got)
	}
}
