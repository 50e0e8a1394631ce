package rds

import (
	"strings"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Statement is one of the SQL statements that a server is ever sent. None has an argument.
type Statement struct {
	Name string
	Text string
}

// The closed list. Each works on MySQL 8.4 and 9 or on MariaDB, or is only sent where the server's own variables or an error say so.
var (
	stReadOnly     = Statement{"read only", "SET SESSION TRANSACTION READ ONLY"}
	stProofMySQL   = Statement{"read only proof, MySQL", "SELECT @@session.transaction_read_only"}
	stProofMariaDB = Statement{"read only proof, MariaDB", "SELECT @@session.tx_read_only"}
	stLimitMySQL   = Statement{"time limit, MySQL", "SET SESSION max_execution_time = 5000"} // milliseconds
	stLimitMariaDB = Statement{"time limit, MariaDB", "SET SESSION max_statement_time = 5"}  // seconds
	stVersion      = Statement{"version", "SELECT @@version"}

	stVariables = Statement{"variables", "SHOW GLOBAL VARIABLES WHERE Variable_name IN (" +
		quoted("version", "server_uuid", "read_only", "super_read_only", "innodb_read_only") + ", " + quoted(model.ParityVariables...) + ")"}
	stStatus = Statement{
		"status",
		"SHOW GLOBAL STATUS WHERE Variable_name IN (" + quoted("Queries", "Threads_connected", "Threads_running", "Uptime") + ")",
	}
	// SHOW VARIABLES cuts values at 1,024 characters, which a GTID set may exceed.
	stGTIDs    = Statement{"GTIDs", "SELECT @@global.gtid_executed"}
	stAccounts = Statement{"accounts", "SELECT USER, COUNT(*) FROM information_schema.PROCESSLIST GROUP BY USER ORDER BY COUNT(*) DESC, USER"}
	stReplica  = Statement{"replica status", "SHOW REPLICA STATUS"} // a row for every channel
	// Errors of an applier's workers stand nowhere else; asked only where an applier does not run.
	stWorkers = Statement{"applier workers", "SELECT CHANNEL_NAME, WORKER_ID, LAST_ERROR_NUMBER, LAST_ERROR_MESSAGE " +
		"FROM performance_schema.replication_applier_status_by_worker WHERE LAST_ERROR_NUMBER <> 0 ORDER BY CHANNEL_NAME, WORKER_ID"}
	// Who may log in and how; asked once a minute, by a right of its own.
	stLogins = Statement{"logins", "SELECT User, Host, plugin, account_locked FROM mysql.user"}
	// How each session is encrypted; asked once a minute, by a right of its own.
	stCiphers = Statement{"ciphers of sessions", "SELECT t.PROCESSLIST_USER, s.VARIABLE_VALUE FROM performance_schema.status_by_thread s " +
		"JOIN performance_schema.threads t ON t.THREAD_ID = s.THREAD_ID WHERE s.VARIABLE_NAME = 'Ssl_cipher' AND t.PROCESSLIST_USER IS NOT NULL"}
	// Where a server writes; asked only where GTIDs do not tell.
	stBinlog    = Statement{"binary log status", "SHOW BINARY LOG STATUS"}
	stBinlogOld = Statement{"binary log status, before 8.4", "SHOW MASTER STATUS"}
	// The newest rows that Bacula wrote, by primary key: they date what a replica has. JobTDate is epoch, Log.Time the Director's wall clock.
	stNewestJob = Statement{"newest job", "SELECT JobTDate FROM Job ORDER BY JobId DESC LIMIT 20"}
	stNewestLog = Statement{"newest log", "SELECT Time FROM Log ORDER BY LogId DESC LIMIT 1"}
)

// opening is how sessions are opened.
var opening = mysql.Opening{
	Server: mysql.Statement(stVersion),
	MySQL: mysql.Engine{
		Set:   []mysql.Statement{mysql.Statement(stReadOnly), mysql.Statement(stLimitMySQL)},
		Proof: mysql.Statement(stProofMySQL),
	},
	MariaDB: mysql.Engine{
		Set:   []mysql.Statement{mysql.Statement(stReadOnly), mysql.Statement(stLimitMariaDB)},
		Proof: mysql.Statement(stProofMariaDB),
	},
	Columns:  1,
	ReadOnly: 0,
}

// Statements lists them all: the same list is run against every server that is claimed to work.
var Statements = []Statement{
	stReadOnly, stProofMySQL, stProofMariaDB, stLimitMySQL, stLimitMariaDB, stVersion,
	stVariables, stStatus, stGTIDs, stAccounts, stReplica, stWorkers, stLogins, stCiphers, stBinlog, stBinlogOld, stNewestJob, stNewestLog,
	stUncached, stNumbers,
}

func quoted(names ...string) string { return "'" + strings.Join(names, "', '") + "'" }
