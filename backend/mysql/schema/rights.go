package schema

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// What is asked of who is shown. A server shows a login that may not read them its own rights alone, and no word of the others'.
const (
	asksSelf     = "SELECT CURRENT_USER()"
	asksAccounts = "SELECT User, Host FROM mysql.user"
)

// standing is what a login is, and who has which right on everything.
type standing struct {
	self   string // as a grantee
	global map[string][]string
}

// everybody asks for the rights on everything, and proves that the server shows those of each account there is.
func everybody(ctx context.Context, conn *sql.Conn) (st standing, err error) {
	st.global = map[string][]string{}
	var others []string
	err = rows(ctx, conn, asksSelf, 1, func(r []string) { st.self = grantee(r[0]) })
	if err == nil {
		err = rows(ctx, conn, asksAccounts, 2, func(r []string) {
			if who := "'" + r[0] + "'@'" + r[1] + "'"; r[1] != "" && who != st.self { // a role of MariaDB has no host, and is not listed
				others = append(others, who)
			}
		})
	}
	if err != nil {
		return st, mysql.FaultOf("asking which accounts there are (GRANT SELECT ON mysql.* lets it)", err)
	}
	err = rows(ctx, conn, asksGlobal, 2, func(r []string) { st.global[r[0]] = append(st.global[r[0]], strings.ToUpper(r[1])) })
	if err != nil {
		return st, mysql.FaultOf("asking who has a right on everything", err)
	}
	hidden := slices.DeleteFunc(others, func(who string) bool { return len(st.global[who]) > 0 })
	switch {
	case len(hidden) > 0:
		return st, fmt.Errorf("the server does not show the rights of %s: let this login read them (GRANT SELECT ON mysql.*)",
			model.Clean(model.Few(hidden, 3)))
	case len(st.global) < 2 || len(st.global[st.self]) == 0:
		return st, fmt.Errorf("the server shows nobody's rights but one's own: let this login read them (GRANT SELECT ON mysql.*)")
	}
	return st, nil
}

// blind are the rights that the login lacks to see what others have and do.
func (st *standing) blind() (lacks []string) {
	for _, r := range mysql.Sees {
		if !slices.Contains(st.global[st.self], r) {
			lacks = append(lacks, r)
		}
	}
	return lacks
}

// grantee is name@host as rights name it: a name may hold an @, a host holds none.
func grantee(account string) string {
	at := max(strings.LastIndex(account, "@"), 0)
	return "'" + account[:at] + "'@'" + strings.TrimPrefix(account[at:], "@") + "'"
}
