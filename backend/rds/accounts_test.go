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
