package mysql

import (
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// others leaves out what every server has of itself.
const others = " NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"

// The closed list of what is asked of who lives on a server, in a session that has chosen the schema.
var (
	asksHouse    = Statement{"tenants, server", "SELECT DATABASE(), @@hostname, @@port, @@performance_schema"}
	asksMine     = Statement{"tenants, rights of one's own", "SHOW GRANTS FOR CURRENT_USER()"}
	asksSchemata = Statement{"tenants, schemas", "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME <> DATABASE() AND " +
		"SCHEMA_NAME" + others + " ORDER BY SCHEMA_NAME LIMIT 500"}
	asksSessions = Statement{"tenants, sessions", "SELECT USER, COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() " +
		"GROUP BY USER ORDER BY USER LIMIT 500"}
	asksViews = Statement{"tenants, views", "SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS " +
		"WHERE TABLE_SCHEMA <> DATABASE() AND TABLE_SCHEMA" + others}
	asksRoutines = Statement{"tenants, routines", "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_DEFINITION FROM information_schema.ROUTINES " +
		"WHERE ROUTINE_SCHEMA <> DATABASE() AND ROUTINE_SCHEMA" + others}
	asksEvents = Statement{"tenants, events", "SELECT EVENT_SCHEMA, EVENT_NAME, EVENT_DEFINITION FROM information_schema.EVENTS " +
		"WHERE EVENT_SCHEMA <> DATABASE()"}
	asksTriggers = Statement{"tenants, triggers", "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS " +
		"WHERE TRIGGER_SCHEMA <> DATABASE() AND TRIGGER_SCHEMA" + others}
	asksWho = Statement{"tenants, rights on everything", "SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES"}
	asksMay = Statement{"tenants, rights on the schema",
		"SELECT DISTINCT GRANTEE FROM information_schema.SCHEMA_PRIVILEGES WHERE DATABASE() LIKE TABLE_SCHEMA"}
	asksPart = Statement{"tenants, rights on a table",
		"SELECT DISTINCT GRANTEE FROM information_schema.TABLE_PRIVILEGES WHERE TABLE_SCHEMA = DATABASE()"}

	asksLimit  = Statement{"figures, limit", "SELECT @@hostname, @@port, @@global.max_connections"}
	asksCounts = Statement{"figures, counters", "SHOW GLOBAL STATUS WHERE Variable_name IN ('Uptime', 'Questions', 'Connections', " +
		"'Threads_connected', 'Threads_running', 'Max_used_connections')"}
)

// TenantStatements are what TenantsOf and FiguresOf ask. None of them touches a table of the schema.
var TenantStatements = []Statement{asksHouse, asksMine, asksSchemata, asksSessions, asksViews, asksRoutines, asksEvents, asksTriggers,
	asksWho, asksMay, asksPart, asksLimit, asksCounts}

// Asks runs a statement and hands every row to take.
type Asks func(st Statement, take func(*sql.Rows) error) error

func (a Asks) texts(st Statement, columns int, take func([]string)) error {
	return a(st, Texts(columns, take))
}

// Sees are rights on everything without which a server leaves out, without a word, what others have or do.
var Sees = []string{"SELECT", "SHOW VIEW", "PROCESS", "EVENT", "TRIGGER"}

// reads are rights on everything by which an account may use any schema.
var reads = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "LOCK TABLES", "EXECUTE", "TRIGGER", "DROP", "ALTER"}

// revoked is what an account lacks that has a right on everything but on some schemas.
const revoked = "what was revoked from it"

// mostNamed bounds what is told.
const mostNamed = 64

// TenantsOf tells who lives on the server.
func TenantsOf(ask Asks) (t model.Tenants, err error) {
	t = model.Tenants{Schemas: []string{}, Sessions: []model.SessionsOf{}, Named: []string{}, Unseen: []string{}, May: []string{}}
	err = ask.texts(asksHouse, 4, func(r []string) {
		t.Schema, t.Server = model.Clean(r[0]), model.Clean(r[1]+":"+r[2])
		t.Counts = r[3] == "1" || strings.EqualFold(r[3], "ON")
	})
	if err != nil {
		return t, err
	}
	var grants []string
	if err := ask.texts(asksMine, 1, func(r []string) { grants = append(grants, r[0]) }); err != nil {
		return t, err
	}
	t.Lacks = lacks(grants)
	for _, of := range []func(*model.Tenants, Asks) error{houses, within, naming, entitled} {
		if err := of(&t, ask); err != nil {
			return t, err
		}
	}
	return t, nil
}

// lacks are the rights without which an account is not shown all, by its own grants as a server tells them.
func lacks(grants []string) []string {
	has, out := []string{}, []string{}
	gone := false
	for _, g := range grants {
		g = strings.ToUpper(g)
		if rights, _, is := strings.Cut(strings.TrimPrefix(g, "GRANT "), " ON *.* "); is {
			has = append(has, strings.Split(rights, ", ")...)
		}
		gone = gone || strings.HasPrefix(g, "REVOKE ") // partial_revokes of MySQL 8
	}
	for _, r := range Sees {
		if !slices.Contains(has, r) && !slices.Contains(has, "ALL PRIVILEGES") {
			out = append(out, r)
		}
	}
	if gone {
		out = append(out, revoked)
	}
	return out
}

func houses(t *model.Tenants, ask Asks) error {
	return ask.texts(asksSchemata, 1, func(r []string) { t.Schemas = append(t.Schemas, model.Clean(r[0])) })
}

func within(t *model.Tenants, ask Asks) error {
	return ask.texts(asksSessions, 2, func(r []string) {
		n, _ := strconv.Atoi(r[1])
		t.Sessions = append(t.Sessions, model.SessionsOf{Account: model.Clean(r[0]), Sessions: n})
	})
}

func naming(t *model.Tenants, ask Asks) error {
	for _, of := range []struct {
		what string
		asks Statement
	}{{"view", asksViews}, {"routine", asksRoutines}, {"event", asksEvents}, {"trigger", asksTriggers}} {
		err := ask.texts(of.asks, 3, func(r []string) {
			what := of.what + " " + r[0] + "." + r[1]
			switch {
			case r[2] == "" && len(t.Unseen) < mostNamed:
				t.Unseen = append(t.Unseen, model.Clean("what the "+what+" reads cannot be seen"))
			case model.NamesSchema(r[2], t.Schema) && len(t.Named) < mostNamed:
				t.Named = append(t.Named, model.Clean("the "+what+" names it"))
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func entitled(t *model.Tenants, ask Asks) error {
	may := map[string]bool{}
	err := ask.texts(asksWho, 2, func(r []string) { may[r[0]] = may[r[0]] || slices.Contains(reads, strings.ToUpper(r[1])) })
	for _, st := range []Statement{asksMay, asksPart} {
		if err == nil {
			err = ask.texts(st, 1, func(r []string) { may[r[0]] = true })
		}
	}
	for who, is := range may {
		if is && len(t.May) < 4*mostNamed {
			t.May = append(t.May, model.Clean(who))
		}
	}
	slices.Sort(t.May)
	return err
}

// FiguresOf tells what the server counts of everything that it does.
func FiguresOf(ask Asks, now func() time.Time) (f model.Figures, err error) {
	err = ask.texts(asksLimit, 3, func(r []string) {
		f.Server = model.Clean(r[0] + ":" + r[1])
		f.MayAtOnce, _ = strconv.Atoi(r[2])
	})
	if err != nil {
		return f, err
	}
	told := map[string]uint64{}
	err = ask.texts(asksCounts, 2, func(r []string) {
		if n, err := strconv.ParseUint(r[1], 10, 63); err == nil {
			told[strings.ToLower(r[0])] = n
		}
	})
	if err != nil {
		return f, err
	}
	for _, name := range []string{"uptime", "questions", "connections", "threads_connected", "threads_running", "max_used_connections"} {
		if _, is := told[name]; !is {
			return f, &model.Fault{Kind: model.ErrAnswer, Says: "its status does not tell " + name}
		}
	}
	f.At = now().UTC()
	f.Started = f.At.Add(-time.Duration(told["uptime"]) * time.Second)
	f.Questions, f.Connects = told["questions"], told["connections"]
	f.Connected, f.Running, f.MostAtOnce = int(told["threads_connected"]), int(told["threads_running"]), int(told["max_used_connections"])
	return f, nil
}
