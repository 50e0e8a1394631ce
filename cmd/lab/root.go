package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// rootPackages are green. dbconfig-no-thanks keeps bacula-director-mysql from looking for a server.
var rootPackages = []string{
	"mysql-server-core", "mysql-client-core", "dbconfig-no-thanks",
	"bacula-director", "bacula-director-mysql", "bacula-sd", "bacula-bscan", "bacula-fd", "bacula-console", "tzdata",
}

const (
	rootSuite = "sid" // the one suite that has both Bacula 15 and MySQL 9
	keyring   = "/usr/share/keyrings/debian-archive-keyring.gpg"
	// Without dbc_install=false bacula-director's postinst fails on a dangling link.
	rootHook = `mkdir -p "$1/etc/dbconfig-common" "$1/usr/sbin"
echo dbc_install=false > "$1/etc/dbconfig-common/bacula-director-mysql.conf"
printf '#!/bin/sh\nexit 101\n' > "$1/usr/sbin/policy-rc.d"
chmod +x "$1/usr/sbin/policy-rc.d"`
)

// mmdebstrapArgs is what makes a root directory from an archive. Dates are not checked: a mirror may be older than this machine's clock
// allows.
func mmdebstrapArgs(dir, uri string, aptOptions []string) []string {
	args := []string{"--mode=root", "--variant=minbase", "--keyring=" + keyring}
	for _, o := range append([]string{
		`Acquire::Check-Valid-Until "false"`, `Acquire::Check-Date "false"`, `APT::Install-Recommends "false"`, `Acquire::Languages "none"`,
	}, aptOptions...) {
		args = append(args, "--aptopt="+o)
	}
	for _, p := range []string{"man", "doc", "locale"} {
		args = append(args, "--dpkgopt=path-exclude=/usr/share/"+p+"/*")
	}
	return append(args, "--essential-hook="+rootHook, "--include="+strings.Join(rootPackages, ","), rootSuite, dir,
		fmt.Sprintf("deb [signed-by=%s] %s %s main", keyring, uri, rootSuite))
}

// recipe names how the root is made, so that a cached one made otherwise is not used.
func recipe() string {
	sum := sha256.Sum256([]byte(strings.Join(mmdebstrapArgs("", "", nil), "\n")))
	return fmt.Sprintf("%x", sum[:4])
}

// cacheName names a root directory's tarball after its recipe and what is in it.
func cacheName(have map[string]string) string {
	clean := strings.NewReplacer(":", "%", "/", "%")
	return fmt.Sprintf(
		"green-%s-bacula-%s-mysql-%s.tar.zst",
		recipe(),
		clean.Replace(have["bacula-director"]),
		clean.Replace(have["mysql-server-core"]),
	)
}

// cached is the newest tarball of this recipe in the cache, or "".
func cached(cache string) string {
	found, _ := filepath.Glob(filepath.Join(cache, "green-"+recipe()+"-*.tar.zst"))
	newest := slices.MaxFunc(append(found, ""), func(a, b string) int { return modified(a).Compare(modified(b)) })
	return newest
}

// makeRoot unpacks green's root directory from the cache, or makes it from the archive and caches it.
func (l *lab) makeRoot(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(l.root(), "etc/debian_version")); err == nil {
		return nil
	}
	cache := cmpEnv("SWITCHYARD_LAB_CACHE", "/var/cache/switchyard-lab")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("making the cache: %w", err)
	}
	half := l.path("root.new")
	if err := os.RemoveAll(half); err != nil {
		return fmt.Errorf("removing a half-made root: %w", err)
	}
	if tarball := cached(cache); tarball != "" {
		l.say("unpacking %s", tarball)
		if err := os.Mkdir(half, 0o755); err != nil {
			return fmt.Errorf("making the root: %w", err)
		}
		if out, err := exec.CommandContext(ctx, "tar", "--zstd", "-xpf", tarball, "-C", half).CombinedOutput(); err != nil {
			return fmt.Errorf("unpacking %s (delete it if it is damaged): %w: %s", tarball, err, tail(out))
		}
		return os.Rename(half, l.root())
	}
	uri, err := mirror(hostSources(), codename)
	if err != nil {
		return err
	}
	l.say("making green's root from %s %s (about a minute)", uri, rootSuite)
	if out, err := exec.CommandContext(ctx, "mmdebstrap", mmdebstrapArgs(half, uri, proxyOptions(ctx))...).CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("%w: mmdebstrap: %w: %s", errUnreachable, err, tail(out)), os.RemoveAll(half))
	}
	tarball := filepath.Join(cache, cacheName(versions(filepath.Join(half, "var/lib/dpkg"))))
	if out, err := exec.CommandContext(ctx, "tar", "-I", "zstd -3 -T0", "-cpf", tarball+".new", "-C", half, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("caching %s: %w: %s", tarball, err, tail(out))
	}
	if err := os.Rename(tarball+".new", tarball); err != nil {
		return fmt.Errorf("caching: %w", err)
	}
	return os.Rename(half, l.root())
}

// proxyOptions are the host's own apt settings about proxies, which mmdebstrap does not read.
func proxyOptions(ctx context.Context) []string {
	out, err := exec.CommandContext(ctx, "apt-config", "dump", "Acquire::http::Proxy", "Acquire::https::Proxy").Output()
	if err != nil {
		return nil
	}
	var options []string
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSuffix(strings.TrimSpace(line), ";"); line != "" && !strings.HasSuffix(line, `""`) {
			options = append(options, line)
		}
	}
	return options
}

// writeVersions records exactly what the lab runs.
func (l *lab) writeVersions() error {
	host, root := versions("/var/lib/dpkg"), versions(filepath.Join(l.root(), "var/lib/dpkg"))
	var b strings.Builder
	for _, p := range hostPackages {
		fmt.Fprintf(&b, "blue  %s %s\n", p, host[p])
	}
	for _, p := range append(slices.Clone(rootPackages), "libmariadb3") {
		fmt.Fprintf(&b, "green %s %s\n", p, root[p])
	}
	_, err := write(l.path("versions.txt"), b.String(), 0o644, me)
	return err
}
