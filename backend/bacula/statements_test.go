package bacula

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"switchyard/backend/mysql"
)

func TestStatementsOnlyRead(t *testing.T) {
	seen := map[string]bool{}
	for _, st := range Statements {
		if n := strings.Count(st.Text, "?"); n != st.Args {
			t.Errorf("%s: %d placeholders, Args says %d", st.Name, n, st.Args)
		}
		if seen[st.Name] || seen[st.Text] {
			t.Errorf("%s is there twice", st.Name)
		}
		seen[st.Name], seen[st.Text] = true, true
		reads := regexp.MustCompile(`^(SELECT|SHOW GRANTS( FOR CURRENT_USER\(\))?$|SHOW GLOBAL STATUS |SET SESSION )`).MatchString(st.Text)
		writes := regexp.MustCompile(`(?i)\b(insert|update|delete|replace|into|create|alter|drop|lock|call|load)\b|;|@@global\.\w+ *=`).
			FindString(st.Text)
		if !reads || writes != "" {
			t.Errorf("%s does not only read: %s", st.Name, st.Text)
		}
		byKey := regexp.MustCompile(
			`FROM Job (WHERE JobId (<=|>=) \?|j (JOIN FileSet f ON f\.FileSetId = j\.FileSetId )?WHERE j\.JobId IN \(\?|` +
				`j JOIN JobMedia v ON v\.JobId = j\.JobId JOIN Media m ON m\.MediaId = v\.MediaId WHERE j\.JobId > \? |` +
				`FORCE INDEX \(Name\) WHERE Name = \? AND JobId >= \? AND JobId <= \? )`,
		)
		if strings.Contains(st.Text, " FROM Job ") && !byKey.MatchString(st.Text) {
			t.Errorf("%s reads Job other than by its primary key, or the index of names within a range of that", st.Name)
		}
		if strings.Contains(st.Text, " FROM File ") && !strings.Contains(st.Text, " FROM File WHERE JobId IN (?") {
			t.Errorf("%s reads file records other than by their jobs", st.Name)
		}
	}
}

func TestSessionsAreLimitedAsTheRoomSays(t *testing.T) {
	for text, want := range map[string]string{
		stSetMySQL.Text:   fmt.Sprintf("max_execution_time = %d", mysql.ServerLimit.Milliseconds()),
		stSetMariaDB.Text: fmt.Sprintf("max_statement_time = %.0f", mysql.ServerLimit.Seconds()),
	} {
		if !strings.HasSuffix(text, want) {
			t.Errorf("%q does not end with %q", text, want)
		}
	}
}

func TestTickStatementHoldsItsOpenJobs(t *testing.T) {
	for _, c := range []struct{ open, args int }{{0, 9}, {8, 9}, {9, 65}, {64, 65}, {65, 513}, {512, 513}} {
		if got := tickFor(c.open).Args; got != c.args {
			t.Errorf("%d open jobs: statement of %d arguments, want %d", c.open, got, c.args)
		}
	}
}
