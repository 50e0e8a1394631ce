package export

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// rule is one alert rule. Minutes is how long its expression must hold.
type rule struct {
	name    string
	expr    string
	minutes int
	page    string // its severity: "page" wakes somebody, "ticket" waits for the morning; a template may say
	says    string
	do      string
}

// group is a group of rules.
type group struct {
	name  string
	rules []rule
}

const (
	page   = "page"
	ticket = "ticket"
	// bySeverity takes the cockpit's own.
	bySeverity = `{{ if eq $labels.severity "FAIL" }}page{{ else }}ticket{{ end }}`
)

// absence are the rules of what is not heard: silence is never good, and whatever else is measured is worth nothing then.
func absence() group {
	g := group{name: "switchyard-absence", rules: []rule{
		{"SwitchyardGone", "absent(switchyard_snapshot_age_seconds)", 5, page, "nothing tells of the backups: the exporter is gone",
			"start switchyard export again, and see whether Prometheus reaches it"},
		{
			"SwitchyardStale",
			"switchyard_snapshot_age_seconds > 60",
			2,
			page,
			"the exporter tells what was, not what is",
			"restart switchyard export",
		},
		{"SwitchyardSourceSilent", "switchyard_source_answers == 0", 10, ticket, "{{ $labels.source }} does not answer",
			"switchyard status says why; switchyard doctor says what is missing"},
		{"SwitchyardSourceOld", "switchyard_source_fresh == 0", 15, ticket, "what is known of {{ $labels.source }} is old",
			"switchyard status says why"},
		{"SwitchyardCellsUnknown", `switchyard_cells{health="unknown"} > 0`, 15, page, "of {{ $value }} cells no source can tell",
			"bring back the source that is silent: switchyard status"},
		{"SwitchyardNoLag", `switchyard_replica_lag_state{by="server",state="unknown"} == 1`, 10, ticket,
			"how far {{ $labels.db_instance }} is behind is not known", "see whether its server answers: switchyard rds"},
		{"SwitchyardTakeoverUnknown", `switchyard_takeover{way="emergency",answer="unknown"} == 1`, 15, ticket,
			"whether the replica could take over is not known", "switchyard rds says what is missing"},
		{"SwitchyardNothingTested", "absent(switchyard_restore_test_age_seconds)", 60, ticket, "no restore was ever tested",
			"let a timer run switchyard test-restores --apply"},
		{
			"SwitchyardSpaceOld",
			"switchyard_space_age_seconds > 3600",
			10,
			ticket,
			"how full the storages of {{ $labels.cluster }} are was not read for an hour",
			"switchyard space says why",
		},
	}}
	// One rule for both: promtool takes two of one name and severity for one that was written twice.
	either := func(metric string) string {
		return fmt.Sprintf("absent(%s{cluster=%q}) or absent(%[1]s{cluster=%[3]q})", metric, "blue", "green")
	}
	g.rules = append(g.rules,
		rule{"SwitchyardJobsUnread", either("switchyard_jobs_open"), 15, page,
			"the catalog of {{ $labels.cluster }} is not read: which of its backups ran nobody can tell", "switchyard status says why"},
		rule{"SwitchyardSpaceUnread", either("switchyard_space_age_seconds"), 60, ticket,
			"how full the storages of {{ $labels.cluster }} are is not read", "switchyard space says why"})
	return g
}

// measured are the rules of figures themselves, so that they hold whatever the cockpit makes of them.
func measured() group {
	return group{"switchyard-measured", []rule{
		{
			"SwitchyardGaps",
			`switchyard_cells{health="gap"} > 0`,
			2,
			page,
			"{{ $value }} cells are backed up by nobody",
			"switchyard routes check",
		},
		{
			"SwitchyardPromisesBroken",
			`switchyard_cells{health="broken"} > 0`,
			5,
			page,
			"{{ $value }} cells have no good backup within their promise",
			"switchyard status names them, and what to do",
		},
		{"SwitchyardReplicationBroken", `switchyard_replica_lag_state{by="server",state="broken"} == 1`, 2, page,
			"{{ $labels.db_instance }} does not replicate", "switchyard rds says why"},
		{"SwitchyardNoTakeover", `switchyard_takeover{way="emergency",answer="no"} == 1`, 10, page, "the replica could not take over",
			"switchyard rds says what stands in the way"},
		{"SwitchyardStorageLow", "switchyard_instance_free_storage_ratio < 0.1", 10, page, "{{ $labels.db_instance }} runs out of storage",
			"give it more, or let it grow by itself"},
		{"SwitchyardCertificateEnds", "switchyard_instance_certificate_left_seconds < 259200", 60, page,
			"the certificate of {{ $labels.db_instance }} ends", "rotate its certificate authority"},
		{
			"SwitchyardDrift",
			"switchyard_cells_adrift > 0",
			30,
			ticket,
			"{{ $labels.cluster }} does other than the routes say with {{ $value }} cells",
			"switchyard routes show --effective",
		},
		{"SwitchyardTestsOld", "switchyard_restore_test_age_seconds > 691200", 60, ticket,
			"no restore of {{ $labels.kind }} backups of {{ $labels.region }} on {{ $labels.cluster }} was tested for a week",
			"let a timer run switchyard test-restores --apply"},
		{"SwitchyardStorageFull", "switchyard_space_left_seconds < 1209600", 60, ticket,
			"{{ $labels.storage }} of {{ $labels.cluster }} is full within two weeks", "give it room, or shorten what is kept: switchyard space"},
		{"SwitchyardVolumesBad", "switchyard_space_volumes_bad > 0", 60, ticket,
			"{{ $value }} volumes of {{ $labels.pool }} on {{ $labels.cluster }} are in error", "see the logs of their jobs: switchyard space"},
		{"SwitchyardCellsLeftOut", "switchyard_cells_left_out > 0", 60, ticket, "{{ $value }} cells have no series of their own",
			"raise --cells of switchyard export, or live with it: those that need somebody come first"},
	}}
}

// cockpit is a rule for every cause that the cockpit alerts of.
func cockpit() group {
	g := group{name: "switchyard-cockpit"}
	for _, c := range causes {
		g.rules = append(g.rules, rule{"SwitchyardCockpit" + c.rule,
			fmt.Sprintf(`sum by (cluster, severity) (switchyard_alerts{cause=%q,acknowledged="no",severity!="info"}) > 0`, c.id), c.minutes,
			bySeverity, c.says, "switchyard status tells which, and what to do"})
	}
	return g
}

// groups are all, absence first.
func groups() []group { return []group{absence(), measured(), cockpit()} }

// Rules prints the alert rules in the form of Prometheus.
func Rules(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Alert rules of switchyard, as it prints them: switchyard export --rules. What is not heard comes first.\n" +
		"# severity is page (somebody is called) or ticket (it waits for the morning).\ngroups:\n")
	for _, g := range groups() {
		fmt.Fprintf(&b, "  - name: %s\n    rules:\n", g.name)
		for _, r := range g.rules {
			fmt.Fprintf(&b, "      - alert: %s\n        expr: %s\n", r.name, quoted(r.expr))
			if r.minutes > 0 {
				fmt.Fprintf(&b, "        for: %dm\n", r.minutes)
			}
			fmt.Fprintf(&b, "        labels:\n          severity: %s\n        annotations:\n          summary: %s\n          description: %s\n",
				quoted(r.page), quoted(r.says), quoted(r.do))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// quoted is a text in YAML's double quotes, which read what Go's say.
func quoted(text string) string { return strconv.Quote(text) }
