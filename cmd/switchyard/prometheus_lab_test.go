//go:build lab

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// prometheusTool is a program of Debian's package prometheus, from the directory that SWITCHYARD_PROMETHEUS names, or from the PATH.
func prometheusTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(filepath.Join(os.Getenv("SWITCHYARD_PROMETHEUS"), name))
	if err != nil {
		t.Skipf("SKIPPED: no %s here: install Debian's package prometheus, or let SWITCHYARD_PROMETHEUS name the directory it is in", name)
	}
	return path
}

// TestPromtoolTakesWhatTheLabExports checks a scrape and the rules by Prometheus' own tool, which has to find a fault in a scrape that has
// one.
func TestPromtoolTakesWhatTheLabExports(t *testing.T) {
	l := onLab(t)
	tool := prometheusTool(t, "promtool")
	text := l.exported(l.exports())
	check := func(text string) (string, error) {
		cmd := exec.Command(tool, "check", "metrics")
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := check(text); err != nil || out != "" {
		t.Errorf("promtool check metrics: %v: %s", err, out)
	}
	if out, err := check(strings.ReplaceAll(text, "# HELP switchyard_cells ", "# HELP switchyard_cells_total ")); err == nil {
		t.Errorf("promtool takes anything: %s", out)
	}
	rules := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(rules, []byte(l.does(0, "export", "--rules")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool, "check", "rules", rules).CombinedOutput(); err != nil || !strings.Contains(string(out), "SUCCESS") {
		t.Errorf("promtool check rules: %v: %s", err, out)
	}
}

// exported is a scrape of everything: both catalogs and their volumes were read.
func (l *labCrew) exported(scrape func() string) (text string) {
	l.t.Helper()
	l.until("every catalog and its volumes were read", func() bool {
		text = scrape()
		for _, c := range []string{"blue", "green"} {
			if !strings.Contains(text, `switchyard_jobs_open{cluster="`+c+`"`) ||
				!strings.Contains(text, `switchyard_space_volumes{cluster="`+c+`"`) {
				return false
			}
		}
		return true
	})
	return text
}

// configured gives the lab's crew more of a policy.
func (l *labCrew) configured(more string) {
	l.t.Helper()
	text, err := os.ReadFile(l.config)
	if err == nil {
		err = os.WriteFile(l.config, append(text, more...), 0o644)
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// TestAScrapeCostsTheLabsCatalogsNothing counts what each server was asked by the account that watches, while nothing but scrapes goes on.
func TestAScrapeCostsTheLabsCatalogsNothing(t *testing.T) {
	l := onLab(t)
	l.configured("policy: {catalog_every: 10m, server_every: 10m, metrics_every: 10m, instance_every: 10m}\n")
	l.lab("sql", "blue", "SET GLOBAL userstat = 1")
	t.Cleanup(func() { l.lab("sql", "blue", "SET GLOBAL userstat = 0") })
	asked := func() (n [3]int) {
		const onMySQL = "SELECT SUM(COUNT_STAR) FROM performance_schema.events_statements_summary_by_user_by_event_name WHERE USER = " +
			"'switchyard_watch'"
		n[0] = labCount(t, "blue", "SELECT SELECT_COMMANDS + UPDATE_COMMANDS + OTHER_COMMANDS FROM information_schema.USER_STATISTICS "+
			"WHERE USER = 'switchyard_watch'")
		n[1], n[2] = labCount(t, "green", onMySQL), labCount(t, "replica", onMySQL)
		return n
	}
	scrape := l.exports()
	l.exported(scrape)
	var before [3]int
	l.until("the first look is over", func() bool {
		was := before
		before = asked()
		return was == before
	})
	for i, n := range before {
		if n == 0 {
			t.Fatalf("server %d counts nothing: %v", i, before)
		}
	}
	const scrapes = 200
	for range scrapes {
		scrape()
	}
	if after := asked(); after != before {
		t.Errorf("%d scrapes: the servers were asked %v statements, and %v before", scrapes, after, before)
	}
	l.does(1, "status") // what asks is counted
	if after := asked(); after[0] == before[0] || after[1] == before[1] || after[2] == before[2] {
		t.Errorf("one look: %v, and %v before", after, before)
	}
}

// promQL is what Prometheus answers, and what the catalogs say by SQL. A figure that moves may differ by as much as off.
type promQL struct {
	ask    string
	server string
	sql    string
	off    float64
}

// questions to Prometheus and, by hand, to the servers.
func questions() []promQL {
	const open = "SELECT COUNT(*) FROM bacula.Job WHERE JobStatus IN ('C','R','B','c','d','F','i','j','l','L','m','M','p','q','s','S','t')"
	good := func(job string) string {
		return "SELECT UNIX_TIMESTAMP() - MAX(JobTDate) FROM bacula.Job WHERE Name = '" + job + "' AND Type = 'B' AND JobStatus IN ('T', 'W')"
	}
	ended := "SELECT COUNT(*) FROM bacula.Job WHERE Type = 'B' AND Name LIKE 'backup-%' AND JobStatus = 'f' AND JobTDate > UNIX_TIMESTAMP() " +
		"- 7 * 86400"
	return []promQL{
		{`sum(switchyard_jobs_open{cluster="blue"})`, "blue", open, 0},
		{`sum(switchyard_jobs_open{cluster="green"})`, "green", open, 0},
		{`sum(switchyard_space_volumes{cluster="blue"})`, "blue", "SELECT COUNT(*) FROM bacula.Media", 0},
		{`sum(switchyard_space_volumes{cluster="green"})`, "green", "SELECT COUNT(*) FROM bacula.Media", 0},
		{`sum(switchyard_space_bytes{cluster="blue"})`, "blue", "SELECT SUM(VolBytes) FROM bacula.Media", 0},
		{
			`sum(switchyard_space_volumes{cluster="green",status="Used"})`,
			"green",
			"SELECT COUNT(*) FROM bacula.Media WHERE VolStatus = 'Used'",
			0,
		},
		{`switchyard_replica_lag_state{by="server",state="known"}`, "replica",
			"SELECT COUNT(*) FROM performance_schema.replication_applier_status WHERE SERVICE_STATE = 'ON'", 0},
		{`switchyard_cell_last_good_age_seconds{cluster="blue",chain="chain01",region="region1",kind="regular"}`, "blue",
			good("backup-chain01-region1-regular"), 5},
		{`switchyard_cell_last_good_age_seconds{cluster="green",chain="chain09",region="region1",kind="regular"}`, "green",
			good("backup-chain09-region1-regular"), 5},
		{`sum(switchyard_jobs{cluster="blue",type="backup",outcome="failed",window="7d"})`, "blue", ended, 0},
	}
}

// TestPrometheusAgreesWithTheLabsCatalogs lets Prometheus scrape the exporter each second, for ten minutes or half of one in short, and
// asks it and the catalogs the same.
func TestPrometheusAgreesWithTheLabsCatalogs(t *testing.T) {
	l := onLab(t)
	program := prometheusTool(t, "prometheus")
	span := 10 * time.Minute
	if testing.Short() {
		span = 30 * time.Second
	}
	scrape, at, _ := l.exportsAt()
	l.exported(scrape)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"rules.yml": l.does(0, "export", "--rules"),
		"prometheus.yml": fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 5s}\nrule_files: [rules.yml]\n"+
			"scrape_configs:\n- job_name: switchyard\n  static_configs: [{targets: [%q]}]\n", at),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listens := free.Addr().String()
	_ = free.Close()
	cmd := exec.Command(program, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+listens, "--log.level=warn")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if said, _ := os.ReadFile(log.Name()); t.Failed() || len(said) > 0 {
			t.Logf("prometheus said:\n%s", said)
		}
	})
	p := prometheusAt{t, listens}
	l.until("it scrapes", func() bool { _, ok := p.value(`up{job="switchyard"} == 1`); return ok })
	began := time.Now()
	var wrong []string
	agrees := func() bool {
		wrong = nil
		for _, q := range questions() {
			says := labAsk(t, q.server, q.sql)
			want, err := strconv.ParseFloat(says, 64)
			if got, ok := p.value(q.ask); err != nil || !ok || math.Abs(got-want) > q.off {
				wrong = append(wrong, fmt.Sprintf("%s is %v (%v); %s says %q", q.ask, got, ok, q.server, says))
			}
		}
		return len(wrong) == 0
	}
	for until := time.Now().Add(patience); !agrees(); {
		if time.Now().After(until) {
			t.Fatalf("of 10 answers:\n%s", strings.Join(wrong, "\n"))
		}
	}
	time.Sleep(max(0, span-time.Since(began)))
	if !agrees() && !agrees() {
		t.Errorf("after %v, of 10 answers:\n%s", span, strings.Join(wrong, "\n"))
	}
	window := fmt.Sprintf("[%ds]", int(span/time.Second)-5)
	if missed, ok := p.value(`min_over_time(up{job="switchyard"}` + window + `)`); !ok || missed != 1 {
		t.Errorf("a scrape failed: %v %v", missed, ok)
	}
	if n, ok := p.value(`count_over_time(up{job="switchyard"}` + window + `)`); !ok || n < span.Seconds()*0.8-5 {
		t.Errorf("%v scrapes in %v", n, span)
	}
	p.evaluates()
	if slow, ok := p.value(`max_over_time(scrape_duration_seconds{job="switchyard"}` + window + `)`); ok {
		t.Logf("the slowest scrape took %.3f s; %s", slow, time.Since(began).Round(time.Second))
	}
}

// prometheusAt is a Prometheus that can be asked.
type prometheusAt struct {
	t  *testing.T
	at string
}

// evaluates wants every rule to have been evaluated.
func (p prometheusAt) evaluates() {
	p.t.Helper()
	var told struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	answer, err := http.Get("http://" + p.at + "/api/v1/rules")
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
		p.t.Fatal(err)
	}
	n := 0
	for _, g := range told.Data.Groups {
		for _, r := range g.Rules {
			if n++; r.Health != "ok" {
				p.t.Errorf("%s is %s: %s", r.Name, r.Health, r.LastError)
			}
		}
	}
	if n < 20 {
		p.t.Errorf("%d rules were read", n)
	}
}

// value is the one that a query is answered; false: there is none, or more.
func (p prometheusAt) value(query string) (float64, bool) {
	p.t.Helper()
	answer, err := http.Get("http://" + p.at + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return 0, false // it does not listen yet
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusServiceUnavailable { // it is not ready yet
		return 0, false
	}
	var told struct {
		Status string
		Error  string
		Data   struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil || told.Status != "success" {
		p.t.Fatalf("%s: %v %s", query, err, told.Error)
	}
	if len(told.Data.Result) != 1 {
		return 0, false
	}
	v, err := strconv.ParseFloat(fmt.Sprint(told.Data.Result[0].Value[1]), 64)
	return v, err == nil
}
