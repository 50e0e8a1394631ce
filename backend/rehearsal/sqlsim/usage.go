package sqlsim

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
)

// Object is something of another schema that may name the server's database: a view, a routine, an event, a trigger, or a reference of a
// foreign key. Of its own database: a member of a role, and rights of accounts on columns and routines.
type Object struct{ Kind, Schema, Name, Text string }

// usage is what the Performance Schema of a server counts, and what else would use its database. Its server's mutex guards it.
type usage struct {
	counts  map[string]int64 // by table, as its name is written
	aside   map[string]bool  // accounts of setup_actors that are not counted
	off     map[string]bool  // instruments and consumers
	objects []Object
	dumps   int // replicas that read the binary log and are nobody's of this world
	elsewhere
	holds map[string]map[string]bool // by account: rights on the database, where they are not those of its kind
}

// Uncounted leaves what accounts do from now on out of what the server counts, as rows of setup_actors do: of new sessions.
func (in *Instance) Uncounted(users ...string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.use.aside == nil {
		in.use.aside = map[string]bool{}
	}
	for _, u := range users {
		in.use.aside[u] = true
	}
}

// Count switches an instrument or a consumer of the Performance Schema on or off.
func (in *Instance) Count(name string, on bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.use.off == nil {
		in.use.off = map[string]bool{}
	}
	in.use.off[name] = !on
}

// Forget sets the counters of all tables back, as TRUNCATE of their summary does.
func (in *Instance) Forget() {
	in.mu.Lock()
	defer in.mu.Unlock()
	clear(in.use.counts)
}

// Have gives the server more objects of other schemas; none takes all of them away.
func (in *Instance) Have(objects ...Object) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.use.objects = append(in.use.objects, objects...); len(objects) == 0 {
		in.use.objects = nil
	}
}

// Dump lets so many replicas that are nobody's read the binary log.
func (in *Instance) Dump(replicas int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.use.dumps = replicas
}

// counted notes that a statement uses tables, once each.
func (s *session) counted(st *statement) {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	if s.aside {
		return
	}
	for i := range st.toks {
		before := st.at(i - 1)
		if before.is(".") {
			before = st.at(i - 3)
		}
		t := s.in.tables[lower(st.toks[i].text)]
		if t != nil && (before.is("from") || before.is("join") || before.is("into") || before.is("update") || before.is(",")) {
			s.in.counts(t.name)
		}
	}
}

// counts adds one to a table's. The caller holds mu.
func (in *Instance) counts(table string) {
	if in.use.counts == nil {
		in.use.counts = map[string]int64{}
	}
	in.use.counts[table]++
}

// usageTable makes the rows of a system table that tells who uses the database; nil: it is none.
func (s *session) usageTable(name string) *virtualTable {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	in := s.in
	var v *virtualTable
	switch name {
	case "performance_schema.setup_instruments":
		v = newVirtual(name, "NAME!", "ENABLED!", "TIMED")
		for _, i := range []string{"wait/io/table/sql/handler", "wait/lock/table/sql/handler"} {
			v.add(i, yesNo(!in.use.off[i]), "YES")
		}
	case "performance_schema.setup_consumers":
		v = newVirtual(name, "NAME!", "ENABLED!")
		for _, c := range []string{"global_instrumentation", "thread_instrumentation"} {
			v.add(c, yesNo(!in.use.off[c]))
		}
	case "performance_schema.setup_objects":
		v = newVirtual(name, "OBJECT_TYPE!", "OBJECT_SCHEMA!", "OBJECT_NAME!", "ENABLED!")
		v.add("TABLE", "mysql", "%", "NO")
		v.add("TABLE", "%", "%", "YES")
	case "performance_schema.setup_actors":
		v = newVirtual(name, "HOST!", "USER!", "ENABLED!")
		v.add("%", "%", "YES")
		for _, u := range sortedKeys(in.use.aside) {
			v.add("%", u, "NO")
		}
	case "performance_schema.table_io_waits_summary_by_table", "performance_schema.table_lock_waits_summary_by_table":
		v = newVirtual(name, "OBJECT_TYPE!", "OBJECT_SCHEMA!", "OBJECT_NAME!", "COUNT_STAR! bigint unsigned")
		for _, t := range in.order {
			at, there := in.where(t)
			if !there {
				continue
			}
			v.add("TABLE", at, in.tables[lower(t)].name, in.use.counts[in.tables[lower(t)].name])
		}
	case "performance_schema.replication_applier_global_filters":
		v = newVirtual(name, "FILTER_NAME!", "FILTER_RULE! varchar(1024)")
	default:
		v = in.objectTable(name, in.users[s.user])
	}
	return v
}

// objectTable is one of information_schema. The caller holds mu.
func (in *Instance) objectTable(name string, to User) *virtualTable {
	kind, of := "", map[string][4]string{
		"information_schema.views":    {"view", "TABLE_SCHEMA!", "TABLE_NAME!", "VIEW_DEFINITION varchar(1024)"},
		"information_schema.routines": {"routine", "ROUTINE_SCHEMA!", "ROUTINE_NAME!", "ROUTINE_DEFINITION varchar(1024)"},
		"information_schema.events":   {"event", "EVENT_SCHEMA!", "EVENT_NAME!", "EVENT_DEFINITION varchar(1024)"},
		"information_schema.triggers": {"trigger", "TRIGGER_SCHEMA!", "TRIGGER_NAME!", "ACTION_STATEMENT varchar(1024)"},
	}
	switch name {
	case "information_schema.key_column_usage":
		v := newVirtual(name, "TABLE_SCHEMA!", "TABLE_NAME!", "REFERENCED_TABLE_SCHEMA")
		for _, o := range in.use.objects {
			if o.Kind == "reference" {
				v.add(o.Schema, o.Name, o.Text)
			}
		}
		return v
	case "mysql.role_edges", "mysql.roles_mapping", "mysql.procs_priv", "information_schema.column_privileges":
		return in.grantsTable(name, to)
	case "information_schema.user_privileges", "information_schema.schema_privileges", "information_schema.table_privileges":
		return in.rightsTable(name, to)
	}
	cols, is := of[name]
	if !is {
		return nil
	}
	kind = cols[0]
	v := newVirtual(name, cols[1:]...)
	if (kind == "event" || kind == "trigger") && !to.Sees && !to.Admin { // without a right of its own nobody is shown any
		return v
	}
	for _, o := range in.use.objects {
		if o.Kind == kind {
			v.add(o.Schema, o.Name, o.Text)
		}
	}
	return v
}

// writing are the rights of who may change the database.
var writing = []string{"ALTER", "CREATE", "DELETE", "DROP", "INSERT", "SELECT", "UPDATE"}

// rights are those of an account on the database. The caller holds mu.
func (in *Instance) rights(u User) (out []string) {
	switch held, set := in.use.holds[u.Name]; {
	case in.revoked[u.Name]:
	case set:
		for _, r := range writing {
			if held[r] {
				out = append(out, r)
			}
		}
	case u.Write:
		return writing
	default:
		return []string{"SELECT"}
	}
	return out
}

// grantsTable are the members of roles, and rights on columns and routines: objects that Have gives, as granted to Schema.
func (in *Instance) grantsTable(name string, to User) *virtualTable {
	kind, v := "member", newVirtual(name, "FROM_USER!", "TO_USER!")
	switch {
	case strings.HasSuffix(name, "roles_mapping"):
		v = newVirtual(name, "Role!", "User!")
	case strings.HasSuffix(name, "procs_priv"):
		kind, v = "routine right", newVirtual(name, "User!", "Host!", "Db!", "Routine_name!")
	case strings.HasSuffix(name, "column_privileges"):
		kind, v = "column right", newVirtual(name, "GRANTEE!", "TABLE_SCHEMA!", "TABLE_NAME!", "PRIVILEGE_TYPE!")
	}
	for _, o := range in.use.objects {
		switch {
		case o.Kind != kind || !to.Sees && !to.Admin:
		case kind == "member":
			v.add(o.Schema, o.Name)
		case kind == "routine right":
			v.add(o.Schema, "%", in.cfg.Database, o.Name)
		default:
			v.add("'"+o.Schema+"'@'%'", in.cfg.Database, o.Name, o.Text)
		}
	}
	return v
}

// rightsTable shows who does not see everybody its own rights alone.
func (in *Instance) rightsTable(name string, to User) *virtualTable {
	v := newVirtual(name, "GRANTEE!", "PRIVILEGE_TYPE!")
	switch {
	case strings.HasSuffix(name, "schema_privileges"):
		v = newVirtual(name, "GRANTEE!", "TABLE_SCHEMA!", "PRIVILEGE_TYPE!", "IS_GRANTABLE!")
	case strings.HasSuffix(name, "table_privileges"):
		return newVirtual(name, "GRANTEE!", "TABLE_SCHEMA!", "TABLE_NAME!", "PRIVILEGE_TYPE!")
	}
	for _, n := range sortedKeys(in.users) {
		u := in.users[n]
		if u.Name != to.Name && !to.Sees && !to.Admin {
			continue
		}
		who := fmt.Sprintf("'%s'@'%s'", u.Name, u.host())
		switch {
		case strings.HasSuffix(name, "schema_privileges") && !u.Admin:
			for _, r := range in.rights(u) {
				v.add(who, in.cfg.Database, r, yesNo(u.Accounts))
			}
		case strings.HasSuffix(name, "user_privileges") && u.Admin:
			for _, r := range append(slices.Clone(writing), "SUPER") {
				v.add(who, r)
			}
		case strings.HasSuffix(name, "user_privileges"):
			for _, r := range in.globally(u) {
				v.add(who, r)
			}
		}
	}
	return v
}

// changesRights reads what gives or takes single rights on the database.
var changesRights = model.Pattern("(?i)^(REVOKE|GRANT) ([A-Z, ]+) ON `?(\\w+)`?\\.\\* (?:FROM|TO) '([^']*)'@'([^']*)'$")

// regrant changes what an account may do to the database. The caller holds mu.
func (in *Instance) regrant(verb, rights, user string) {
	u, there := in.users[user]
	if !there {
		return
	}
	held := map[string]bool{}
	for _, r := range in.rights(u) {
		held[r] = true
	}
	for _, r := range strings.Split(rights, ",") {
		held[strings.ToUpper(strings.TrimSpace(r))] = strings.EqualFold(verb, "GRANT")
	}
	if in.use.holds == nil {
		in.use.holds = map[string]map[string]bool{}
	}
	in.use.holds[user] = held
	u.Write = held["INSERT"]
	in.users[user] = u
}
