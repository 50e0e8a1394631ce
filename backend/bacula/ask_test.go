package bacula

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"switchyard/model"
)

func TestWritesAreAskedForAndChangeNothing(t *testing.T) {
	in := serve(t, "db", nil)
	change(t, in, "INSERT INTO Log (JobId, LogText) VALUES (1, 'kept')")
	ask := func(user string) (verdicts []model.Verdict, says string) {
		t.Helper()
		rights, err := AskToWrite(t.Context(), CatalogConfig{Hosts: []string{in.Addr()}, User: user, Password: word("w"), Database: "bacula"})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rights {
			verdicts = append(verdicts, r.Allowed)
			says += r.Command + ": " + r.Says + "\n"
		}
		return verdicts, says
	}
	for _, c := range []struct {
		user     string
		readOnly bool
		want     []model.Verdict
		says     string
	}{
		{"watch", false, []model.Verdict{model.Fails, model.Fails}, "DELETE command denied to user 'watch'@'127.0.0.1' for table 'Log' (error " +
			"1142)"},
		{"writer", false, []model.Verdict{model.Holds, model.Fails}, "for table 'user' (error 1142)"},
		{"watch", true, []model.Verdict{model.Unknown, model.Unknown}, "--read-only option so it cannot execute this statement (error 1290)"},
	} {
		in.SetReadOnly(c.readOnly)
		got, says := ask(c.user)
		if !slices.Equal(got, c.want) || !strings.Contains(says, c.says) {
			t.Errorf("%s, read only %v: %v\n%s", c.user, c.readOnly, got, says)
		}
	}
	kept := 0
	if err := in.Read("SELECT COUNT(*) FROM Log").Scan(&kept); err != nil || kept != 1 {
		t.Errorf("%d rows of 1 are left, %v", kept, err)
	}
	_, err := AskToWrite(t.Context(), CatalogConfig{Hosts: []string{in.Addr()}, User: "watch", Password: word("secret"), Database: "bacula"})
	if !errors.Is(err, model.ErrRefused) || strings.Contains(fmt.Sprint(err), "secret") {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestAskedWritesMatchNoRowAndAreNoWatchersStatement(t *testing.T) {
	for _, text := range asked {
		if !regexp.MustCompile(`^DELETE FROM [\w.]+ WHERE 1 = 0$`).MatchString(text) {
			t.Errorf("%q could change something", text)
		}
		if slices.ContainsFunc(Statements, func(s Statement) bool { return s.Text == text }) {
			t.Errorf("%q is on the list of a watcher's", text)
		}
	}
}
