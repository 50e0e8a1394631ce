package rds

import (
	"cmp"
	"context"
	"database/sql"
	"net"
	"strconv"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// replication reads SHOW REPLICA STATUS; nil when the server replicates from nobody.
func (s *Server) replication(ctx context.Context, conn *sql.Conn) (*model.Replication, error) {
	rows, err := maps(ctx, conn, stReplica)
	switch {
	case mysql.Denied(err):
		return &model.Replication{Lag: model.UnknownLag("the account may not ask: grant it REPLICATION CLIENT (MariaDB: SLAVE MONITOR)")}, nil
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return nil, nil
	}
	at := 0
	for i, r := range rows {
		if r.pick("Channel_Name", "Connection_name") == "" {
			at = i
		}
	}
	return replicationOf(rows[at]), nil
}

// replicationOf takes MySQL's words of 8.0.22 and later, and MariaDB's and older ones.
func replicationOf(r row) *model.Replication {
	out := &model.Replication{
		IO: r.pick("Replica_IO_Running", "Slave_IO_Running"), SQL: r.pick("Replica_SQL_Running", "Slave_SQL_Running"),
		IOError: trouble(r, "Last_IO_Errno", "Last_IO_Error"), SQLError: trouble(r, "Last_SQL_Errno", "Last_SQL_Error"),
		Source:     net.JoinHostPort(r.pick("Source_Host", "Master_Host"), r.pick("Source_Port", "Master_Port")),
		SourceUUID: r.pick("Source_UUID", "Master_UUID"), Delay: seconds(r.pick("SQL_Delay")),
		File: r.pick("Relay_Source_Log_File", "Relay_Master_Log_File"), ReadFile: r.pick("Source_Log_File", "Master_Log_File"),
		Channel: r.pick("Channel_Name", "Connection_name"),
	}
	out.Pos, _ = strconv.ParseUint(r.pick("Exec_Source_Log_Pos", "Exec_Master_Log_Pos"), 10, 64)
	out.ReadPos, _ = strconv.ParseUint(r.pick("Read_Source_Log_Pos", "Read_Master_Log_Pos"), 10, 64)
	if set, err := model.ParseGTIDs(r.pick("Retrieved_Gtid_Set")); err == nil { // MariaDB's GTIDs are no MySQL GTIDs
		out.Retrieved = set
	}
	switch {
	case out.IO != "Yes":
		out.Lag = model.BrokenLag("IO thread " + stands(out.IO, out.IOError))
	case out.SQL != "Yes":
		out.Lag = model.BrokenLag("SQL thread " + stands(out.SQL, out.SQLError))
	case r.null("Seconds_Behind_Source", "Seconds_Behind_Master"):
		out.Lag = model.BrokenLag("both threads run and the lag is NULL")
	default:
		out.Lag = model.KnownLag(seconds(r.pick("Seconds_Behind_Source", "Seconds_Behind_Master")))
	}
	return out
}

func trouble(r row, number, says string) string {
	if n := r.pick(number); n != "" && n != "0" {
		return n + " " + r.pick(says)
	}
	return r.pick(says)
}

// stands says how a thread stands: "stopped", or its state, and with what error.
func stands(state, trouble string) string {
	s := map[string]string{"No": "stopped", "Connecting": "is connecting"}[state]
	if trouble != "" {
		return cmp.Or(s, state) + ": " + trouble
	}
	return cmp.Or(s, state, "in no state")
}
