package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// open makes a directory that everybody may enter, and its parent so.
func open(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// laidOut is a configuration with its inventory and a console of its own, in directories that nobody else may write to.
func laidOut(t *testing.T) (dir string, load func() *Config) {
	t.Helper()
	top := open(t, t.TempDir())
	dir = open(t, filepath.Join(top, "etc", "switchyard"))
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"switchyard.yaml", "inventory.yaml", "ca.pem"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		write(name, string(b), 0o600)
	}
	write("console", "#!/bin/sh\n", 0o700)
	write("blue.conf", "Director {}\n", 0o600)
	write("routed.tmpl", "", 0o600)
	file := filepath.Join(dir, "switchyard.yaml")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write("switchyard.yaml", strings.Replace(string(b), "[bconsole, -n, -c, /etc/switchyard/blue-act.conf]", "[./console, -n, -c, "+
		filepath.Join(dir, "blue.conf")+"]", 1), 0o600)
	return dir, func() *Config {
		c, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// TestEveryVectorDecides: whatever an argument vector is for, and however it names a file, who may write that file decides what is done.
func TestEveryVectorDecides(t *testing.T) {
	t.Parallel()
	const (
		act     = "      passive: [ssh, dir-old2, bconsole, -n]\n    catalog: {user: switchyard_act"
		passive = `passive: {name: dir-old2, address: "127.0.0.1:19102"`
	)
	onTheNight := "recover:\n  " + strings.TrimSpace(strings.ReplaceAll(whoComesUp+drillsWith, "\n", "\n  ")) + "\n"
	for what, with := range map[string]func(whole, loose string) string{
		"the Console that pushes": func(s, loose string) string {
			return strings.Replace(s, act, "      push: {active: ["+loose+"]}\n"+act, 1)
		},
		"the service manager": func(s, loose string) string {
			return strings.Replace(s, passive, passive+", service: {state: [ssh, d2, show], mask: ["+loose+"]}", 1)
		},
		"the hold of a configuration manager": func(s, loose string) string {
			return withPush(t, pushed+holding, "[ssh, dir-new, manager-hold, show]", "["+loose+"]")
		},
		"who comes up":       func(s, loose string) string { return s + strings.Replace(onTheNight, "[start]", "["+loose+"]", 1) },
		"what a drill makes": func(s, loose string) string { return s + strings.Replace(onTheNight, "[make-copy]", "["+loose+"]", 1) },
		"a file behind an option": func(s, loose string) string {
			return strings.Replace(s, "[./console, -n, -c, ", "[./console, -n, -c"+loose+", ", 1)
		},
		"a file behind an equals sign": func(s, loose string) string {
			return strings.Replace(s, "[./console, -n, -c, ", "[./console, --config=loose, ", 1)
		},
		"a name beside the configuration": func(s, loose string) string {
			return strings.Replace(s, "[./console, -n, -c, ", "[./console, loose, ", 1)
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir, load := laidOut(t)
			file, loose := filepath.Join(dir, "switchyard.yaml"), filepath.Join(dir, "loose")
			was, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := with(string(was), loose)
			if text == string(was) {
				t.Fatal("nothing was written")
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(loose, nil, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := load().Trusted(); err != nil {
				t.Fatalf("as it was laid out: %v", err)
			}
			if err := os.Chmod(loose, 0o722); err != nil {
				t.Fatal(err)
			}
			if err := load().Trusted(); err == nil || !strings.Contains(err.Error(), loose+" may be written by others") {
				t.Errorf("what everybody may write is run: %v", err)
			}
		})
	}
}

func TestWhatOthersDecideIsNotActedBy(t *testing.T) {
	t.Parallel()
	dir, load := laidOut(t)
	if err := load().Trusted(); err != nil {
		t.Fatalf("as it was laid out: %v", err)
	}
	for name, mode := range map[string]os.FileMode{"switchyard.yaml": 0o620, "inventory.yaml": 0o602, "console": 0o722, "blue.conf": 0o666,
		"ca.pem": 0o666, ".": 0o777, "..": 0o720} {
		path := filepath.Join(dir, name)
		was, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := load().Trusted(); err == nil || !strings.Contains(err.Error(), "may be written by others") ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s with mode %o: %v", name, mode, err)
		}
		if err := os.Chmod(path, was.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	if err := load().Trusted(); err != nil {
		t.Errorf("a sticky directory keeps files apart: %v", err)
	}
}

// TestARecoveryIsDecidedByWhatItRuns: beside the bundle and the key, by the Consoles of who comes up, wherever they stand; what else the
// configuration names belongs to machines that are gone.
func TestARecoveryIsDecidedByWhatItRuns(t *testing.T) {
	t.Parallel()
	for _, drill := range []bool{false, true} {
		dir, load := laidOut(t)
		bundle, loose, night := filepath.Join(dir, "bundle"), filepath.Join(dir, "loose"), filepath.Join(dir, "night.yaml")
		says := strings.Replace(whoComesUp, "[bconsole, -c, act.conf]", "[bconsole, -c, "+loose+"]", 1)
		for path, text := range map[string]string{bundle: "", loose: "", night: says} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := load(), error(nil)
		if c.Recover, err = LoadRecover(night); err != nil {
			t.Fatal(err)
		}
		c.Recovering(Origin{Bundle: bundle, Identity: bundle, Director: night, Drill: drill})
		looks := func(path, want string) {
			t.Helper()
			if err := os.Chmod(path, 0o722); err != nil {
				t.Fatal(err)
			}
			if err := c.Trusted(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("drill %v, %s: %v", drill, path, err)
			}
			if err := os.Chmod(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Trusted(); err != nil {
			t.Fatalf("as it was laid out: %v", err)
		}
		looks(loose, loose+" may be written by others")
		if os.Geteuid() == 0 { // as it is where the Director's own account has it
			if err := os.Chown(loose, 12345, 0); err != nil {
				t.Fatal(err)
			}
			if err := c.Trusted(); err != nil {
				t.Errorf("drill %v: %v", drill, err)
			}
		}
		looks(night, night+" may be written by others")
		looks(bundle, bundle+" may be written by others")
		looks(filepath.Join(dir, "console"), map[bool]string{true: "console may be written by others"}[drill])
	}
}

func TestALinkIsFollowedToWhatItDecides(t *testing.T) {
	t.Parallel()
	dir, load := laidOut(t)
	loose := open(t, filepath.Join(t.TempDir(), "loose"))
	if err := os.Rename(filepath.Join(dir, "console"), filepath.Join(loose, "console")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(loose, "console"), filepath.Join(dir, "console")); err != nil {
		t.Fatal(err)
	}
	if err := load().Trusted(); err != nil {
		t.Fatalf("a link to what is ours: %v", err)
	}
	if err := os.Chmod(loose, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := load().Trusted(); err == nil || !strings.Contains(err.Error(), loose+" may be written by others") {
		t.Errorf("a link through a directory that everybody writes to: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "console")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("console", filepath.Join(dir, "console")); err != nil {
		t.Fatal(err)
	}
	if _, err := mine(filepath.Join(dir, "console"), false); err != nil {
		t.Errorf("one step of a link to itself: %v", err)
	}
	if err := (owned{what: "a loop", path: filepath.Join(dir, "console")}).trusted(); err == nil ||
		!strings.Contains(err.Error(), "too many links") {
		t.Errorf("a link to itself: %v", err)
	}
}

func TestWhereNobodyElseComesModesDoNotMatter(t *testing.T) {
	t.Parallel()
	dir, load := laidOut(t)
	for path, mode := range map[string]os.FileMode{filepath.Join(dir, "switchyard.yaml"): 0o666, dir: 0o777, filepath.Dir(dir): 0o700} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := load().Trusted(); err != nil {
		t.Error(err)
	}
}

func TestSomebodyElsesConfigurationIsNotActedBy(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	for _, name := range []string{"switchyard.yaml", "inventory.yaml", "console", "."} {
		dir, load := laidOut(t)
		if err := os.Chown(filepath.Join(dir, name), 12345, 0); err != nil {
			t.Fatal(err)
		}
		if err := load().Trusted(); err == nil || !strings.Contains(err.Error(), "belongs to user 12345") {
			t.Errorf("%s of somebody else: %v", name, err)
		}
	}
}

func TestAnAccountIsPinnedToOneConfiguration(t *testing.T) {
	t.Parallel()
	dir, load := laidOut(t)
	pins := filepath.Join(open(t, t.TempDir()), "pinned")
	c := load()
	if err := c.pinnedIn(pins, "switchyard"); err != nil {
		t.Errorf("without a pin: %v", err)
	}
	open(t, pins)
	pin := func(path string) {
		if err := os.WriteFile(filepath.Join(pins, "switchyard"), []byte(path+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pin(filepath.Join(dir, "switchyard.yaml"))
	if err := c.pinnedIn(pins, "switchyard"); err != nil {
		t.Errorf("the right one: %v", err)
	}
	pin("/etc/switchyard/switchyard.yaml")
	if err := c.pinnedIn(pins, "switchyard"); err == nil || !strings.Contains(err.Error(), "is pinned to /etc/switchyard/switchyard.yaml") {
		t.Errorf("another one: %v", err)
	}
	if err := c.pinnedIn(pins, "alice"); err != nil {
		t.Errorf("somebody else's pin: %v", err)
	}
	if err := c.pinnedIn(pins, "../switchyard"); err == nil {
		t.Error("an account that is a path")
	}
	pin(filepath.Join(dir, "switchyard.yaml"))
	if err := os.Chmod(filepath.Join(pins, "switchyard"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := c.pinnedIn(pins, "switchyard"); err == nil || !strings.Contains(err.Error(), "may be written by others") {
		t.Errorf("a pin that anybody may move: %v", err)
	}
}
