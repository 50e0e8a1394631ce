package sqlsim

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// replicaColumns are those of SHOW REPLICA STATUS of MySQL 9.7, in order.
var replicaColumns = strings.Fields(`Replica_IO_State Source_Host Source_User Source_Port Connect_Retry Source_Log_File Read_Source_Log_Pos
	Relay_Log_File Relay_Log_Pos Relay_Source_Log_File Replica_IO_Running Replica_SQL_Running Replicate_Do_DB Replicate_Ignore_DB
	Replicate_Do_Table Replicate_Ignore_Table Replicate_Wild_Do_Table Replicate_Wild_Ignore_Table Last_Errno Last_Error Skip_Counter
	Exec_Source_Log_Pos Relay_Log_Space Until_Condition Until_Log_File Until_Log_Pos Source_SSL_Allowed Source_SSL_CA_File
	Source_SSL_CA_Path Source_SSL_Cert Source_SSL_Cipher Source_SSL_Key Seconds_Behind_Source Source_SSL_Verify_Server_Cert
	Last_IO_Errno Last_IO_Error Last_SQL_Errno Last_SQL_Error Replicate_Ignore_Server_Ids Source_Server_Id Source_UUID
	Source_Info_File SQL_Delay SQL_Remaining_Delay Replica_SQL_Running_State Source_Retry_Count Source_Bind
	Last_IO_Error_Timestamp Last_SQL_Error_Timestamp Source_SSL_Crl Source_SSL_Crlpath Retrieved_Gtid_Set Executed_Gtid_Set
	Auto_Position Replicate_Rewrite_DB Channel_Name Source_TLS_Version Source_public_key_path Get_Source_public_key Network_Namespace`)

// oldWords turn MySQL's names into those that MariaDB and MySQL before 8.0.22 print.
var oldWords = strings.NewReplacer("Replica_", "Slave_", "Source_", "Master_", "_Source", "_Master")

func (s *session) replicaStatus(newWords bool, st *statement, binary bool) (*mysql.Result, error) {
	switch {
	case !s.account().Monitor:
		return nil, mysql.NewDefaultError(mysql.ER_SPECIFIC_ACCESS_DENIED_ERROR, "SUPER, REPLICATION CLIENT")
	case !newWords && !s.in.cfg.MariaDB && !strings.HasPrefix(s.in.cfg.Version, "8.0"):
		return nil, syntax(st)
	}
	names := make([]string, len(replicaColumns))
	for i, n := range replicaColumns {
		names[i] = n
		if !newWords || s.in.cfg.MariaDB {
			names[i] = oldWords.Replace(n)
		}
	}
	r := s.in.Replication()
	if r.Source == nil {
		return s.in.constant(names, nil, binary)
	}
	host, port, _ := net.SplitHostPort(r.Source.Addr())
	portNum, _ := strconv.ParseInt(port, 10, 64)
	var behind any
	if r.Known {
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
		"Replica_IO_State": ioState, "Source_Host": host, "Source_User": "rdsrepladmin", "Source_Port": portNum, "Connect_Retry": int64(60),
		"Source_Log_File": r.read.name(), "Read_Source_Log_Pos": int64(r.read.pos), "Relay_Log_File": "relaylog.000002", "Relay_Log_Pos": int64(4),
		"Relay_Source_Log_File": r.exec.name(), "Replica_IO_Running": io, "Replica_SQL_Running": sql, "Exec_Source_Log_Pos": int64(r.exec.pos),
		"Last_Errno": int64(0), "Skip_Counter": int64(0), "Relay_Log_Space": int64(4096), "Until_Condition": "None", "Until_Log_Pos": int64(0),
		"Source_SSL_Allowed": "Yes", "Seconds_Behind_Source": behind, "Source_SSL_Verify_Server_Cert": "No", "Last_IO_Errno": int64(0),
		"Last_IO_Error": r.IOError, "Last_SQL_Errno": int64(0), "Last_SQL_Error": r.SQLError, "Source_Server_Id": int64(r.Source.cfg.ServerID),
		"Source_UUID": r.Source.cfg.UUID, "Source_Info_File": "mysql.slave_master_info", "SQL_Delay": int64(0), "SQL_Remaining_Delay": nil,
		"Replica_SQL_Running_State": sqlState, "Source_Retry_Count": int64(10), "Retrieved_Gtid_Set": r.Retrieved,
		"Executed_Gtid_Set": r.Executed, "Auto_Position": int64(1), "Get_Source_public_key": int64(0),
	}
	if r.IOError != "" {
		given["Last_IO_Errno"] = int64(2003)
	}
	if r.SQLError != "" {
		given["Last_Errno"], given["Last_Error"], given["Last_SQL_Errno"] = int64(1062), r.SQLError, int64(1062)
	}
	row := make([]any, len(replicaColumns))
	for i, n := range replicaColumns {
		v, ok := given[n]
		if !ok {
			v = ""
		}
		row[i] = v
	}
	return s.in.constant(names, [][]any{row}, binary)
}

// syntax is what a server says to a statement that its version does not have any more.
func syntax(st *statement) error {
	return mysql.NewError(mysql.ER_PARSE_ERROR, "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '"+brief(st.query)+"' at line 1")
}

func (s *session) binlogStatus(newWords bool, st *statement, binary bool) (*mysql.Result, error) {
	switch {
	case !s.account().Monitor:
		return nil, mysql.NewDefaultError(mysql.ER_SPECIFIC_ACCESS_DENIED_ERROR, "SUPER, REPLICATION CLIENT")
	case !s.in.cfg.MariaDB && newWords == strings.HasPrefix(s.in.cfg.Version, "8.0"): // renamed in 8.2
		return nil, syntax(st)
	}
	r := s.in.Replication()
	return s.in.constant([]string{"File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set"},
		[][]any{{r.File, int64(r.Pos), "", "", r.Executed}}, binary)
}
