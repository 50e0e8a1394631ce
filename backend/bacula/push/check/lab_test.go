//go:build lab

package check

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// TestRealToolsAgree gives bdirjson and bacula-dir -t of both generations every defect, within the configuration of the lab's Directors,
// and compares what they say with what is said of it here.
func TestRealToolsAgree(t *testing.T) {
	dir := os.Getenv("SWITCHYARD_LAB")
	if dir == "" {
		t.Skip("SKIPPED: no lab: set SWITCHYARD_LAB to the directory of a running one (make lab)")
	}
	root := filepath.Join(dir, "root")
	for cluster, at := range map[string]struct {
		front []string
		root  string
	}{"blue": {nil, "/"}, "green": {[]string{"/usr/sbin/chroot", root}, root}} {
		t.Run(cluster, func(t *testing.T) {
			secret, err := os.MkdirTemp(filepath.Join(at.root, "tmp"), "switchyard-lab-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(secret) })
			if err := os.WriteFile(filepath.Join(secret, "pw"), []byte("\"of-a-file\"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			out, w := labRendered(t, "/tmp/"+filepath.Base(secret)+"/pw")
			w.Bacula = map[string]Version{"blue": {9, 6}, "green": {15, 0}}[cluster]
			top := labTop(t, filepath.Join(dir, cluster, cluster+"-dir", "bacula-dir.conf"))
			with := Tools{
				Conf:     Tool{Argv: []string{"/bin/cat", top}, Timeout: QuickLimit},
				File:     "/etc/bacula/routed.conf",
				BDirJSON: labTool(at.front, "/usr/sbin/bdirjson -c", QuickLimit),
				Test:     labTool(at.front, "/usr/sbin/bacula-dir -t -c", TestLimit),
			}
			for _, d := range defects {
				labDefect(t, d, with, spoiled(t, d, out.Text), out.Canary, w)
			}
		})
	}
}

func labDefect(t *testing.T, d defect, with Tools, text, canary string, w Want) {
	t.Helper()
	if f, err := conf.Parse(text, conf.Options{}); err == nil && len(f.Resources) > 0 {
		canary = f.Resources[len(f.Resources)-1].Name
	}
	p := Prove(t.Context(), with, text, canary, w)
	if len(p.Asked) != 2 {
		t.Errorf("%s: asked %v: %v", d.name, p.Asked, told(p.Findings))
		return
	}
	want := model.Holds
	if d.bacula {
		want = model.Fails
	}
	for _, a := range p.Asked {
		if a.Verdict != want {
			t.Errorf("%s: %s: %s, want %s: %s", d.name, a.Tool, a.Verdict, want, a.Says)
		}
		if strings.Contains(a.Says, "of-a-file") {
			t.Errorf("%s: %s tells a secret: %s", d.name, a.Tool, a.Says)
		}
	}
	fs := told(p.Findings)
	if clean := d.ours == "" && !d.bacula; clean != (len(fs) == 0) {
		t.Errorf("%s: found %v", d.name, fs)
	}
	if d.ours != "" && !slices.ContainsFunc(fs, func(s string) bool { return strings.Contains(s, d.ours) }) {
		t.Errorf("%s: %q is not in %v", d.name, d.ours, fs)
	}
}

// labTool takes the configuration from its standard input, as what is behind ssh does; a Director reads it twice, so it must be a file.
func labTool(front []string, command string, limit time.Duration) Tool {
	script := fmt.Sprintf("f=$(mktemp) && cat >$f && %s $f; s=$?; rm -f $f; exit $s", command)
	return Tool{Argv: append(slices.Clone(front), "/bin/sh", "-c", script), Dir: "/", Timeout: limit}
}

// labTop is a Director's own configuration without what follows the routes, which it includes instead.
func labTop(t *testing.T, path string) string {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := conf.Parse(string(source), conf.Options{Path: path, Open: func(path string) (string, error) {
		text, err := os.ReadFile(path)
		return string(text), err
	}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, r := range f.Resources {
		end := len(source)
		if i+1 < len(f.Resources) {
			end = f.Resources[i+1].Offset
		}
		if !slices.Contains([]string{"Job", "Client", "FileSet", "Schedule"}, r.Kind) {
			b.WriteString(f.Text[r.Offset:end])
		}
	}
	b.WriteString(`
Client { Name = own-fd; Address = 127.0.0.1; Password = "x"; Catalog = MainCatalog }
FileSet { Name = own; Include { Options { Signature = MD5 }
  File = /x
} }
Job { Name = own; Type = Admin; Client = own-fd; FileSet = own; Pool = reg-region1; Storage = sd-region1; Messages = Standard }
@/etc/bacula/routed.conf
`)
	// Nothing here may touch what the running Director keeps in its own.
	text := regexp.MustCompile(`(?i)(working|pid) *directory *= *".*"`).ReplaceAllString(b.String(), `${1}Directory = "/tmp"`)
	top := filepath.Join(t.TempDir(), "bacula-dir.conf")
	if err := os.WriteFile(top, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return top
}
