//go:build lab

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/model"
)

// labConfig is the lab's configuration with other words in it, old and new in turn, all at once.
func labConfig(t *testing.T, words ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(labDir, "switchyard.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	other := strings.NewReplacer(words...).Replace(string(text))
	if other == string(text) {
		t.Fatalf("%q is not in:\n%s", words[0], text)
	}
	f, err := os.CreateTemp(labDir, "switchyard-identity-*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(f.Name()) })
	if _, err := f.WriteString(other); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// TestTheLabsSourcesAreKnown crosses what leads to real Directors and servers, and only reads.
func TestTheLabsSourcesAreKnown(t *testing.T) {
	needsLab(t)
	at := labAddresses(t)
	s := &stage{crew: crew{t: t, env: []string{asProgram + "=1"}}}
	asks := func(config, on string, words ...string) {
		t.Helper()
		said := s.does(1, "doctor", "--config", config)
		s.says(said, words...)
		if strings.Contains(said, " 0 need somebody") {
			t.Error("doctor: 0 need somebody")
		}
		s.says(
			s.does(1, "backup", "--chain=chain01", "--region=region1", "--kind=regular", "--on="+on, "--config="+config),
			"wrong target",
			"it is blocked",
		)
	}

	snap := s.look(filepath.Join(labDir, "switchyard.yaml"))
	for _, c := range model.Clusters {
		if is := snap.Clusters[c].Catalog; is.Target != model.Holds || is.Identity == "" ||
			snap.Clusters[c].Directors[0].Uses.Database != "bacula" {
			t.Errorf("%s: %+v, its Director uses %+v", c, is, snap.Clusters[c].Directors[0].Uses)
		}
	}

	const prefix = "[/usr/sbin/bconsole, -n, -c, "
	blue, green := prefix+labDir+"/blue/watch.conf]", "[/usr/sbin/chroot, "+labDir+"/root, /usr/sbin/bconsole, -n, "+
		"-c, "+labDir+"/green/watch.conf]"
	crossed := labConfig(t, swap(blue, green)...)
	asks(crossed, "blue", "FAIL  identity blue director blue-dir: wrong target", `the Director that answers is "green-dir", not "blue-dir"`)
	asks(crossed, "green", `the Director that answers is "blue-dir", not "green-dir"`)

	hosts := `hosts: ["` + at["proxy-green"] + `", "` + at["proxy-replica"] + `"]`
	alone := `hosts: ["` + at["proxy-blue"] + `"]`
	tls := `tls: {mode: required, ca: secrets/ca.pem, server_name: localhost}`
	asks(
		labConfig(
			t,
			alone+"\n      database: bacula\n      tls: {mode: \"off\"}",
			hosts+"\n      database: bacula\n      "+tls,
			hosts+"\n      database: bacula\n      "+tls,
			alone+"\n      database: bacula\n      tls: {mode: \"off\"}",
		),
		"blue",
		"FAIL  identity blue catalog: wrong target",
		"FAIL  identity green catalog: wrong target",
	)

	// MariaDB has no UUID: by the proxy and by itself it is one server all the same.
	same := labConfig(
		t,
		hosts+"\n      database: bacula\n      "+tls,
		`hosts: ["`+at["db-blue"]+"\"]\n      database: bacula\n      tls: {mode: \"off\"}",
	)
	snap = s.look(same)
	if a, b := snap.Clusters[model.Blue].Catalog.Identity, snap.Clusters[model.Green].Catalog.Identity; a != b || a == "" {
		t.Errorf("one server is %q and %q", a, b)
	}
	nothingIsProven(t, snap, model.Green)
	asks(same, "green", "FAIL  identity green catalog: wrong target")
}
