package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// BenchmarkWayBack is the way back of every cell of 250 chains from the command line to its end, with both Directors of green down, an AWS
// that answers nothing, and the journal's bucket gone with it: its plan is made and approved, and carried out in a break-glass journal.
func BenchmarkWayBack(b *testing.B) {
	w := benchWorld(b, rehearsal.Options{Scenario: "settling", Idle: true, Clock: worldclock.New(model.Now(), 1)})
	dir := b.TempDir()
	env := []string{
		"SWITCHYARD_CONFIG=" + w.ConfigPath(), "XDG_STATE_HOME=" + dir + "/state", "XDG_CACHE_HOME=" + dir + "/cache", "HOME=" + dir,
	}
	run := func(args ...string) string {
		b.Helper()
		cmd := built(b, args...)
		cmd.Env = append(cmd.Env, env...)
		var said bytes.Buffer
		cmd.Stderr = &said
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("%v: %v\n%s%s", args, err, out, said.Bytes())
		}
		return string(out)
	}
	_, doc, _ := strings.Cut(run("routes", "show"), "{")
	text, err := os.ReadFile(w.ConfigPath())
	if err != nil {
		b.Fatal(err)
	}
	// As in a real environment, of which a user remembers the records that were read.
	text = bytes.Replace(text, []byte("\nrehearsal: settling\n"), []byte("\n"), 1)
	bucket := []byte("journal: {s3: {bucket: switchyard-journal, aws_region: eu-north-1}}")
	text = bytes.Replace(text, []byte("journal: {dir: journal}"), bucket, 1)
	first := filepath.Join(dir, "routes.json")
	err = errors.Join(os.WriteFile(w.ConfigPath(), text, 0o600), os.WriteFile(first, []byte("{"+doc), 0o600), os.Mkdir(dir+"/.aws", 0o700),
		os.WriteFile(dir+"/.aws/credentials", []byte("[default]\naws_access_key_id = AKIAOPERATOR\naws_secret_access_key = x\n"), 0o600))
	if err != nil {
		b.Fatal(err)
	}
	run("journal", "--begin", "--routes="+first)
	run("routes", "show", "--json") // and the records are remembered
	for _, d := range w.Cluster(model.Green).Directors() {
		err = errors.Join(err, d.Stop())
	}
	if err = errors.Join(err, w.Fault("aws-unreachable", "")); err != nil {
		b.Fatal(err)
	}
	back := []string{"shift", "--all", "--to", "both", "--break-glass=" + filepath.Join(dir, "glass"), "--reason=AWS is gone"}
	calmDown(b)
	once(b, func() {
		began := time.Now()
		_, confirm, _ := strings.Cut(run(append(back, "--json")...), `"confirm": "`)
		confirm, _, _ = strings.Cut(confirm, `"`)
		planned := time.Now()
		run(apply(back, "--confirm="+confirm)...)
		b.ReportMetric(planned.Sub(began).Seconds(), "s-planned")
		b.ReportMetric(time.Since(began).Seconds(), "s-back")
	})
}
