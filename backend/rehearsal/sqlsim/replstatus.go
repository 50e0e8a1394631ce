package sqlsim

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// replicaColumns are those of SHOW REPLICA STATUS of MySQL 9.7, in order.
var replicaColumns = columns(
	"",
	"Replica_IO_State!",
	"Source_Host!",
	"Source_User!",
	"Source_Port! int unsigned",
	"Connect_Retry! int unsigned",
	"Source_Log_File!",
	"Read_Source_Log_Pos! bigint unsigned",
	"Relay_Log_File!",
	"Relay_Log_Pos! bigint unsigned",
	"Relay_Source_Log_File!",
	"Replica_IO_Running!",
	"Replica_SQL_Running!",
	"Replicate_Do_DB!",
	"Replicate_Ignore_DB!",
	"Replicate_Do_Table!",
	"Replicate_Ignore_Table!",
	"Replicate_Wild_Do_Table!",
	"Replicate_Wild_Ignore_Table!",
	"Last_Errno! int unsigned",
	"Last_Error!",
	"Skip_Counter! int unsigned",
	"Exec_Source_Log_Pos! bigint unsigned",
	"Relay_Log_Space! bigint unsigned",
	"Until_Condition!",
	"Until_Log_File!",
	"Until_Log_Pos! bigint unsigned",
	"Source_SSL_Allowed!",
	"Source_SSL_CA_File!",
	"Source_SSL_CA_Path!",
	"Source_SSL_Cert!",
	"Source_SSL_Cipher!",
	"Source_SSL_Key!",
	"Seconds_Behind_Source! bigint unsigned",
	"Source_SSL_Verify_Server_Cert!",
	"Last_IO_Errno! int unsigned",
	"Last_IO_Error!",
	"Last_SQL_Errno! int unsigned",
	"Last_SQL_Error!",
	"Replicate_Ignore_Server_Ids!",
	"Source_Server_Id! int unsigned",
	"Source_UUID!",
	"Source_Info_File!",
	"SQL_Delay! int unsigned",
	"SQL_Remaining_Delay! int unsigned",
	"Replica_SQL_Running_State!",
	"Source_Retry_Count! bigint unsigned",
	"Source_Bind!",
	"Last_IO_Error_Timestamp!",
	"Last_SQL_Error_Timestamp!",
	"Source_SSL_Crl!",
	"Source_SSL_Crlpath!",
	"Retrieved_Gtid_Set!",
	"Executed_Gtid_Set!",
	"Auto_Position! int unsigned",
	"Replicate_Rewrite_DB!",
	"Channel_Name!",
	"Source_TLS_Version!",
	"Source_public_key_path!",
	"Get_Source_public_key! int unsigned",
	"Network_Namespace!",
)

// oldWords turn MySQL's names into those that MariaDB and MySQL before 8.0.22 print.
var oldWords = strings.NewReplacer("Replica_", "Slave_", "Source_", "Master_", "_Source", "_Master")

func inOldWords(cols []column) []column {
	out := slices.Clone(cols)
	for i := range out {
		out[i].name = oldWords.Replace(out[i].name)
	}
	return out
}

// oldColumns are those of MySQL before 8.0.22, mariaColumns those of MariaDB 10.11.
var (
	oldColumns   = inOldWords(replicaColumns)
	mariaColumns = slices.Concat(
		oldColumns[:40],
		columns(
			"",
			"Master_SSL_Crl!",
			"Master_SSL_Crlpath!",
			"Using_Gtid!",
			"Gtid_IO_Pos!",
			"Replicate_Do_Domain_Ids!",
			"Replicate_Ignore_Domain_Ids!",
			"Parallel_Mode!",
			"SQL_Delay! int unsigned",
			"SQL_Remaining_Delay! int unsigned",
			"Slave_SQL_Running_State!",
			"Slave_DDL_Groups! bigint unsigned",
			"Slave_Non_Transactional_Groups! bigint unsigned",
			"Slave_Transactional_Groups! bigint unsigned",
			"Replicate_Rewrite_DB!",
		),
	)
)

func (s *session) replicaStatus(newWords bool, st *statement, binary bool) (*mysql.Result, error) {
	switch {
	case !s.account().Monitor:
		return nil, mysql.NewDefaultError(mysql.ER_SPECIFIC_ACCESS_DENIED_ERROR, "SUPER, REPLICATION CLIENT")
	case !newWords && !s.in.cfg.MariaDB && !strings.HasPrefix(s.in.cfg.Version, "8.0"):
		return nil, syntax(st)
	}
	cols := replicaColumns
	switch {
	case s.in.cfg.MariaDB:
		cols = mariaColumns
	case !newWords:
		cols = oldColumns
	}
	r := s.in.Replication()
	if r.Source == nil {
		return s.in.constant(cols, nil, binary)
	}
	if r.Unread { // a server of another kind, or of tomorrow
		cols = slices.Clone(cols)
		for i := range cols {
			if strings.HasPrefix(cols[i].name, "Seconds_Behind_") {
				cols[i].sql = "varchar(64)"
			}
		}
	}
	rows := [][]any{s.in.channel(cols, r, "", r.UUID)}
	if second := r.Second; second.Name != "" {
		r.SQL, r.SQLError, r.Unread, r.Worker, r.Lag = !second.Stopped, "", false, "", second.Behind
		r.IO, r.IOError, r.Known = true, "", r.SQL
		rows = append(rows, s.in.channel(cols, r, second.Name, "00000000-0000-0000-0000-0000000000c2"))
	}
	return s.in.constant(cols, rows, binary)
}

// channel is one row of the status.
func (in *Instance) channel(cols []column, r Replication, name, uuid string) []any {
	host, port, _ := net.SplitHostPort(r.Source.Addr())
	portNum, _ := strconv.ParseInt(port, 10, 64)
	var behind any
	switch {
	case r.Unread:
		behind = "unclear"
	case r.Known:
		behind = int64(r.Lag / time.Second)
	}
	io, sql, ioState, sqlState := "No", "No", "", ""
	switch {
	case r.IO:
		io, ioState = "Yes", "Waiting for source to send event"
	case r.IOError != "":
		io, ioState = "Connecting", "Reconnecting after a failed source event read"
	}
	if r.SQL {
		sql, sqlState = "Yes", "Replica has read all relay log; waiting for more updates"
	}
	given := map[string]any{
		"Replica_IO_State":              ioState,
		"Source_Host":                   host,
		"Source_User":                   "rdsrepladmin",
		"Source_Port":                   portNum,
		"Connect_Retry":                 int64(60),
		"Source_Log_File":               r.read.name(),
		"Read_Source_Log_Pos":           int64(r.read.pos),
		"Relay_Log_File":                "relaylog.000002",
		"Relay_Log_Pos":                 int64(4),
		"Relay_Source_Log_File":         r.exec.name(),
		"Replica_IO_Running":            io,
		"Replica_SQL_Running":           sql,
		"Exec_Source_Log_Pos":           int64(r.exec.pos),
		"Last_Errno":                    int64(0),
		"Skip_Counter":                  int64(0),
		"Relay_Log_Space":               int64(4096),
		"Until_Condition":               "None",
		"Until_Log_Pos":                 int64(0),
		"Source_SSL_Allowed":            "Yes",
		"Seconds_Behind_Source":         behind,
		"Source_SSL_Verify_Server_Cert": "No",
		"Last_IO_Errno":                 int64(0),
		"Last_IO_Error":                 r.IOError,
		"Last_SQL_Errno":                int64(0),
		"Last_SQL_Error":                r.SQLError,
		"Source_Server_Id":              int64(r.Source.cfg.ServerID),
		"Source_UUID":                   uuid,
		"Source_Info_File":              "mysql.slave_master_info",
		"SQL_Delay":                     int64(0),
		"SQL_Remaining_Delay":           nil,
		"Replica_SQL_Running_State":     sqlState,
		"Source_Retry_Count":            int64(10),
		"Retrieved_Gtid_Set":            r.Retrieved,
		"Executed_Gtid_Set":             r.Executed,
		"Auto_Position":                 int64(1),
		"Get_Source_public_key":         int64(0),
		"Channel_Name":                  name,
	}
	if r.IOError != "" {
		given["Last_IO_Errno"] = int64(2003)
	}
	if r.SQLError != "" {
		given["Last_Errno"], given["Last_Error"], given["Last_SQL_Errno"] = int64(1062), r.SQLError, int64(1062)
	}
	if in.cfg.MariaDB {
		given["Using_Gtid"], given["Parallel_Mode"] = "No", "optimistic"
	}
	for name, v := range maps.Clone(given) {
		given[oldWords.Replace(name)] = v
	}
	row := make([]any, len(cols))
	for i := range cols {
		v, ok := given[cols[i].name]
		switch {
		case ok:
			row[i] = v
		case affinity(cols[i].sql) == "INT":
			row[i] = int64(0)
		default:
			row[i] = ""
		}
	}
	return row
}

// workers is performance_schema.replication_applier_status_by_worker, which MariaDB has in its own words.
func (s *session) workers(name string) *virtualTable {
	v := newVirtual(
		name,
		"CHANNEL_NAME! char(64)",
		"WORKER_ID! bigint unsigned",
		"LAST_ERROR_NUMBER! int",
		"LAST_ERROR_MESSAGE! varchar(1024)",
	)
	if r := s.in.Replication(); r.Source != nil {
		number := int64(0)
		if r.Worker != "" {
			number = 1062
		}
		v.add("", int64(1), number, r.Worker)
	}
	return v
}

// syntax is what a server says to a statement that its version does not have any more.
func syntax(st *statement) error {
	return mysql.NewError(
		mysql.ER_PARSE_ERROR,
		"You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use "+
			"near '"+brief(
			st.query,
		)+"' at line 1",
	)
}

var binlogColumns = columns("", "File!", "Position! bigint unsigned", "Binlog_Do_DB!", "Binlog_Ignore_DB!", "Executed_Gtid_Set!")

func (s *session) binlogStatus(newWords bool, st *statement, binary bool) (*mysql.Result, error) {
	eight := strings.HasPrefix(s.in.cfg.Version, "8.0")
	switch {
	case newWords && (s.in.cfg.MariaDB || eight), !newWords && !s.in.cfg.MariaDB && !eight:
		return nil, mysql.NewDefaultError(mysql.ER_PARSE_ERROR, "near", st.query, 1)
	case s.in.cfg.MariaDB && !s.account().Admin:
		return nil, mysql.NewDefaultError(mysql.ER_SPECIFIC_ACCESS_DENIED_ERROR, "SUPER, BINLOG MONITOR")
	case !s.account().Monitor:
		return nil, mysql.NewDefaultError(mysql.ER_SPECIFIC_ACCESS_DENIED_ERROR, "SUPER, REPLICATION CLIENT")
	}
	r := s.in.Replication()
	return s.in.constant(binlogColumns, [][]any{{r.File, int64(r.Pos), "", "", r.Executed}}, binary)
}
