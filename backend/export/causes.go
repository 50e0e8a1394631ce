package export

import "strings"

// cause is why the cockpit alerts, by the beginning of an alert's id, and what its rule is called. Minutes is how long it lasts before
// somebody is told: the cockpit tells at once, and a person who is called at night should not be for what is over by then.
type cause struct {
	id      string
	rule    string
	says    string
	minutes int
}

// other is the cause of an alert that is none of these, so that none is lost.
const other = "other"

// causes are all of the board's, in its order of what is worst.
var causes = []cause{
	{"rds:two-writers", "TwoWriters", "two servers of the RDS pair take writes", 0},
	{"gap", "Gap", "a cell is backed up by nobody", 1},
	{"rds:wrong", "WrongTarget", "a source is not the one it is configured as", 1},
	{"rds:recreated", "InstanceRecreated", "another instance stands under the name of one", 1},
	{"rds:failover", "Failover", "a failover of the RDS pair", 0},
	{"rds:failover-refused", "FailoverRefused", "AWS refuses failovers for a while", 5},
	{"broken", "PromiseBroken", "a cell has no good backup within its promise", 1},
	{"action", "Action", "an action of this program needs somebody", 1},
	{"programme", "Programme", "a programme waits for somebody", 15},
	{"source", "SourceSilent", "a source does not answer", 5},
	{"unlinked", "DirectorUnlinked", "a Director has lost its catalog", 2},
	{"standby", "CatalogReadOnly", "only a read-only host of a catalog is read", 5},
	{"rds:missing", "InstanceMissing", "AWS knows no such instance", 2},
	{"rds:status", "InstanceStatus", "an instance is not available", 5},
	{"rds:key", "InstanceKey", "the key of an instance's storage cannot be used", 2},
	{"rds:storage", "InstanceStorage", "an instance runs out of storage", 5},
	{"rds:certificate", "InstanceCertificate", "the certificate of an instance ends", 60},
	{"rds:lag", "ReplicaLag", "the replica is far behind, or nobody knows", 10},
	{"rds:replica", "ReplicaBroken", "the replica does not replicate", 2},
	{"rds:errant", "ReplicaErrant", "the replica has what the primary never had", 5},
	{"stuck", "JobsStuck", "jobs wait for a volume", 10},
	{"lost", "JobsLost", "jobs were lost", 1},
	{"failed", "JobsFailed", "jobs failed of one cause", 1},
	{"job", "JobFailed", "a job failed, was lost or is stuck", 5},
	{"missed", "BackupMissed", "a backup was due and never ran", 5},
	{"breaks", "PromiseBreaks", "a promise is about to break", 5},
	{"unknown", "CellsUnknown", "of some cells nobody can tell", 10},
	{"warned", "CellWarned", "a cell keeps its promise, and something is wrong with it", 15},
	{"diverged", "CellDiverged", "blue and green do not agree on a cell", 15},
	{"warnings", "BackupWarnings", "backups end with warnings", 60},
	{"bare", "NotImmutable", "immutable backups lie on volumes that can be deleted", 15},
	{"drift", "Drift", "a cluster does other than the routes say", 15},
	{"passive-works", "PassiveWorks", "a passive Director runs jobs", 5},
	{"passive-catalog", "PassiveCatalog", "a passive Director uses another catalog", 15},
	{"slow", "SourceSlow", "a source answers slowly", 15},
	{"flaws", "RowFlaws", "a catalog has rows that cannot be read", 60},
	{"letters", "RowLetters", "a catalog has jobs of a status that Bacula has not", 60},
	{"open", "RowsOpen", "a catalog calls more jobs open than a Director runs", 60},
	{"far", "RowFar", "a JobId is far above all others", 60},
	{"version", "CatalogVersion", "a catalog's version is not known", 60},
	{"dates", "Dates", "a catalog has dates that cannot be", 60},
	{"scanned", "Scanned", "a catalog was filled from volumes", 60},
	{"clock", "Clock", "clocks are apart", 15},
	{"off", "SwitchedOffUnknown", "what is switched off on a Director is not known", 60},
	{"mimics", "Mimics", "job names look like those of cells", 60},
	{"strays", "Strays", "job names map to no cell", 60},
	{"lease", "ManagerHeld", "a configuration manager is held by nobody, or held no more", 15},
	{"cards", "RestoreCards", "restore cards are old or missing", 60},
	{"bundle", "RecoveryBundle", "the recovery bundle is old or missing", 60},
	{"more", "More", "there are more alerts of a kind than are listed", 15},
	{other, "Other", "something that this list of rules does not know", 5},
}

// CauseOf is the cause of an alert, by its id.
func CauseOf(id string) string {
	first, rest, _ := strings.Cut(id, ":")
	if first == "rds" {
		second, _, _ := strings.Cut(rest, ":")
		first += ":" + second
	}
	for _, c := range causes {
		if c.id == first {
			return first
		}
	}
	return other
}
