package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatIsKeptNeedsNoFile: a configuration that was kept is read where none of the files is that it names: certificates, a template, and
// classes of instances. One whose certificates were not kept says so.
func TestWhatIsKeptNeedsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "c"), os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "c", "switchyard.yaml")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	classes := filepath.Join(dir, "c", "classes.csv")
	text := strings.Replace(string(source), "\nrds:\n", "\nrds:\n  classes: classes.csv\n", 1)
	if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), os.WriteFile(classes, []byte("not classes\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	_, parsed := cfg.InstanceClasses()
	kept, _, err := cfg.Keep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "c")); err != nil {
		t.Fatal(err)
	}
	again, err := LoadKept(file, &kept)
	if err != nil {
		t.Fatal(err)
	}
	for c := range again.Clusters {
		was, is := cfg.Clusters[c].Catalog.TLS, again.Clusters[c].Catalog.TLS
		if pem, err := is.Certificates(); err != nil || (pem == nil) != (was.Off || was.CA == "") {
			t.Errorf("cluster %d: %d bytes of certificates, %v", c, len(pem), err)
		}
	}
	if _, err := again.InstanceClasses(); err == nil || errors.Is(err, fs.ErrNotExist) || err.Error() != parsed.Error() {
		t.Errorf("its classes: %v, and they were read as %v", err, parsed)
	}
	if len(kept.Files) < 2 {
		t.Errorf("%d files were kept", len(kept.Files))
	}
	kept.Files = nil
	if _, err := LoadKept(file, &kept); err == nil || !strings.Contains(err.Error(), "was not kept") {
		t.Errorf("without its certificates: %v", err)
	}
}
