package rds

import (
	"slices"
	"strings"
	"testing"

	"switchyard/model"
)

func TestWhatAFenceLacks(t *testing.T) {
	a := &Accounts{Database: "bacula"}
	whole := []string{"GRANT PROCESS, CREATE USER, CONNECTION_ADMIN ON *.* TO `f`@`%`",
		"GRANT " + model.DirectorRights + " ON `bacula`.* TO `f`@`%` WITH GRANT OPTION"}
	if lacks := a.Lacks(whole); len(lacks) > 0 {
		t.Errorf("%v", lacks)
	}
	for gone, lacks := range map[string]string{"CREATE USER": "CREATE USER ON *.*", " WITH GRANT OPTION": "GRANT OPTION ON bacula.*",
		"LOCK TABLES": "LOCK TABLES ON bacula.*"} {
		var some []string
		for _, g := range whole {
			some = append(some, strings.Replace(g, gone, "", 1))
		}
		if got := a.Lacks(some); !slices.Contains(got, lacks) {
			t.Errorf("without %q: %v", gone, got)
		}
	}
}

// TestWhatRaisingNumbersLacks reads grants as servers tell them: on everything, on the database, and on patterns that its name is like.
func TestWhatRaisingNumbersLacks(t *testing.T) {
	for _, c := range []struct {
		grants string
		lacks  string
	}{
		{"GRANT USAGE ON *.* TO `n`@`%`; GRANT SELECT, INSERT, CREATE, ALTER ON `my_bacula`.* TO `n`@`%`", ""},
		{"GRANT ALL PRIVILEGES ON `my\\_bacula`.* TO `n`@`%`", ""}, {"GRANT ALL PRIVILEGES ON `my%`.* TO `n`@`%`", ""},
		{"GRANT INSERT, CREATE ON *.* TO `n`@`%`; GRANT ALTER ON `my_bacula`.* TO `n`@`%`", ""},
		{"GRANT SELECT, INSERT, CREATE ON `my_bacula`.* TO `n`@`%`", "ALTER ON my_bacula.*"},
		{"GRANT ALTER ROUTINE, INSERT, CREATE ON `my_bacula`.* TO `n`@`%`", "ALTER ON my_bacula.*"},
		{"GRANT ALL PRIVILEGES ON *.* TO `n`@`%` WITH GRANT OPTION; REVOKE DELETE, INSERT ON `my_bacula`.* FROM `n`@`%`",
			"INSERT ON my_bacula.*"},
		{"GRANT ALL PRIVILEGES ON *.* TO `n`@`%`; REVOKE INSERT ON `mysql`.* FROM `n`@`%`", ""},
		{"GRANT ALL PRIVILEGES ON `mine`.* TO `n`@`%`", "ALTER ON my_bacula.*, CREATE ON my_bacula.*, INSERT ON my_bacula.*"},
		{"GRANT ALTER, CREATE, INSERT ON `my_bacula`.`Job` TO `n`@`%`", "ALTER ON my_bacula.*, CREATE ON my_bacula.*, INSERT ON my_bacula.*"},
		{"GRANT ALL PRIVILEGES ON `my\\_bacul`.* TO `n`@`%`", "ALTER ON my_bacula.*, CREATE ON my_bacula.*, INSERT ON my_bacula.*"},
	} {
		if got := strings.Join(LacksNumbers(strings.Split(c.grants, "; "), "my_bacula"), ", "); got != c.lacks {
			t.Errorf("%s: lacks %q, want %q", c.grants, got, c.lacks)
		}
	}
}
