//go:build lab

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// given is the cell that is backed up and restored here, by both clusters.
var given = cell{Cell: model.Cell{Chain: "chain05", Region: "region1", Kind: model.Regular}}

const (
	ownClient   = "db1-fd"
	otherClient = "db2-fd"
)

// backsUp runs a backup of a cell by hand, and waits until the catalog calls it good.
func backsUp(t *testing.T, cluster string, of cell, level string) {
	t.Helper()
	said := types(t, cluster, "run job="+of.Name()+" level="+level+" yes")
	m := queued.FindStringSubmatch(said)
	if m == nil {
		t.Fatalf("%s: %s was not started: %s", cluster, of.Name(), said)
	}
	eventually(t, time.Minute, "JobId "+m[1]+" of "+cluster+" ended well", func() bool {
		return len(sqlRows(t, cluster, "SELECT 1 FROM Job WHERE JobStatus = 'T' AND JobId = "+m[1])) == 1
	})
}

// changes lets the cell's directory differ from what its last backup holds: one more file, and another content of one. Both are put back.
func changes(t *testing.T, cluster, word string) {
	t.Helper()
	dir := here.path("data", given.Chain, given.Region, given.Kind.String())
	added, other := filepath.Join(dir, "added-"+cluster+"-"+word), filepath.Join(dir, "binlog.000003")
	was := readFile(t, other)
	t.Cleanup(func() {
		if err := errors.Join(os.Remove(added), os.WriteFile(other, []byte(was), 0o644)); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(os.WriteFile(added, []byte(word), 0o644),
		os.WriteFile(other, []byte(cluster+" "+word+"\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// chainOfThree makes a full, a differential and an incremental backup, each with its changes, and gives a copy of what is there then.
func chainOfThree(t *testing.T, cluster string) (copied string) {
	t.Helper()
	for _, level := range []string{"Full", "Differential", "Incremental"} {
		changes(t, cluster, strings.ToLower(level))
		backsUp(t, cluster, given, level)
	}
	copied = t.TempDir()
	dir := here.path("data", given.Chain, given.Region, given.Kind.String())
	if out, err := exec.Command("cp", "-a", dir+"/.", copied).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return copied
}

// verb runs a verb that acts, to its end.
func verb(t *testing.T, args ...string) (stdout string, exit int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out, diag bytes.Buffer
	if !slices.Contains(args, "--config") {
		args = append(args, "--config", labConfig())
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &out, &diag
	_ = cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("switchyard %s was not started", strings.Join(args, " "))
	}
	if diag.Len() > 0 {
		t.Logf("switchyard %s: %s", args[0], diag.String())
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// restores restores the newest point of a cluster to a client, and gives what the action left.
func restores(t *testing.T, cluster, client string) *record.FoundRestored {
	t.Helper()
	out, exit := verb(t, "restore", "--chain", given.Chain, "--region", given.Region, "--kind", given.Kind.String(), "--from", cluster,
		"--client", client, "--where", here.path("restored"), "--apply", "--json", "--confirm", "restore "+given.Chain+" "+client,
		"--reason", "the lab proves that it can be restored")
	var told struct {
		Plan   *plan.Plan
		Action *record.Action
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil || exit != 0 || told.Action == nil || told.Action.Restored() == nil {
		t.Fatalf("%s to %s: exit %d, %v: %.3000s", cluster, client, exit, err, out)
	}
	if n := len(told.Plan.Ask.Restore.JobIDs); n != 3 {
		t.Errorf("%s to %s: its set has %d jobs, not a full, a differential and an incremental one", cluster, client, n)
	}
	return told.Action.Restored()
}

// same compares two trees to the last byte.
func same(t *testing.T, want, got string) {
	t.Helper()
	if out, err := exec.Command("diff", "-r", want, got).CombinedOutput(); err != nil {
		t.Errorf("diff -r: %v: %.1000s", err, out)
	}
}

// TestTheLabRestoresThreeLevels restores a full, a differential and an incremental backup of one cell from either cluster, to another
// client and to its own, and compares the trees. Then both catalogs are stopped, and the bootstraps of a card bring back the same.
func TestTheLabRestoresThreeLevels(t *testing.T) {
	quiet(t)
	below := filepath.Join(here.path("data"), given.Chain, given.Region, given.Kind.String())
	source, err := filepath.EvalSymlinks(below)
	if err != nil {
		t.Fatal(err)
	}
	source = strings.TrimPrefix(source, here.root()) // as file daemons and volumes have it
	clients := []string{otherClient, ownClient}
	if testing.Short() {
		clients = clients[:1] // to its own client nothing differs but the name
	}
	wants := map[string]string{}
	for _, cluster := range clusters {
		wants[cluster] = chainOfThree(t, cluster)
		for _, client := range clients {
			r := restores(t, cluster, client)
			t.Cleanup(func() { _ = os.RemoveAll(r.Where) })
			same(t, wants[cluster], filepath.Join(r.Where, source))
			t.Logf("%s to %s: %d files, %s in %s", cluster, client, r.Files, model.Size(r.Bytes), r.Where)
		}
	}
	cards := t.TempDir()
	if out, exit := verb(t, "cards", cards); exit > 1 {
		t.Fatalf("cards: exit %d: %s", exit, out)
	}
	for _, server := range clusters {
		t.Cleanup(breaks(t, "catalog-stopped", server))
	}
	for _, cluster := range clusters {
		extracted := extracts(t, cluster, cards)
		same(t, wants[cluster], filepath.Join(extracted, source))
	}
}

var archiveDevice = regexp.MustCompile(`(?s)Device \{\s+Name = (\S+)\s+Media Type = (\S+)`)

// extracts lets bextract read the volumes by a card's bootstrap, with the configuration of the cluster's Storage Daemon, and gives the
// directory that it wrote into.
func extracts(t *testing.T, cluster, cards string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cards, fmt.Sprintf("%s-%s-%s-%s-*.bsr", given.Chain, given.Region, given.Kind, cluster)))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: bootstraps %v, %v", cluster, files, err)
	}
	work := here.path(cluster, "extracted")
	if err := errors.Join(os.RemoveAll(work), os.Mkdir(work, 0o755)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(work) })
	bsr, err := os.ReadFile(files[0])
	if err == nil {
		err = os.WriteFile(filepath.Join(work, "card.bsr"), bsr, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	daemon := here.path(cluster, cluster+"-sd", "bacula-sd.conf")
	conf, err := os.ReadFile(daemon)
	if err != nil {
		t.Fatal(err)
	}
	media := regexp.MustCompile(`MediaType="(.+)"`).FindSubmatch(bsr)
	device := ""
	for _, m := range archiveDevice.FindAllSubmatch(conf, -1) {
		if media != nil && string(m[2]) == string(media[1]) {
			device = string(m[1])
		}
	}
	if device == "" {
		t.Fatalf("%s: no device reads media type %s", cluster, media)
	}
	argv := []string{"bextract", "-b", filepath.Join(work, "card.bsr"), "-c", daemon, device, work}
	if cluster == "green" {
		argv = append([]string{"chroot", here.root()}, argv...)
	}
	out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %s: %v: %.2000s", cluster, strings.Join(argv, " "), err, out)
	}
	t.Logf("%s: %.300s", cluster, out)
	return work
}
