package config

import (
	"strings"
	"testing"
)

// TestArgumentsThatHoldAPasswordAreKnown: a client takes any beginning of its options' names, and -p is an option of others, too.
func TestArgumentsThatHoldAPasswordAreKnown(t *testing.T) {
	for argv, want := range map[string]bool{
		"mysqldump --password=x bacula": true, "mysqldump --pass=x": true, "mariadb-dump --passw=x": true, "mysql --loose-password=x": true,
		"mysql -px": true, "nice /usr/bin/mariadb -ubacula -p/x": true, "env MYSQL_PWD=x mysqldump": true, "zstd --password=x": true,
		"mysqldump --defaults-extra-file=/etc/p.cnf bacula": false, "zstd -q -p8 -c": false, "pigz -p4": false, "mysql -P3306": false,
		"mysqldump --single-transaction -p": false,
	} {
		if holdsPassword(strings.Fields(argv)) != want {
			t.Errorf("%s: %v", argv, !want)
		}
	}
}
