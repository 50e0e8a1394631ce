package schema

import (
	"context"
	"database/sql"
	"fmt"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Tenants tells who lives on the schema's server besides it, in a session of its own that has chosen the schema.
func (s *Schema) Tenants(ctx context.Context) (t model.Tenants, err error) {
	in := *s
	in.Login.Database = s.Name
	err = in.Session(ctx, func(conn *sql.Conn) error {
		t, err = mysql.TenantsOf(func(st mysql.Statement, take func(*sql.Rows) error) error {
			return mysql.Ask(ctx, conn, st.Text, nil, take)
		})
		return err
	})
	if err != nil {
		return t, fmt.Errorf("asking who lives on %s: %w", s.Login.Address, mysql.FaultOf("asking", err))
	}
	return t, nil
}
