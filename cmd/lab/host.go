package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// hostPackages are blue and the tools that make green.
var hostPackages = []string{
	"bacula-director", "bacula-director-mysql", "bacula-sd", "bacula-fd", "bacula-console",
	"mariadb-server-core", "mariadb-client", "mmdebstrap", "zstd", "tzdata", "debian-archive-keyring", "strace",
}

const codename = "bookworm" // its Bacula is the 9.6 of blue

// checkHost refuses a machine that cannot hold the lab, in words.
func checkHost() error {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return fmt.Errorf("%w: it needs Debian 12: %w", errNeeds, err)
	}
	if !strings.Contains(string(release), "VERSION_CODENAME="+codename+"\n") || !strings.Contains(string(release), "ID=debian\n") {
		return fmt.Errorf("%w: it needs Debian 12 (%s), whose archive has Bacula 9.6", errNeeds, codename)
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: it needs root, to install packages and to run green in a root directory of its own", errNeeds)
	}
	return nil
}

// installHost installs what is missing, starting no service.
func (l *lab) installHost(ctx context.Context) error {
	var missing []string
	have := versions("/var/lib/dpkg")
	for _, p := range hostPackages {
		if have[p] == "" {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	l.say("installing %s", strings.Join(missing, " "))
	restore, err := forbidServices("/usr/sbin/policy-rc.d")
	if err != nil {
		return err
	}
	defer restore()
	preseed := exec.CommandContext(ctx, "debconf-set-selections")
	preseed.Stdin = strings.NewReader("bacula-director-mysql bacula-director-mysql/dbconfig-install boolean false\n")
	if out, err := preseed.CombinedOutput(); err != nil {
		return fmt.Errorf("answering the packages' questions: %w: %s", err, tail(out))
	}
	install := append([]string{"install", "-y", "-q", "--no-install-recommends"}, missing...)
	if _, err = apt(ctx, install...); err == nil {
		return nil
	}
	if out, err := apt(ctx, "update", "-q"); err != nil {
		return fmt.Errorf("%w: apt-get update: %w: %s", errUnreachable, err, tail(out))
	}
	if out, err := apt(ctx, install...); err != nil {
		return fmt.Errorf("%w: apt-get install: %w: %s", errUnreachable, err, tail(out))
	}
	return nil
}

func apt(ctx context.Context, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "apt-get", args...)
	c.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true", "LC_ALL=C.UTF-8")
	return c.CombinedOutput()
}

// forbidServices makes installing packages start nothing, and returns how to put things back.
func forbidServices(policy string) (func(), error) {
	aside := policy + ".before-lab"
	var exit *exec.ExitError
	if err := exec.Command(policy, "bacula-director", "start").Run(); errors.As(err, &exit) && exit.ExitCode() == 101 {
		return func() {}, nil
	}
	if err := os.Rename(policy, aside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("setting %s aside: %w", policy, err)
	}
	if err := os.WriteFile(policy, []byte("#!/bin/sh\nexit 101\n"), 0o755); err != nil {
		return nil, fmt.Errorf("keeping services from starting: %w", err)
	}
	return func() {
		if os.Rename(aside, policy) != nil {
			os.Remove(policy)
		}
	}, nil
}

// versions are the installed packages below a dpkg administrative directory.
func versions(admin string) map[string]string {
	out, err := exec.Command("dpkg-query", "--admindir="+admin, "-W", "-f", "${db:Status-Abbrev} ${Package} ${Version}\n").Output()
	if err != nil {
		return nil
	}
	have := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "ii" {
			have[f[1]] = f[2]
		}
	}
	return have
}

// hostSources are the texts of the host's apt sources by path.
func hostSources() map[string]string {
	texts := map[string]string{}
	paths, _ := filepath.Glob("/etc/apt/sources.list.d/*")
	for _, p := range append([]string{"/etc/apt/sources.list"}, paths...) {
		if b, err := os.ReadFile(p); err == nil {
			texts[p] = string(b)
		}
	}
	return texts
}

// mirror finds the archive that carries a suite's main component in the texts of apt sources, in both of apt's formats.
func mirror(texts map[string]string, suite string) (string, error) {
	var paths []string
	for p := range texts {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		find := oneLine
		if strings.HasSuffix(p, ".sources") {
			find = deb822
		}
		if uri := find(texts[p], suite); uri != "" {
			return uri, nil
		}
	}
	return "", fmt.Errorf("%w: no apt source of this machine has %s main", errNeeds, suite)
}

// oneLine reads "deb [options] URI suite components...".
func oneLine(text, suite string) string {
	for line := range strings.Lines(text) {
		if before, rest, ok := strings.Cut(line, "["); ok && strings.TrimSpace(before) == "deb" {
			_, after, _ := strings.Cut(rest, "]")
			line = "deb " + after
		}
		f := strings.Fields(line)
		if len(f) > 3 && f[0] == "deb" && f[2] == suite && slices.Contains(f[3:], "main") {
			return f[1]
		}
	}
	return ""
}

// deb822 reads stanzas of "Field: values".
func deb822(text, suite string) string {
	for stanza := range strings.SplitSeq(text, "\n\n") {
		field := map[string][]string{}
		for line := range strings.Lines(stanza) {
			if name, values, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, " ") {
				field[strings.ToLower(name)] = strings.Fields(values)
			}
		}
		if slices.Contains(field["types"], "deb") && slices.Contains(field["suites"], suite) &&
			slices.Contains(field["components"], "main") && len(field["uris"]) > 0 && !slices.Contains(field["enabled"], "no") {
			return field["uris"][0]
		}
	}
	return ""
}

// tail is the end of a command's output, where it says what was wrong.
func tail(out []byte) string {
	s := strings.TrimSpace(string(out))
	if len(s) > 1500 {
		s = "..." + s[len(s)-1500:]
	}
	return s
}
