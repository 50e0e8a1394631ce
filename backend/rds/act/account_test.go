package act

import (
	"errors"
	"strings"
	"testing"

	driversql "github.com/go-sql-driver/mysql"
)

// A server's error echoes the statement, and a password stands in it.
func TestAnErrorTellsNoStatement(t *testing.T) {
	err := silent(&driversql.MySQLError{Number: 1064, Message: "You have an error near 'hunter2' REQUIRE SSL"})
	if strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "1064") {
		t.Error(err)
	}
	if silent(errors.New("broken")) == nil {
		t.Error("an error is gone")
	}
	if got := account("o'b", ""); got != "'o''b'@'%'" {
		t.Error(got)
	}
}
