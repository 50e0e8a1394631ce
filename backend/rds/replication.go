package rds

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// replication reads SHOW REPLICA STATUS, a row for each channel, by name; none when the server replicates from nobody.
func (s *Server) replication(ctx context.Context, conn *sql.Conn) ([]model.Replication, error) {
	rows, err := maps(ctx, conn, stReplica)
	switch {
	case mysql.Denied(err):
		return []model.Replication{{Lag: model.UnknownLag("the account may not ask: grant it REPLICATION CLIENT (MariaDB: SLAVE MONITOR)")}}, nil
	case err != nil:
		return nil, err
	}
	channels := make([]model.Replication, len(rows))
	applies := true
	for i, r := range rows {
		channels[i] = replicationOf(r)
		applies = applies && channels[i].SQL != "No"
	}
	slices.SortFunc(channels, func(a, b model.Replication) int { return cmp.Compare(a.Channel, b.Channel) })
	if !applies {
		err = s.workers(ctx, conn, channels)
	}
	return channels, err
}

// workers adds what the workers of the appliers met. Where the account may not ask, or the server has no such table, they stay unsaid.
func (s *Server) workers(ctx context.Context, conn *sql.Conn, channels []model.Replication) error {
	rows, err := maps(ctx, conn, stWorkers)
	if n := mysql.Number(err); mysql.Denied(err) || n == 1146 || n == 1054 || n == 1049 {
		return nil
	}
	if err != nil {
		return err
	}
	for i := range channels {
		c := &channels[i]
		for _, r := range rows {
			if r.pick("CHANNEL_NAME") == c.Channel {
				c.Workers = append(
					c.Workers,
					fmt.Sprintf("worker %s: %s %s", r.pick("WORKER_ID"), r.pick("LAST_ERROR_NUMBER"), r.pick("LAST_ERROR_MESSAGE")),
				)
			}
		}
		if len(c.Workers) > 0 && c.IO == "Yes" && c.SQL != "Yes" {
			c.Lag = model.BrokenLag("SQL thread " + stands(c.SQL, c.Workers[0]))
		}
	}
	return nil
}

// replicationOf takes MySQL's words of 8.0.22 and later, and MariaDB's and older ones.
func replicationOf(r row) model.Replication {
	out := model.Replication{
		IO: r.pick("Replica_IO_Running", "Slave_IO_Running"), SQL: r.pick("Replica_SQL_Running", "Slave_SQL_Running"),
		IOError: trouble(r, "Last_IO_Errno", "Last_IO_Error"), SQLError: trouble(r, "Last_SQL_Errno", "Last_SQL_Error"),
		Source:     net.JoinHostPort(r.pick("Source_Host", "Master_Host"), r.pick("Source_Port", "Master_Port")),
		SourceUUID: r.pick("Source_UUID", "Master_UUID"),
		File:       r.pick("Relay_Source_Log_File", "Relay_Master_Log_File"), ReadFile: r.pick("Source_Log_File", "Master_Log_File"),
		Channel: r.pick("Channel_Name", "Connection_name"),
	}
	delay, delayed := lagText(r.pick("SQL_Delay"))
	if delayed {
		out.Delay, _ = delay.Behind()
	}
	out.Pos, _ = strconv.ParseUint(r.pick("Exec_Source_Log_Pos", "Exec_Master_Log_Pos"), 10, 64)
	out.ReadPos, _ = strconv.ParseUint(r.pick("Read_Source_Log_Pos", "Read_Master_Log_Pos"), 10, 64)
	if set, err := model.ParseGTIDs(r.pick("Retrieved_Gtid_Set")); err == nil { // MariaDB's GTIDs are no MySQL GTIDs
		out.Retrieved = set
	}
	out.Lag = lagOfRow(r, out)
	if _, known := out.Lag.Behind(); known && !delayed && r.has("SQL_Delay") { // while nothing is written a delay shows in nothing else
		out.Lag = model.UnknownLag(fmt.Sprintf("the server says SQL_Delay %q", r.pick("SQL_Delay")))
	}
	return out
}

// lagOfRow is the lag of one channel. What cannot be read is unknown: a word that is not a number is no zero.
func lagOfRow(r row, c model.Replication) model.Lag {
	behind := r.pick("Seconds_Behind_Source", "Seconds_Behind_Master")
	lag, ok := lagText(behind)
	switch {
	case !r.has("Replica_IO_Running", "Slave_IO_Running") || !r.has("Replica_SQL_Running", "Slave_SQL_Running"):
		return model.UnknownLag("the server does not tell how its threads stand")
	case c.IO != "Yes":
		return model.BrokenLag("IO thread " + stands(c.IO, c.IOError))
	case c.SQL != "Yes":
		return model.BrokenLag("SQL thread " + stands(c.SQL, c.SQLError))
	case !r.has("Seconds_Behind_Source", "Seconds_Behind_Master"):
		return model.UnknownLag("the server does not tell it")
	case r.null("Seconds_Behind_Source", "Seconds_Behind_Master"):
		return model.BrokenLag("both threads run and the lag is NULL")
	case !ok:
		return model.UnknownLag(fmt.Sprintf("the server says %q", behind))
	}
	return lag
}

// lagText reads a number of seconds.
func lagText(s string) (model.Lag, bool) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return model.Lag{}, false
	}
	return lagSeconds(n)
}

// lagSeconds is false for what is no time that a server could be behind.
func lagSeconds(n float64) (model.Lag, bool) {
	const longest = 1e9 // 31 years
	if math.IsNaN(n) || n > longest || n < -longest {
		return model.Lag{}, false
	}
	return model.KnownLag(time.Duration(n * float64(time.Second))), true
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
