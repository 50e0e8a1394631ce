package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	common "github.com/prometheus/common/model"

	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

var answersAt = regexp.MustCompile(`answers scrapes at (\S+)`)

// exports starts the exporter and returns what a scrape of it reads; empty while it has nothing to tell.
func (s *crew) exports() (scrape func() string) {
	s.t.Helper()
	scrape, _, _ = s.exportsAt()
	return scrape
}

// exportsAt tells where it is scraped, too, and what ends it before the test does.
func (s *crew) exportsAt() (scrape func() string, address string, stop func()) {
	s.t.Helper()
	cmd := s.command("export", "--listen", "127.0.0.1:0")
	errs, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	s.t.Cleanup(stop)
	line, err := bufio.NewReader(errs).ReadString('\n')
	at := answersAt.FindStringSubmatch(line)
	if at == nil {
		s.t.Fatalf("it said %q: %v", line, err)
	}
	client := &http.Client{Timeout: 10 * time.Second}
	scrape = func() string {
		answer, err := client.Get("http://" + at[1])
		if err != nil {
			s.t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			s.t.Fatalf("%v %v: %s", answer.Status, err, text)
		}
		return string(text)
	}
	return scrape, strings.TrimSuffix(at[1], "/metrics"), stop
}

// TestAScrapeCostsTheCatalogsNothing counts what the servers are asked while nothing but scrapes goes on.
func TestAScrapeCostsTheCatalogsNothing(t *testing.T) {
	t.Parallel()
	s := newStageAt(
		t,
		"",
		worldclock.New(model.Now(), 1),
		"policy: {catalog_every: 10m, server_every: 10m, metrics_every: 10m, instance_every: 10m}\n",
	)
	scrape := s.exports()
	var text string
	s.until("every catalog was read", func() bool {
		text = scrape()
		return strings.Contains(text, `switchyard_jobs_open{cluster="blue"`) && strings.Contains(text, `switchyard_jobs_open{cluster="green"`)
	})
	p := expfmt.NewTextParser(common.UTF8Validation)
	families, err := p.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, series := range map[string]int{"cells": 6, "cell_promise_seconds": 16, "gate": 5, "source_answers": 5, "takeover": 6,
		"replica_lag_state": 6, "jobs": 24} {
		if f := families["switchyard_"+name]; f == nil || len(f.Metric) < series {
			t.Errorf("%s: %d series, want %d", name, len(f.GetMetric()), series)
		}
	}
	servers := []*sqlsim.Instance{s.Blue(), s.Primary()}
	asked := func() (n [2]uint64) {
		for i, in := range servers {
			n[i] = in.Load().Questions
		}
		return n
	}
	var before [2]uint64
	s.until("the first look is over", func() bool {
		was := before
		before = asked()
		return was == before
	})
	for range 50 {
		scrape()
	}
	after := asked()
	for c := range after { // some things are asked once a minute, whoever scrapes
		if after[c] > before[c]+3 {
			t.Errorf("50 scrapes: the catalogs were asked %v statements, and %v before", after, before)
		}
	}
}

func TestExportSaysWhoCanReachIt(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	for _, x := range []struct {
		says string
		args []string
	}{
		{"others can reach it", []string{"--listen", "0.0.0.0:9742"}}, {"others can reach it", []string{"--listen", ":9742"}},
		{"others can reach it", []string{"--listen", "10.1.2.3:9742"}}, {"want HOST:PORT", []string{"--listen", "9742"}},
		{"say where to listen", nil}, {"reading --tls-cert", []string{"--listen", ":9742", "--tls-cert", "/none", "--tls-key", "/none"}},
	} {
		s.says(s.does(exitCannot, append([]string{"export"}, x.args...)...), x.says)
	}
	s.says(s.does(exitFine, "export", "--rules"), "absent(switchyard_snapshot_age_seconds)")
	s.says(s.does(exitFine, "export", "--dashboard"), `"name": "cluster"`)
}

// TestNothingKeepsEveryMethod holds that no package asks by name for methods called Methods: the linker then keeps reflect's own of that
// name, and with them every method of every type, which is 24 MB of program. A library of protocol buffers before 1.36.12 did.
func TestNothingKeepsEveryMethod(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-f", `{{if not .Standard}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}
{{end}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(string(out))
	if len(files) < 500 {
		t.Fatalf("go list told of %d files only", len(files))
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `MethodByName("Methods")`) {
			t.Errorf("%s does", filepath.Base(name))
		}
	}
}
