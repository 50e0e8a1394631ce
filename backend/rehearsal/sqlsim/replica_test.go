package sqlsim

import (
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal/clock"
)

func pair(t *testing.T, lag time.Duration) (primary, replica *Instance, c *clock.Clock) {
	cfg := config(t)
	c = cfg.Clock
	cfg.Version = "8.4.6"
	primary = instance(t, cfg)
	second := config(t)
	second.Clock, second.ReadOnly, second.Version = c, true, "8.4.6"
	replica = instance(t, second)
	replica.Replicate(primary, lag)
	primary.Assume(100)
	return primary, replica, c
}

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestWritesArriveAfterTheLag(t *testing.T) {
	primary, replica, c := pair(t, 3*time.Second)
	put(t, primary, 1, "a", "T")
	db := dial(t, replica, "watch", "w", "")
	c.Advance(2 * time.Second)
	if got := row(t, db, "SELECT COUNT(*) FROM Job"); got != "0" {
		t.Fatalf("%s rows before the lag", got)
	}
	if r := replica.Replication(); !r.Known || r.Lag != 2*time.Second {
		t.Errorf("lag %v, %v", r.Lag, r.Known)
	}
	c.Advance(time.Second)
	until(t, "the row arrives", func() bool { return row(t, db, "SELECT COUNT(*) FROM Job") == "1" })
	until(t, "the sets agree", func() bool { return replica.Replication().Executed == primary.Replication().Executed })
	if got, want := row(t, db, "SELECT @@gtid_executed"), primary.UUID()+":1-101"; got != want {
		t.Errorf("executed %s, want %s", got, want)
	}
}

func TestReplicaFaults(t *testing.T) {
	primary, replica, c := pair(t, 0)
	db := dial(t, replica, "watch", "w", "")
	status := func() map[string]string {
		rows, err := db.Query("SHOW REPLICA STATUS")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		cols, _ := rows.Columns()
		if len(cols) != 60 {
			t.Fatalf("%d columns", len(cols))
		}
		vals, ptrs := make([]*string, len(cols)), make([]any, len(cols))
		for i := range vals {
			ptrs[i] = &vals[i]
		}
		out := map[string]string{}
		for rows.Next() {
			if err := rows.Scan(ptrs...); err != nil {
				t.Fatal(err)
			}
			for i, name := range cols {
				if vals[i] != nil {
					out[name] = *vals[i]
				} else {
					out[name] = "NULL"
				}
			}
		}
		return out
	}
	check := func(what, io, sql, behind string) {
		t.Helper()
		s := status()
		if s["Replica_IO_Running"] != io || s["Replica_SQL_Running"] != sql || s["Seconds_Behind_Source"] != behind {
			t.Errorf(
				"%s: IO %s, SQL %s, behind %s; want %s, %s, %s",
				what,
				s["Replica_IO_Running"],
				s["Replica_SQL_Running"],
				s["Seconds_Behind_Source"],
				io,
				sql,
				behind,
			)
		}
	}
	check("healthy", "Yes", "Yes", "0")
	replica.SetReplication(ReplicaFault{StopSQL: true})
	put(t, primary, 1, "a", "T")
	check("SQL thread stopped", "Yes", "No", "NULL")
	if s := status(); s["Retrieved_Gtid_Set"] == s["Executed_Gtid_Set"] || s["Read_Source_Log_Pos"] == s["Exec_Source_Log_Pos"] {
		t.Errorf(
			"retrieved %s, executed %s, read %s, exec %s",
			s["Retrieved_Gtid_Set"],
			s["Executed_Gtid_Set"],
			s["Read_Source_Log_Pos"],
			s["Exec_Source_Log_Pos"],
		)
	}
	replica.SetReplication(ReplicaFault{StopIO: true})
	check("IO thread stopped", "No", "Yes", "NULL")
	replica.SetReplication(ReplicaFault{Broken: "Duplicate entry '1' for key 'Job.PRIMARY'"})
	check("broken", "Yes", "No", "NULL")
	if s := status(); s["Last_SQL_Errno"] != "1062" || !strings.Contains(s["Last_SQL_Error"], "Duplicate") {
		t.Errorf("%s %s", s["Last_SQL_Errno"], s["Last_SQL_Error"])
	}
	replica.SetReplication(ReplicaFault{Stall: true})
	put(t, primary, 2, "b", "T")
	c.Advance(40 * time.Second)
	if got := status()["Seconds_Behind_Source"]; got != "40" {
		t.Errorf("stalled: %s behind", got)
	}
	primary.Stop()
	check("source gone", "Connecting", "Yes", "NULL")
	primary.Start()
	replica.SetReplication(ReplicaFault{})
	until(t, "healed", func() bool { return replica.Replication().Executed == primary.Replication().Executed })
	check("healed", "Yes", "Yes", "0")
	if got := row(t, db, "SELECT COUNT(*) FROM Job"); got != "2" {
		t.Errorf("%s rows after healing", got)
	}
}

func TestPromoteSeparates(t *testing.T) {
	primary, replica, c := pair(t, time.Minute)
	put(t, primary, 1, "fetched", "T")
	until(t, "fetched", func() bool { return replica.Replication().Retrieved == primary.UUID()+":1-101" })
	replica.SetReplication(ReplicaFault{StopIO: true})
	put(t, primary, 2, "lost", "T")
	replica.Promote()
	put(t, primary, 3, "later", "T")
	c.Advance(time.Hour)
	db := dial(t, replica, "bacula", "b", "")
	if got := row(t, db, "SELECT Name FROM Job"); got != "fetched" {
		t.Errorf("the promoted replica has %q", got)
	}
	if got := row(t, dial(t, replica, "watch", "w", ""), "SHOW REPLICA STATUS"); got != "" {
		t.Errorf("it still replicates: %s", got)
	}
	if _, err := db.Exec("INSERT INTO Job (JobId, Name, JobStatus) VALUES (2, 'own', 'T')"); err != nil {
		t.Fatal(err)
	}
	if got, want := row(t, db, "SELECT @@gtid_executed"), primary.UUID()+":1-101,\n"+replica.UUID()+":1"; got != want {
		t.Errorf("executed %q, want %q", got, want)
	}
}

func TestRebootComesBack(t *testing.T) {
	in := instance(t, config(t))
	dropped := make(chan bool, 1)
	in.OnDrop(func() { dropped <- true })
	in.Reboot(time.Minute)
	<-dropped
	if in.Up() {
		t.Error("up at once")
	}
	until(t, "up again", func() bool {
		in.cfg.Clock.Advance(time.Minute)
		return in.Up()
	})
}
