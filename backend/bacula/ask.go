package bacula

import (
	"context"
	"database/sql/driver"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// asked are writes that change nothing even where they are allowed: a server looks at privileges before it looks for rows. They are in no
// list of a watcher's: only AskToWrite sends them.
var asked = []string{"DELETE FROM Log WHERE 1 = 0", "DELETE FROM mysql.user WHERE 1 = 0"}

// AskToWrite asks the first host of c, in a session that is not read-only, for writes that change nothing: Fails when the server denies the
// account one, Holds when it took it, Unknown when it says something else, such as that it takes no writes from anybody. Says is what it
// said.
func AskToWrite(ctx context.Context, c CatalogConfig) ([]Right, error) {
	if len(c.Hosts) == 0 {
		return nil, fault(nil, "ask to write: no host is configured")
	}
	doing := "ask " + c.Hosts[0] + " to write"
	login := c.login(c.Hosts[0])
	login.Params = map[string]string{"lock_wait_timeout": "2"} // whoever may write would wait behind an ALTER TABLE
	conn, err := login.Dial(ctx)
	if err != nil {
		return nil, faultOf(doing, err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, mysql.AnswerLimit)
	defer cancel()
	var out []Right
	for _, text := range asked {
		r := Right{Command: text, Allowed: model.Holds}
		_, err := conn.(driver.ExecerContext).ExecContext(ctx, text, nil)
		switch {
		case mysql.Denied(err):
			r.Allowed, r.Says = model.Fails, model.Clean(mysql.Says(err))
		case mysql.Number(err) != 0:
			r.Allowed, r.Says = model.Unknown, model.Clean(mysql.Says(err))
		case err != nil:
			return nil, faultOf(doing, err)
		}
		out = append(out, r)
	}
	return out, nil
}
