package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"switchyard/model"
)

// A limit that is not longer than the one inside it would speak for it, and know less.
func TestEveryLimitIsLongerThanTheOneInside(t *testing.T) {
	for _, l := range []Login{
		{Address: "db:3306"}, {Address: "db", Connect: time.Minute}, {Address: "/run/mysqld.sock"}, {Address: "db:3306", Token: true,
			TLS: &TLS{}},
	} {
		cfg, err := l.config(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		ask := asked(t)
		for _, d := range [][2]time.Duration{{ServerLimit, ask}, {ask, setupLimit}, {setupLimit, cfg.ReadTimeout}, {setupLimit,
			cfg.WriteTimeout}} {
			if d[0] >= d[1] {
				t.Errorf("%s: %v is not inside %v", l.Address, d[0], d[1])
			}
		}
		if want := l.connectLimit(); cfg.Timeout != want || want <= 0 {
			t.Errorf("%s: dialling may take %v, want %v", l.Address, cfg.Timeout, want)
		}
	}
}

// asked is how long Ask gives a statement, to a tenth of a second.
func asked(t *testing.T) time.Duration {
	t.Helper()
	var seen deadlines
	db := sql.OpenDB(&seen)
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := Ask(t.Context(), conn, "SELECT 1", nil, nil); err != nil || seen.left == 0 {
		t.Fatalf("a statement without a limit, %v", err)
	}
	return seen.left.Round(100 * time.Millisecond)
}

// deadlines is a driver that answers no rows and notes how long it was given.
type deadlines struct{ left time.Duration }

func (d *deadlines) Connect(context.Context) (driver.Conn, error) { return d, nil }
func (d *deadlines) Driver() driver.Driver                        { return nil }
func (d *deadlines) Prepare(string) (driver.Stmt, error)          { return nil, driver.ErrSkip }
func (d *deadlines) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (d *deadlines) Close() error                                 { return nil }
func (d *deadlines) Columns() []string                            { return nil }
func (d *deadlines) Next([]driver.Value) error                    { return io.EOF }

func (d *deadlines) QueryContext(ctx context.Context, _ string, _ []driver.NamedValue) (driver.Rows, error) {
	if end, ok := ctx.Deadline(); ok {
		d.left = time.Until(end)
	}
	return d, nil
}

// A stopped server's kernel still takes connections.
func TestAServerThatNeverGreetsIsGivenUpInTheTimeToConnect(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	began := time.Now()
	_, err = NewHost(Login{Address: l.Addr().String(), Connect: 50 * time.Millisecond}, &Opening{}).Open(t.Context())
	if took := time.Since(began); !errors.Is(FaultOf("connect", err), model.ErrTimeout) || took >= ServerLimit {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestATokenIsNeverSentOutsideTLS(t *testing.T) {
	made := false
	login := Login{Address: "127.0.0.1:1", Token: true, Password: func(context.Context) (string, error) { made = true; return "token", nil }}
	if _, err := login.Dial(t.Context()); !errors.Is(err, model.ErrUntrusted) || made {
		t.Errorf("%v; a token was made: %v", err, made)
	}
}
