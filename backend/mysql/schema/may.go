package schema

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// OnOne are the rights on one schema besides those of Writes.
var OnOne = []string{"SELECT", "SHOW VIEW", "LOCK TABLES", "CREATE TEMPORARY TABLES", "SHOW CREATE ROUTINE"}

// May tells whether this login has rights on a schema by its grants, or on everything, where the schema is *.
func (s *Schema) May(ctx context.Context, conn *sql.Conn, schema string, rights ...string) bool {
	has := []string{}
	err := rows(ctx, conn, asksGrants, 1, func(r []string) {
		all, on, _ := strings.Cut(strings.TrimPrefix(r[0], "GRANT "), " ON ")
		of, part, _ := strings.Cut(on, ".")
		if !strings.HasPrefix(part, "*") {
			return
		}
		if of == "*" || strings.HasPrefix(of, "`") && matches(strings.Trim(of, "`"), schema) {
			has = append(has, strings.Split(strings.ToUpper(all), ", ")...)
		}
	})
	if err != nil {
		return false
	}
	return slices.Contains(has, "ALL PRIVILEGES") || !slices.ContainsFunc(rights, func(r string) bool { return !slices.Contains(has, r) })
}
