package rds

import (
	"bufio"
	"database/sql"
	"math"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// What MySQL 9.7.4 and MariaDB 10.11 answer to SHOW REPLICA STATUS, without the columns that nobody reads.
const (
	mysqlStatus = `
             Replica_IO_State: Waiting for source to send event
                  Source_Host: 127.0.0.1
                  Source_Port: 33072
              Source_Log_File: binlog.000002
          Read_Source_Log_Pos: 1356
        Relay_Source_Log_File: binlog.000002
           Replica_IO_Running: Yes
          Replica_SQL_Running: Yes
          Exec_Source_Log_Pos: 1300
        Seconds_Behind_Source: 8
                Last_IO_Errno: 0
                Last_IO_Error: 
               Last_SQL_Errno: 0
               Last_SQL_Error: 
                  Source_UUID: fb54a210-e63a-11f1-8cc3-02fc00000001
                    SQL_Delay: 8
           Retrieved_Gtid_Set: fb54a210-e63a-11f1-8cc3-02fc00000001:1-4
                 Channel_Name: `
	mariadbStatus = `
               Slave_IO_State: Waiting for master to send event
                  Master_Host: db2.example
                  Master_Port: 3306
              Master_Log_File: mariadb-bin.000007
          Read_Master_Log_Pos: 900
        Relay_Master_Log_File: mariadb-bin.000007
             Slave_IO_Running: Connecting
            Slave_SQL_Running: Yes
          Exec_Master_Log_Pos: 900
        Seconds_Behind_Master: NULL
                Last_IO_Errno: 1045
                Last_IO_Error: Access denied for user 'repl'@'db1'
               Last_SQL_Errno: 0
               Last_SQL_Error: 
                  Gtid_IO_Pos: 0-1-5`
)

func rowOf(text string) row {
	r := row{}
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		if name, v, ok := strings.Cut(strings.TrimSpace(s.Text())+" ", ": "); ok {
			v = strings.TrimSpace(v)
			r[name] = sql.NullString{String: v, Valid: v != "NULL"}
		}
	}
	return r
}

func TestBothEnginesWords(t *testing.T) {
	m := replicationOf(rowOf(mysqlStatus))
	if lag, _ := m.Lag.Behind(); lag.Seconds() != 8 || m.Delay.Seconds() != 8 || !m.Runs() || m.Source != "127.0.0.1:33072" ||
		m.Retrieved.Count() != 4 ||
		m.File != "binlog.000002" ||
		m.Pos != 1300 ||
		m.ReadPos != 1356 ||
		m.IOError != "" {
		t.Errorf("MySQL: %+v", m)
	}
	a := replicationOf(rowOf(mariadbStatus))
	if a.Runs() || a.Lag != model.BrokenLag("IO thread is connecting: 1045 Access denied for user 'repl'@'db1'") ||
		a.Source != "db2.example:3306" ||
		a.ReadFile != "mariadb-bin.000007" {
		t.Errorf("MariaDB: %+v, lag %v", a, a.Lag)
	}
	r := rowOf(mysqlStatus)
	r["Seconds_Behind_Source"] = sql.NullString{}
	if got := replicationOf(r).Lag; got.State() != model.LagBroken {
		t.Errorf("NULL with both threads running is %v", got)
	}
}

func TestEachChannelIsRead(t *testing.T) {
	m := startServers(t)
	s := m.look(t, m.replica)
	look := func(f sqlsim.ReplicaFault) model.Server {
		t.Helper()
		m.replica.SetReplication(f)
		got, err := s.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := look(sqlsim.ReplicaFault{}); len(got.Channels) != 0 || got.Replication == nil || len(got.Streams()) != 1 {
		t.Errorf("one channel: %+v", got.Channels)
	}
	got := look(sqlsim.ReplicaFault{Second: sqlsim.Stream{Name: "reports", Stopped: true}})
	if len(got.Channels) != 2 || got.Replication.Channel != "reports" || got.Replication.Lag.State() != model.LagBroken ||
		got.Channels[0].Lag != model.KnownLag(0) {
		t.Errorf("two channels, one of which stands: %+v", got.Channels)
	}
	if of := got.Stream(m.primary.UUID()); of.Channel != "" || !of.Runs() {
		t.Errorf("the channel from the primary is %+v", of)
	}
	got = look(sqlsim.ReplicaFault{StopSQL: true, Second: sqlsim.Stream{Name: "reports", Behind: time.Hour}})
	if got.Replication.Channel != "" || got.Replication.Lag.State() != model.LagBroken {
		t.Errorf("the worst is %+v", got.Replication)
	}
	got = look(sqlsim.ReplicaFault{Worker: "Duplicate entry '7'"})
	if r := got.Replication; len(r.Workers) != 1 || r.Lag.String() != "broken: SQL thread stopped: worker 1: 1062 Duplicate entry '7'" {
		t.Errorf("a worker that ended: %v, %q", r.Lag, r.Workers)
	}
	got = look(sqlsim.ReplicaFault{Unread: true})
	if r := got.Replication; r.Lag.State() != model.LagUnknown || len(got.Behind) > 1 {
		t.Errorf("a lag in words: %v", r.Lag)
	}
	if got = look(sqlsim.ReplicaFault{Gone: true}); got.Replication != nil || !got.ReadOnly {
		t.Errorf("a replica that was reset: %+v", got.Replication)
	}
}

func TestALagThatCannotBeReadIsUnknown(t *testing.T) {
	text := func(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }
	threads := func(behind ...sql.NullString) row {
		r := row{"Replica_IO_Running": text("Yes"), "Replica_SQL_Running": text("Yes")}
		for _, b := range behind {
			r["Seconds_Behind_Source"] = b
		}
		return r
	}
	for name, c := range map[string]struct {
		row  row
		want model.LagState
	}{
		"a number":          {threads(text("7")), model.LagKnown},
		"zero":              {threads(text("0")), model.LagKnown},
		"NULL":              {threads(sql.NullString{}), model.LagBroken},
		"empty":             {threads(text("")), model.LagUnknown},
		"words":             {threads(text("a while")), model.LagUnknown},
		"not a number":      {threads(text("NaN")), model.LagUnknown},
		"for ever":          {threads(text("Inf")), model.LagUnknown},
		"18446744073709551": {threads(text("18446744073709551615")), model.LagUnknown},
		"no such column":    {threads(), model.LagUnknown},
		"no threads":        {row{"Seconds_Behind_Source": text("0")}, model.LagUnknown},
	} {
		if got := replicationOf(c.row).Lag; got.State() != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), 1e12} {
		if got := lagOf(model.Series{{At: time.Now(), Value: v}}).Value; got.State() != model.LagUnknown {
			t.Errorf("CloudWatch's %v is %v", v, got)
		}
	}
}

// A delay that cannot be read may be hours, and while nothing is written a replica that is to lag looks like one that does not.
func TestADelayThatCannotBeReadIsNoZero(t *testing.T) {
	for _, c := range []struct{ delay, says string }{
		{"SQL_Delay: 0", ""},
		{"SQL_Delay: NULL", `the server says SQL_Delay "NULL"`},
		{"SQL_Delay: 1 hour", `the server says SQL_Delay "1 hour"`},
		{"SQL_Delay: 99999999999999", `the server says SQL_Delay "99999999999999"`},
		{"", ""}, // a server that has no such column delays nothing
	} {
		m := replicationOf(rowOf(strings.Replace(mysqlStatus, "SQL_Delay: 8", c.delay, 1)))
		if _, known := m.Lag.Behind(); known != (c.says == "") || !known && m.Lag != model.UnknownLag(c.says) {
			t.Errorf("%q: %v", c.delay, m.Lag)
		}
	}
	broken := rowOf(strings.Replace(mysqlStatus, "SQL_Delay: 8", "SQL_Delay: x", 1))
	broken["Replica_SQL_Running"] = sql.NullString{String: "No", Valid: true}
	if m := replicationOf(broken); m.Lag.State() != model.LagBroken {
		t.Errorf("it is broken whatever its delay is: %v", m.Lag)
	}
}
