package bacula

import (
	"strings"

	"switchyard/backend/mysql"
)

// Statement is one of the SQL statements that a catalog is ever sent by a watcher. Every argument is a whole number, but for the name of a
// Job resource.
type Statement struct {
	Name string
	Text string
	Args int // placeholders in Text
}

// jobColumns are in every catalog from version 14 to 1026; scanRow reads them in this order.
const jobColumns = "JobId, Job, Name, Type, Level, JobStatus, ClientId, SchedTime, StartTime, EndTime, RealEndTime, " +
	"JobTDate, JobFiles, JobBytes, JobErrors, PriorJobId"

// Limits of what one statement may answer.
const (
	newestChunk = 1250 // rows of the first step of a walk: a day of 250 chains, with what ran twice
	walkChunk   = 2000 // rows of one step of a walk
	tickLimit   = 2000 // rows of one tick
	tagChunk    = 2000 // rows of one step of a search for a tag
	clientChunk = 2000 // rows of one page of clients
	logLimit    = 2000 // Log rows of one job
	whyLimit    = 60   // Log rows searched for the reason of a failure

	backupChunk = 250  // backups of one name that one statement reads
	volumeLimit = 2000 // volumes of some jobs
	extentChunk = 2000 // stretches of volumes of some jobs

	protectedAtOnce = 64   // jobs whose volumes are asked for in one statement
	storedAtOnce    = 512  // jobs of which one statement asks whether any volume holds them
	clientsAtOnce   = 8    // clients whose retentions are
	filesOf         = 300  // jobs whose files are counted together: a whole set
	statusesAtOnce  = 16   // volumes whose status is asked for by their names
	volumesOfNewest = 3000 // jobs, the newest ones, of which one statement asks for the volumes: some days
	extentsAtOnce   = 64   // jobs of which one statement asks where they lie on their volumes
)

// The closed list. Job, Client and Log are only ever read by their keys: Bacula's schema has no other index to rely on.
var (
	// MariaDB knows some variables by other names, so the first question to a host is who answers.
	stServer = Statement{"server", "SELECT @@version", 0}
	// The session is made read-only and limited to 5 s per statement, then asked whether it is, and its host whether it takes
	// writes: read replicas of RDS and a super_read_only server say read_only, Aurora's readers innodb_read_only.
	stSetMySQL   = Statement{"session, MySQL", "SET SESSION transaction_read_only = 1, SESSION max_execution_time = 5000", 0}
	stSetMariaDB = Statement{"session, MariaDB", "SET SESSION tx_read_only = 1, SESSION max_statement_time = 5", 0}
	stProofMySQL = Statement{"proof, MySQL",
		"SELECT @@version, @@session.transaction_read_only, @@global.read_only, @@global.innodb_read_only, @@server_uuid, @@hostname, @@port", 0}
	stProofMariaDB = Statement{"proof, MariaDB",
		"SELECT @@version, @@session.tx_read_only, @@global.read_only, @@global.innodb_read_only, @@hostname, @@port, @@datadir", 0}

	stVersion = Statement{"version", "SELECT VersionId FROM Version ORDER BY VersionId DESC LIMIT 1", 0}
	stColumns = Statement{"columns", "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() " +
		"AND TABLE_NAME IN ('Job', 'Client', 'Log') ORDER BY TABLE_NAME, COLUMN_NAME", 0}
	// The server's clock, by which what is in the future is told.
	stClock = Statement{"clock", "SELECT UNIX_TIMESTAMP()", 0}

	stClients = Statement{"clients", "SELECT ClientId, Name FROM Client WHERE ClientId > ? ORDER BY ClientId LIMIT 2000", 1}

	stNewestDay = Statement{"walk, first step", "SELECT " + jobColumns + " FROM Job WHERE JobId <= ? ORDER BY JobId DESC LIMIT 1250", 1}
	stWalk      = Statement{"walk", "SELECT " + jobColumns + " FROM Job WHERE JobId <= ? ORDER BY JobId DESC LIMIT 2000", 1}
	stTick8     = tickStatement("tick, up to 8 open", 8)
	stTick64    = tickStatement("tick, up to 64 open", 64)
	stTick      = tickStatement("tick, up to 512 open", 512)

	// Who carries a tag, and one job: where JobIds were issued again, the row of an id is another job's.
	stComments = Statement{"comments", "SELECT JobId, Job, SUBSTR(Comment, 1, 256) FROM Job WHERE JobId >= ? ORDER BY JobId LIMIT 2000", 1}
	stJob      = Statement{"job", "SELECT " + jobColumns + " FROM Job WHERE JobId >= ? ORDER BY JobId LIMIT 1", 1}

	// One LogText may be 64 KB: a prefix is enough to read and to recognise.
	stLog = Statement{"log", "SELECT LogId, Time, SUBSTR(LogText, 1, 8192) FROM Log WHERE JobId = ? ORDER BY LogId DESC LIMIT 2000", 1}
	stWhy = Statement{"why", "SELECT LogId, Time, SUBSTR(LogText, 1, 1024) FROM Log WHERE JobId = ? ORDER BY LogId DESC LIMIT 60", 1}
	// The same of some jobs at once, each by the index over JobId.
	stWhys = Statement{
		"whys",
		strings.TrimPrefix(strings.Repeat(" UNION ALL SELECT * FROM (SELECT JobId, LogId, Time, SUBSTR(LogText, 1, 1024) AS Text FROM Log "+
			"WHERE JobId = ? ORDER BY LogId DESC LIMIT 60) AS One", WhysAtOnce), " UNION ALL ") + " ORDER BY JobId, LogId DESC",
		WhysAtOnce,
	}

	// Whether every volume of some jobs is protected; catalogs before 1026 have no such column. Both tables are read by their keys.
	stProtected = Statement{
		"protected",
		"SELECT v.JobId, MIN(m.Protected) FROM JobMedia v JOIN Media m ON m.MediaId = v.MediaId WHERE v.JobId IN (" +
			places(protectedAtOnce) + ") GROUP BY v.JobId ORDER BY v.JobId",
		protectedAtOnce,
	}

	// Whether any volume holds some jobs: by the keys of both tables, one row of each.
	stStored = Statement{
		"stored",
		"SELECT j.JobId, EXISTS (SELECT 1 FROM JobMedia v WHERE v.JobId = j.JobId) AS Placed FROM Job j WHERE j.JobId IN (" +
			places(storedAtOnce) + ") ORDER BY j.JobId",
		storedAtOnce,
	}
	// The backups of one name, between two JobIds. The index holds JobIds too: MySQL goes down it and stops at the limit; MariaDB, which
	// does not use them of an index over the beginning of a column, looks at its entries of that name and reads and sorts the rows between
	// the two. Left to choose, both would go down the primary key past everybody's jobs.
	stNewest  = Statement{"newest", "SELECT JobId FROM Job WHERE JobId <= ? ORDER BY JobId DESC LIMIT 1", 1}
	stBackups = Statement{
		"backups",
		"SELECT " + jobColumns + ", PurgedFiles FROM Job FORCE INDEX (Name) WHERE Name = ? AND JobId >= ? AND JobId <= ? " +
			"ORDER BY JobId DESC LIMIT 250",
		3,
	}
	// A job has a JobMedia row for every stretch of a volume.
	stVolumes = Statement{
		"volumes",
		"SELECT DISTINCT v.JobId, v.MediaId, m.VolumeName, m.VolStatus, m.Enabled, m.MediaType, s.Name, m.LastWritten, m.VolRetention " +
			"FROM JobMedia v JOIN Media m ON m.MediaId = v.MediaId LEFT JOIN Storage s ON s.StorageId = m.StorageId WHERE v.JobId IN (" +
			places(protectedAtOnce) + ") ORDER BY v.JobId DESC, v.MediaId DESC LIMIT 2000",
		protectedAtOnce,
	}
	// Where jobs lie on their volumes: JobMediaIds are given in the order of writing, and JobMedia is read by its index over JobId.
	stExtents = Statement{
		"extents",
		"SELECT v.JobMediaId, v.JobId, j.VolSessionId, j.VolSessionTime, m.VolumeName, m.MediaType, s.Name, m.Slot, v.FirstIndex, v.LastIndex, " +
			"v.StartFile, v.StartBlock, v.EndFile, v.EndBlock FROM JobMedia v JOIN Job j ON j.JobId = v.JobId JOIN Media m ON m.MediaId = " +
			"v.MediaId " +
			"LEFT JOIN Storage s ON s.StorageId = m.StorageId WHERE v.JobId IN (" + places(extentsAtOnce) + ") AND v.JobMediaId > ? " +
			"ORDER BY v.JobMediaId LIMIT 2000",
		extentsAtOnce + 1,
	}
	// By the unique index over VolumeName.
	stVolumeStatuses = Statement{
		"volume statuses",
		"SELECT VolumeName, VolStatus FROM Media WHERE VolumeName IN (" + places(statusesAtOnce) + ") ORDER BY MediaId",
		statusesAtOnce,
	}
	stHighestVolume = Statement{"highest volume", "SELECT MediaId FROM Media ORDER BY MediaId DESC LIMIT 1", 0}
	// Which volumes the newest jobs wrote to: by the primary key of jobs, the index over JobId of JobMedia, and the key of volumes.
	stNewestVolumes = Statement{
		"newest volumes",
		"SELECT DISTINCT j.JobId, j.Name, m.MediaId, m.VolumeName, m.MediaType, m.PoolId FROM Job j JOIN JobMedia v ON v.JobId = j.JobId " +
			"JOIN Media m ON m.MediaId = v.MediaId WHERE j.JobId > ? ORDER BY j.JobId DESC, m.MediaId DESC LIMIT 2000",
		1,
	}
	// Every volume with its pool, by the keys of the three tables; a page of them, never by a status: no index has it.
	stSpace = Statement{
		"space",
		"SELECT m.MediaId, p.Name, s.Name, m.VolStatus, m.Enabled, m.Recycle, m.VolBytes, m.VolErrors, m.FirstWritten, m.LastWritten, " +
			"m.VolRetention FROM Media m LEFT JOIN Pool p ON p.PoolId = m.PoolId LEFT JOIN Storage s ON s.StorageId = m.StorageId " +
			"WHERE m.MediaId > ? ORDER BY m.MediaId LIMIT 2000",
		1,
	}
	stRetentions = Statement{
		"retentions",
		"SELECT ClientId, AutoPrune, JobRetention, FileRetention FROM Client WHERE ClientId IN (" + places(clientsAtOnce) + ") " +
			"ORDER BY ClientId",
		clientsAtOnce,
	}

	// How many paths some jobs hold of which the newest record is not that the file is gone: by the index over JobId, and bounded by the
	// caller. Since 1026 the name stands beside the path.
	stFiles    = filesStatement("files", "Filename")
	stFilesOld = filesStatement("files, names apart", "FilenameId")
	stFileSets = Statement{
		"file sets",
		"SELECT j.JobId, f.FileSet, f.MD5 FROM Job j JOIN FileSet f ON f.FileSetId = j.FileSetId WHERE j.JobId IN (" + places(protectedAtOnce) +
			") ORDER BY j.JobId",
		protectedAtOnce,
	}

	stGrants = Statement{"grants", "SHOW GRANTS", 0}
)

// opening is how sessions are opened. The proof's columns are version, session, two that say whether the host takes writes, and who the
// server is: its UUID, host name and port (a copied data directory has the same UUID), or where there is none (MariaDB) its host name, port
// and data directory.
var opening = mysql.Opening{
	Server:  opens(stServer),
	MySQL:   mysql.Engine{Set: []mysql.Statement{opens(stSetMySQL)}, Proof: opens(stProofMySQL)},
	MariaDB: mysql.Engine{Set: []mysql.Statement{opens(stSetMariaDB)}, Proof: opens(stProofMariaDB)},
	Columns: 7, ReadOnly: 1,
}

func opens(st Statement) mysql.Statement { return mysql.Statement{Name: st.Name, Text: st.Text} }

// Statements lists them all: the same list is run against every server that is claimed to work.
var Statements = append([]Statement{
	stServer, stSetMySQL, stSetMariaDB, stProofMySQL, stProofMariaDB, stVersion, stColumns, stClock, stClients,
	stNewestDay, stWalk, stTick8, stTick64, stTick, stComments, stJob, stLog, stWhy, stWhys, stProtected, stStored,
	stNewest, stBackups, stVolumes, stVolumeStatuses, stHighestVolume, stNewestVolumes, stSpace, stExtents, stRetentions,
	stFiles, stFilesOld, stFileSets, stGrants,
}, tenantStatements...)

// tickStatement reads everything from a JobId on, and the n jobs that are open. Spare places of the list repeat the first argument.
func tickStatement(name string, n int) Statement {
	return Statement{name, "SELECT " + jobColumns + " FROM Job WHERE JobId >= ? OR JobId IN (" + places(n) + ") ORDER BY JobId LIMIT 2000",
		n + 1}
}

func filesStatement(name, column string) Statement {
	return Statement{name, "SELECT COUNT(*) FROM (SELECT MAX(JobId * 2 + (FileIndex > 0)) AS Newest FROM File WHERE JobId IN (" +
		places(filesOf) + ") GROUP BY PathId, " + column + ") AS Kept WHERE Newest % 2 = 1", filesOf}
}

func places(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
