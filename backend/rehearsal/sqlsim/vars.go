package sqlsim

import (
	"net"
	"sort"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"
)

func lower(s string) string { return strings.ToLower(s) }

func portOf(addr string) int {
	_, p, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(p)
	return n
}

// defaults are the system variables that a reader asks for, with the values of the server's flavour.
func (in *Instance) defaults() map[string]any {
	v := map[string]any{
		"version": in.cfg.Version, "version_comment": in.cfg.Comment, "version_compile_os": "Linux", "version_compile_machine": "x86_64",
		"server_id": int64(in.cfg.ServerID), "hostname": in.cfg.Name, "datadir": "/var/lib/mysql/",
		"log_bin": true, "binlog_format": "ROW", "sync_binlog": int64(1), "log_replica_updates": true, "log_slave_updates": true,
		"innodb_flush_log_at_trx_commit": int64(1), "innodb_buffer_pool_size": int64(34359738368), "binlog_row_image": "FULL",
		"max_connections": int64(500), "max_allowed_packet": int64(67108864), "wait_timeout": int64(28800), "interactive_timeout": int64(28800),
		"sql_mode": "NO_ENGINE_SUBSTITUTION", "time_zone": "SYSTEM", "system_time_zone": "UTC", "autocommit": true,
		"character_set_server": "utf8mb4",
		"collation_server":     "utf8mb4_0900_ai_ci", "collation_connection": "utf8mb4_0900_ai_ci", "character_set_client": "utf8mb4",
		"lower_case_table_names": int64(0), "event_scheduler": "ON", "performance_schema": true, "innodb_lock_wait_timeout": int64(50),
		"require_secure_transport": in.cfg.Require, "skip_name_resolve": true, "net_write_timeout": int64(60), "net_read_timeout": int64(30),
		"explicit_defaults_for_timestamp": true, "log_bin_trust_function_creators": false, "local_infile": false,
		"innodb_read_only": false, "offline_mode": false, "sql_require_primary_key": false,
	}
	if in.cfg.MariaDB {
		delete(v, "log_replica_updates")
		v["tx_isolation"] = "REPEATABLE-READ"
		v["max_statement_time"] = float64(0)
		v["gtid_strict_mode"] = true
	} else {
		v["transaction_isolation"] = "REPEATABLE-READ"
		v["server_uuid"] = in.cfg.UUID
		v["gtid_mode"] = "ON"
		v["enforce_gtid_consistency"] = "ON"
		v["max_execution_time"] = int64(0)
		v["gtid_purged"] = ""
		v["super_read_only"] = false
		v["binlog_expire_logs_seconds"] = int64(2592000)
	}
	for name, val := range in.cfg.Vars {
		v[name] = val
	}
	return v
}

// sessionOnly are the variables that a session may set for itself. What they do beyond being read back is in limit and change.
var sessionOnly = map[string]bool{
	"max_execution_time": true, "max_statement_time": true, "transaction_read_only": true, "tx_read_only": true, "time_zone": true,
	"sql_mode": true, "autocommit": true, "wait_timeout": true, "net_write_timeout": true, "net_read_timeout": true,
	"transaction_isolation": true, "tx_isolation": true, "lock_wait_timeout": true, "innodb_lock_wait_timeout": true,
	"character_set_results": true, "interactive_timeout": true, "information_schema_stats_expiry": true,
}

// variable is what @@name gives in this session: an int64, a float64, a string or nil.
func (s *session) variable(name string) (any, error) {
	if v, ok := s.vars[name]; ok {
		return plain(v), nil
	}
	switch name {
	case "transaction_read_only", "tx_read_only":
		if name == "tx_read_only" != s.in.cfg.MariaDB {
			break
		}
		return plain(s.readOnly), nil
	case "port":
		return int64(portOf(s.in.Addr())), nil
	case "pseudo_thread_id":
		return int64(s.id), nil
	}
	v, ok := s.in.globals()[name]
	if !ok {
		return nil, mysql.NewDefaultError(mysql.ER_UNKNOWN_SYSTEM_VARIABLE, name)
	}
	return plain(v), nil
}

func plain(v any) any {
	if on, ok := v.(bool); ok {
		if on {
			return int64(1)
		}
		return int64(0)
	}
	return v
}

// globals are all system variables with their values now.
func (in *Instance) globals() map[string]any {
	executed := in.Replication().Executed
	in.mu.Lock()
	defer in.mu.Unlock()
	out := make(map[string]any, len(in.vars)+2)
	for k, v := range in.vars {
		out[k] = v
	}
	out["read_only"] = in.readOnly
	if in.plain {
		out["require_secure_transport"] = false
	}
	if in.cfg.MariaDB {
		out["gtid_binlog_pos"], out["gtid_current_pos"] = executed, executed
	} else {
		out["gtid_executed"] = executed
	}
	return out
}

// set carries out a SET statement.
func (s *session) set(st *statement) error {
	toks := st.toks[1:]
	switch w := strings.TrimPrefix(strings.TrimPrefix(st.words(), "set "), "session "); {
	case strings.HasPrefix(w, "names "), strings.HasPrefix(w, "character set "), strings.HasPrefix(w, "transaction isolation level "):
		return nil
	case w == "transaction read only":
		s.readOnly = true
		return nil
	case w == "transaction read write":
		s.readOnly = false
		return nil
	}
	for len(toks) > 0 {
		n := 0
		for n < len(toks) && !toks[n].is(",") {
			n++
		}
		if err := s.assign(toks[:n], st.query); err != nil {
			return err
		}
		toks = toks[min(n+1, len(toks)):]
	}
	return nil
}

func (s *session) assign(toks []token, query string) error {
	global := false
	if toks[0].is("global") || strings.HasPrefix(lower(toks[0].raw), "@@global.") {
		global = true
	}
	if toks[0].is("global") || toks[0].is("session") || toks[0].is("local") {
		toks = toks[1:]
	}
	if len(toks) > 1 && toks[1].is(":") { // :=
		toks = append([]token{toks[0]}, toks[2:]...)
	}
	if len(toks) != 3 || !toks[1].is("=") || toks[0].is("@") {
		return unknown(query)
	}
	name, val := lower(toks[0].text), toks[2].text
	if global {
		return s.setGlobal(name, val)
	}
	if !sessionOnly[name] {
		s.in.mu.Lock()
		_, known := s.in.vars[name]
		s.in.mu.Unlock()
		if known || name == "read_only" {
			return mysql.NewDefaultError(mysql.ER_GLOBAL_VARIABLE, name)
		}
		return mysql.NewDefaultError(mysql.ER_UNKNOWN_SYSTEM_VARIABLE, name)
	}
	mine := "transaction_read_only"
	if s.in.cfg.MariaDB {
		mine = "tx_read_only"
	}
	switch name {
	case "transaction_read_only", "tx_read_only":
		if name != mine {
			return mysql.NewDefaultError(mysql.ER_UNKNOWN_SYSTEM_VARIABLE, name)
		}
		s.readOnly = truth(val)
		return nil
	case "information_schema_stats_expiry":
		if s.in.cfg.MariaDB {
			return mysql.NewDefaultError(mysql.ER_UNKNOWN_SYSTEM_VARIABLE, name)
		}
	case "max_execution_time", "max_statement_time":
		if name == "max_statement_time" != s.in.cfg.MariaDB {
			return mysql.NewDefaultError(mysql.ER_UNKNOWN_SYSTEM_VARIABLE, name)
		}
	}
	s.vars[name] = typed(val, toks[2].kind)
	return nil
}

func (s *session) setGlobal(name, val string) error {
	if !s.account().Admin {
		return mysql.NewDefaultError(mysql.ER_SPECIFIC_ACCESS_DENIED_ERROR, "SUPER or SYSTEM_VARIABLES_ADMIN")
	}
	if name == "read_only" {
		s.in.SetReadOnly(truth(val))
		return nil
	}
	if _, err := s.variable(name); err != nil {
		return err
	}
	s.in.SetVar(name, typed(val, word))
	return nil
}

func truth(val string) bool {
	return val == "1" || strings.EqualFold(val, "on") || strings.EqualFold(val, "true")
}

func typed(val string, kind tokenKind) any {
	if kind == word {
		if n, err := strconv.ParseInt(val, 10, 64); err == nil {
			return n
		}
		if f, err := strconv.ParseFloat(val, 64); err == nil {
			return f
		}
	}
	return val
}

func shown(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "ON"
		}
		return "OFF"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', 6, 64)
	case string:
		return v
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
