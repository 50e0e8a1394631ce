package bacula

import (
	"context"
	"database/sql"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// tenantStatements are those of who lives on the catalog's server.
var tenantStatements = func() (out []Statement) {
	for _, st := range mysql.TenantStatements {
		out = append(out, Statement{st.Name, st.Text, 0})
	}
	return out
}()

func (c *Catalog) house(ctx context.Context) mysql.Asks {
	return func(st mysql.Statement, take func(*sql.Rows) error) error {
		return c.each(ctx, Statement{st.Name, st.Text, 0}, nil, take)
	}
}

// Tenants tells who lives on the catalog's server besides it, as far as this account is shown.
func (c *Catalog) Tenants(ctx context.Context) (model.Tenants, error) {
	t, err := mysql.TenantsOf(c.house(ctx))
	if err != nil {
		return t, c.fault("ask who lives on its server", err)
	}
	return t, nil
}

// Figures tells what the catalog's server counts of everything that it does.
func (c *Catalog) Figures(ctx context.Context) (model.Figures, error) {
	f, err := mysql.FiguresOf(c.house(ctx), model.Now)
	if err != nil {
		return f, c.fault("ask what its server counts", err)
	}
	return f, nil
}
