package model

import "fmt"

// Format is what a backup holds, as the inventory says. The zero value is not known.
type Format string

// The formats. Files are restored where they are wanted, whatever they are.
const (
	MySQLDump  Format = "mysqldump"
	MyDumper   Format = "mydumper"
	XtraBackup Format = "xtrabackup"
	Files      Format = "files"
)

// Formats are all that are known.
var Formats = []Format{MySQLDump, MyDumper, XtraBackup, Files}

// UnmarshalText takes the formats, and nothing for one that is not known.
func (f *Format) UnmarshalText(text []byte) error {
	for _, known := range append([]Format{""}, Formats...) {
		if string(text) == string(known) {
			*f = known
			return nil
		}
	}
	return fmt.Errorf("format %q: want mysqldump, mydumper, xtrabackup or files", Clean(string(text)))
}

// Load are the next steps on the host where something was restored, in their order: what loads it. Parts is of how many backups it was
// made. A directory is as it was given to Bacula: below it stand the paths that were backed up.
func (f Format) Load(dir string, parts int) []string {
	find := "find " + dir
	switch f {
	case MySQLDump:
		return []string{
			find + " -name '*.sql*'",
			"for each of them, the schema first: zcat -f FILE | mysql --init-command='SET sql_log_bin = 0' DATABASE",
		}
	case MyDumper:
		return []string{
			find + " -name metadata    # its directory is the dump's",
			"myloader --directory DUMP --threads 8 --overwrite-tables",
		}
	case XtraBackup:
		steps := []string{find + " -name xtrabackup_checkpoints    # one for the full backup, and one for each increment"}
		if parts > 1 {
			steps = append(
				steps,
				"xtrabackup --prepare --apply-log-only --target-dir FULL",
				"for each increment but the last, the oldest first: xtrabackup --prepare --apply-log-only --target-dir FULL --incremental-dir "+
					"INCREMENT",
				"for the last: xtrabackup --prepare --target-dir FULL --incremental-dir LAST",
			)
		} else {
			steps = append(steps, "xtrabackup --prepare --target-dir FULL")
		}
		return append(steps, "with mysqld stopped and its data directory empty: xtrabackup --copy-back --target-dir FULL, "+
			"then chown -R mysql: DATADIR")
	case Files:
		return []string{find + " -type f    # they are as they were backed up"}
	}
	return []string{
		find + " -type f",
		"! what it is, the inventory does not say: format: mysqldump, mydumper, xtrabackup or files would tell how it is loaded",
	}
}
