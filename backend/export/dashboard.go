package export

import (
	"encoding/json"
	"io"
)

// panel is one picture: a title, its kind, and what is asked, with the words of the legend.
type panel struct {
	title string
	kind  string // of Grafana: stat, timeseries, table
	unit  string // of Grafana: s, percentunit, bytes; empty: a number
	wide  int    // of 24
	asks  [][2]string
}

// ofCluster is the selector of the dashboard's variable.
const ofCluster = `cluster=~"$cluster"`

func panels() []panel {
	return []panel{
		{"Cells by health", "stat", "", 8, [][2]string{{"switchyard_cells", "{{health}}"}}},
		{"Alerts that nobody acknowledged", "stat", "", 8, [][2]string{{"switchyard_alerts_standing", "{{severity}}"}}},
		{"Sources that do not answer", "stat", "", 8, [][2]string{{"count(switchyard_source_answers == 0) or vector(0)", "silent"},
			{"count(switchyard_source_answers)", "asked"}}},
		{"Good backups of 24 h, share", "timeseries", "percentunit", 12, [][2]string{{
			`sum by (cluster, region, kind) (switchyard_jobs{type="backup",window="24h",outcome=~"ok|warned",` + ofCluster + `}) / ` +
				`sum by (cluster, region, kind) (switchyard_jobs{type="backup",window="24h",` + ofCluster + `})`, "{{cluster}} {{region}} {{kind}}"}}},
		{"Backups of 24 h by how they ended", "timeseries", "", 12, [][2]string{{
			`sum by (cluster, outcome) (switchyard_jobs{type="backup",window="24h",` + ofCluster + `})`, "{{cluster}} {{outcome}}"}}},
		{"Oldest newest good backups", "timeseries", "s", 12, [][2]string{{`topk(10, switchyard_cell_last_good_age_seconds{` + ofCluster + `})`,
			"{{cluster}} {{chain}} {{region}} {{kind}}"}}},
		{"Who takes the cells", "timeseries", "", 12, [][2]string{{"switchyard_cells_routed", "{{route}}"}}},
		{"Jobs now", "timeseries", "", 8, [][2]string{{`switchyard_jobs_open{` + ofCluster + `}`, "{{cluster}} {{outcome}}"}}},
		{"Drift from the routes", "timeseries", "", 8, [][2]string{{`switchyard_cells_adrift{` + ofCluster + `}`, "{{cluster}} {{way}}"}}},
		{"Restore tests, age", "timeseries", "s", 8, [][2]string{{`switchyard_restore_test_age_seconds{` + ofCluster + `}`,
			"{{cluster}} {{region}} {{kind}} {{storage}}"}}},
		{"Replica lag", "timeseries", "s", 8, [][2]string{{`switchyard_replica_lag_seconds{` + ofCluster + `}`, "{{db_instance}} by {{by}}"}}},
		{"Replication, as its server tells", "timeseries", "", 8, [][2]string{{
			`switchyard_replica_lag_state{by="server",` + ofCluster + `}`, "{{db_instance}} {{state}}"}}},
		{"Free storage of the instances", "timeseries", "percentunit", 8, [][2]string{{
			`switchyard_instance_free_storage_ratio{` + ofCluster + `}`, "{{db_instance}}"}}},
		{"Until storages are full at this rate", "timeseries", "s", 8, [][2]string{{`switchyard_space_left_seconds{` + ofCluster + `}`,
			"{{cluster}} {{storage}}"}}},
		{"Held by pool", "timeseries", "bytes", 8, [][2]string{{`sum by (cluster, pool) (switchyard_space_bytes{` + ofCluster + `})`,
			"{{cluster}} {{pool}}"}}},
		{"Volumes in error or overdue", "timeseries", "", 8, [][2]string{
			{`sum by (cluster, pool) (switchyard_space_volumes_bad{` + ofCluster + `})`, "{{cluster}} {{pool}} in error"},
			{`sum by (cluster, pool) (switchyard_space_volumes_overdue{` + ofCluster + `})`, "{{cluster}} {{pool}} overdue"}}},
		{"Gates that stop a phase", "stat", "", 12, [][2]string{{"switchyard_gates_stopping", "{{phase}}"}}},
		{"Age of what is known", "timeseries", "s", 12, [][2]string{{"switchyard_source_age_seconds", "{{source}}"}}},
		{"What the cockpit alerts of", "table", "", 24, [][2]string{{
			`sum by (cluster, cause, severity, acknowledged) (switchyard_alerts{` + `cluster=~"$cluster|"` + `})`, ""}}},
	}
}

// Dashboard prints a dashboard for Grafana, with a variable for the cluster.
func Dashboard(w io.Writer) error {
	type object = map[string]any
	source := object{"type": "prometheus", "uid": "${datasource}"}
	var out []object
	x, y := 0, 0
	for i, p := range panels() {
		if x+p.wide > 24 {
			x, y = 0, y+8
		}
		var targets []object
		format := "time_series"
		if p.kind == "table" {
			format = "table"
		}
		for k, ask := range p.asks {
			targets = append(targets, object{"refId": string(rune('A' + k)), "expr": ask[0], "legendFormat": ask[1], "datasource": source,
				"instant": p.kind != "timeseries", "range": p.kind == "timeseries", "format": format})
		}
		out = append(out, object{"id": i + 1, "title": p.title, "type": p.kind, "datasource": source, "targets": targets,
			"gridPos":     object{"x": x, "y": y, "w": p.wide, "h": 8},
			"fieldConfig": object{"defaults": object{"unit": p.unit, "custom": object{"spanNulls": false}}, "overrides": []any{}}})
		x += p.wide
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(object{
		"title": "Switchyard", "uid": "switchyard", "schemaVersion": 39, "editable": true, "refresh": "30s", "tags": []string{"bacula"},
		"time":   object{"from": "now-24h", "to": "now"},
		"panels": out,
		"templating": object{"list": []object{
			{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "source"},
			{"name": "cluster", "type": "query", "label": "cluster", "datasource": source, "includeAll": true, "multi": true,
				"query": "label_values(switchyard_jobs_open, cluster)", "refresh": 2, "current": object{"text": "All", "value": "$__all"}},
		}},
	})
}
