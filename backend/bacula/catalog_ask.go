package bacula

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Answers tells whether the newest statement was answered and none has been waiting for 3 s.
func (c *Catalog) Answers() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, since := range c.asks {
		if time.Since(since) > 3*time.Second {
			return false
		}
	}
	return !c.failed
}

// asking notes that a statement is on its way; the returned function, that it was answered.
func (c *Catalog) asking() (answered func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serial++
	n := c.serial
	c.asks[n] = time.Now()
	return func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.asks, n)
		if errors.Is(err, context.Canceled) { // which says nothing of the catalog
			return
		}
		if c.failed = err != nil; err == nil {
			return
		}
		met := model.TroubleOf(faultOf("asking", err))
		c.failed = met != model.TroubleAnswer && met != model.TroubleDenied // a server that refuses a statement answers
	}
}

type heardKey struct{}

// WhenHeard has f called with every session that is got and every statement that is answered under the context, so that what takes long
// can be told from what stands still. Opening a session has limits of its own.
func WhenHeard(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, heardKey{}, f)
}

func heard(ctx context.Context) {
	if f, ok := ctx.Value(heardKey{}).(func()); ok {
		f()
	}
}

// each runs a statement of the list and hands every row to take. What broke before its first row is tried once more: a
// pooled connection may have died since it was last used.
func (c *Catalog) each(ctx context.Context, st Statement, args []any, take func(*sql.Rows) error) error {
	taken := 0
	counted := func(rows *sql.Rows) error {
		taken++
		return take(rows)
	}
	answered := c.asking()
	err := c.once(ctx, st, args, counted)
	if taken == 0 && mysql.Broke(err) {
		err = c.once(ctx, st, args, counted)
	}
	answered(err)
	if err == nil {
		heard(ctx)
	}
	return err
}

// once waits for a connection, which is not part of the statement's limit, and runs the statement on it.
func (c *Catalog) once(ctx context.Context, st Statement, args []any, take func(*sql.Rows) error) error {
	conn, err := c.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	heard(ctx)
	return mysql.Ask(ctx, conn, st.Text, args, take)
}

// fault names the host that answered last.
func (c *Catalog) fault(doing string, err error) error {
	var f *model.Fault
	if errors.As(err, &f) {
		return err
	}
	if h := c.hosts.newest().addr; h != "" {
		doing = "catalog " + h + ": " + doing
	}
	return faultOf(doing, err)
}
