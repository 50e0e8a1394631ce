// Package bacula reads Bacula: Directors through their own bconsole, catalogs through a closed list of SQL.
package bacula

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// CatalogConfig says how to reach one cluster's catalog.
type CatalogConfig struct {
	Hosts    []string // host:port or an absolute socket path; of several, the writable one is found
	User     string
	Database string
	Password func(context.Context) (string, error) // asked for every new connection; nil: none
	Token    bool                                  // the password is an RDS token: sent as it is, inside TLS only
	TLS      *mysql.TLS                            // nil: not encrypted
	Zone     *time.Location                        // of the Director's wall clock, in which it writes DATETIMEs; nil: this host's
	Connect  time.Duration                         // limit for one host to accept; 3 s when zero
}

// Catalog reads one catalog. It is safe for concurrent use and holds at most two connections, each at most a minute old:
// so whether its host still takes writes, and its session is read-only, is proven anew every minute. While only a standby answers, a host
// that takes writes is looked for every 10 s.
type Catalog struct {
	cluster  model.Cluster
	zone     *time.Location
	database string
	hosts    *connector
	db       *sql.DB

	mu      sync.Mutex
	clients map[uint32]string
	asked   time.Time // when the clients were last read
	skew    time.Duration
	flaws   []flaw            // rows of Job that were met and cannot be read whole
	asks    map[int]time.Time // by serial: since when a statement waits for its answer
	serial  int
	failed  bool // the newest answer was an error
}

// How old a session may become, of a host that takes writes and of a standby.
const (
	proveEvery = time.Minute
	seekEvery  = 10 * time.Second
)

const idleSessions = 1

// NewCatalog does not connect yet: every method does when it needs to.
func NewCatalog(cluster model.Cluster, c CatalogConfig) *Catalog {
	if c.Zone == nil {
		c.Zone = time.Local
	}
	k := newConnector(&c)
	db := sql.OpenDB(k)
	k.lives = db.SetConnMaxLifetime
	db.SetMaxOpenConns(2)
	db.SetMaxIdleConns(idleSessions)
	db.SetConnMaxLifetime(proveEvery)
	return &Catalog{
		cluster:  cluster,
		zone:     c.Zone,
		database: c.Database,
		hosts:    k,
		db:       db,
		clients:  map[uint32]string{},
		asks:     map[int]time.Time{},
	}
}

// Close ends the connections.
func (c *Catalog) Close() error { return c.db.Close() }

// Anew ends the sessions that nobody uses: the next question opens one to the host that takes writes then.
func (c *Catalog) Anew() {
	c.db.SetMaxIdleConns(0)
	c.db.SetMaxIdleConns(idleSessions)
}

// Host is where the newest session is, whether that host refuses writes, and who its server is; empty before the first.
func (c *Catalog) Host() (addr string, readOnly bool, identity string) {
	h := c.hosts.newest()
	return h.addr, h.readOnly, c.identity(h)
}

// identity is of server and database; empty when the server does not tell who it is.
func (c *Catalog) identity(h host) string {
	if h.server == "" {
		return ""
	}
	return h.server + " / " + c.database
}

// Others are the other hosts while a standby is read, and why none of them is.
func (c *Catalog) Others() []model.CatalogHost { return c.hosts.newest().others }

// Skew is by how much the configured zone is wrong (to be added to what it reads), as the newest finished job proves. Rows are corrected
// already.
func (c *Catalog) Skew() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew
}

// neededColumns are those the statements name.
var neededColumns = func() map[string][]string {
	return map[string][]string{
		"Job": append(strings.Split(jobColumns, ", "), "Comment"), "Client": {"ClientId", "Name"}, "Log": {"LogId", "JobId", "Time", "LogText"},
	}
}()

// Probe asks what the catalog is: its host, server, Bacula's version of it, and which columns it lacks. Jobs and From are left to who holds
// them.
func (c *Catalog) Probe(ctx context.Context) (model.Catalog, error) {
	version, said := 0, false
	err := c.each(ctx, stVersion, nil, func(rows *sql.Rows) error {
		var raw sql.RawBytes
		if err := rows.Scan(&raw); err != nil {
			return err
		}
		n, _ := wholeNumber(raw, 31) // one that cannot be read is 0, and told as not known
		version, said = int(n), true
		return nil
	})
	if err == nil && !said {
		err = fault(model.ErrAnswer, "read catalog version: its table Version is empty")
	}
	if err != nil {
		return model.Catalog{}, c.fault("read catalog version", err)
	}
	var has []string
	err = c.each(ctx, stColumns, nil, func(rows *sql.Rows) error {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return err
		}
		has = append(has, strings.ToLower(table+"."+column))
		return nil
	})
	if err != nil {
		return model.Catalog{}, c.fault("read catalog columns", err)
	}
	ahead, err := c.Clock(ctx)
	if err != nil {
		return model.Catalog{}, err
	}
	h := c.hosts.newest()
	out := model.Catalog{
		Hosts:    c.hosts.addrs,
		Database: c.database,
		Identity: c.identity(h),
		Host:     h.addr,
		ReadOnly: h.readOnly,
		Others:   h.others,
		Server:   h.version,
		Version:  version,
		Ahead:    ahead,
		Clock:    true,
		At:       model.Now(),
	}
	for table, columns := range neededColumns {
		for _, column := range columns {
			if !slices.Contains(has, strings.ToLower(table+"."+column)) {
				out.Missing = append(out.Missing, table+"."+column)
			}
		}
	}
	slices.Sort(out.Missing)
	return out, nil
}

// overlap is how far below the watermark a tick reads again: a row is inserted by its own transaction and may become visible after its
// successor.
const overlap = 16

// Tick reads, by primary key and in one statement, every job from shortly before watermark on and those in ids, ordered by
// JobId. A quiet tick reads at most 17 rows and those of ids. When the row at watermark is missing or has another Job
// than remembered, JobIds were reissued: walk again. A JobId of ids that is not answered was deleted, unless there are 2,000
// answers and more, which are cut at the end: raise the watermark and tick again. More than 512 ids take more statements.
func (c *Catalog) Tick(ctx context.Context, watermark uint32, ids []uint32) ([]Row, error) {
	return c.byKey(ctx, max(int64(watermark)-overlap, 0), ids)
}

// Rows reads jobs by their JobIds, ordered by them. Those that are not answered are not there.
func (c *Catalog) Rows(ctx context.Context, ids []uint32) ([]Row, error) {
	return c.byKey(ctx, aboveAll, ids)
}

// aboveAll is more than every JobId.
const aboveAll = math.MaxInt64

func (c *Catalog) byKey(ctx context.Context, from int64, ids []uint32) ([]Row, error) {
	var out []Row
	for first := true; first || len(ids) > 0; first = false {
		part := ids[:min(len(ids), stTick.Args-1)]
		ids = ids[len(part):]
		st := tickFor(len(part))
		args := make([]any, 0, st.Args)
		args = append(args, from)
		for _, id := range part {
			args = append(args, int64(id))
		}
		for len(args) < st.Args {
			args = append(args, from)
		}
		rows, err := c.jobs(ctx, "read catalog", st, args)
		if err != nil {
			return nil, err
		}
		if first {
			out = rows
		} else {
			out = append(out, rows...)
		}
		from = aboveAll // the parts after the first read only ids
	}
	slices.SortFunc(out, func(a, b Row) int { return int(int64(a.ID) - int64(b.ID)) })
	return slices.CompactFunc(out, func(a, b Row) bool { return a.ID == b.ID }), nil
}

func tickFor(ids int) Statement {
	for _, st := range [...]Statement{stTick8, stTick64} {
		if ids < st.Args {
			return st
		}
	}
	return stTick
}

// jobs runs a statement of jobColumns.
func (c *Catalog) jobs(ctx context.Context, doing string, st Statement, args []any) ([]Row, error) {
	out := make([]Row, 0, min(st.Args, 64)) // most answers are as many rows as were asked for, or none
	rd := newRowReader(c.zone)
	err := c.each(ctx, st, args, func(rows *sql.Rows) error {
		r, err := rd.read(rows)
		if err != nil {
			return err
		}
		c.noteFlaw(&r, rd.raw[0])
		if r.ID > 0 || r.Flaw == "" {
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		return nil, c.fault(doing, err)
	}
	c.noteSkew(out)
	return out, c.nameClients(ctx, out)
}

// noteSkew remembers what the newest finished row proves of the zone.
func (c *Catalog) noteSkew(rows []Row) {
	var newest time.Time
	for i := range rows {
		if r := &rows[i]; !r.RealEnd.IsZero() && r.RealEnd.After(newest) && r.Type != model.TypeCopy {
			newest = r.RealEnd
			c.mu.Lock()
			c.skew = r.Skew
			c.mu.Unlock()
		}
	}
}

// nameClients fills Client. An unknown ClientId makes it read the small table again, at most every ten seconds.
func (c *Catalog) nameClients(ctx context.Context, rows []Row) error {
	c.mu.Lock()
	unknown := slices.ContainsFunc(rows, func(r Row) bool { _, ok := c.clients[r.ClientID]; return r.ClientID != 0 && !ok })
	due := time.Since(c.asked) > 10*time.Second
	c.mu.Unlock()
	if unknown && due {
		if err := c.readClients(ctx); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range rows {
		rows[i].Client = c.clients[rows[i].ClientID]
	}
	return nil
}

func (c *Catalog) readClients(ctx context.Context) error {
	clients := map[uint32]string{}
	for after, last, page := int64(0), int64(-1), clientChunk; page == clientChunk && len(clients) < 100_000 && after > last; {
		page, last = 0, after
		err := c.each(ctx, stClients, []any{after}, func(rows *sql.Rows) error {
			var id, name sql.RawBytes
			if err := rows.Scan(&id, &name); err != nil {
				return err
			}
			page++
			n, err := wholeNumber(id, 63)
			// one beyond is no job's: a job without a name of its client is told as such
			if after = max(after, int64(n)); err == nil && n <= math.MaxUint32 {
				clients[uint32(n)] = model.Literal(string(name))
			}
			return nil
		})
		if err != nil {
			return c.fault("read clients", err)
		}
	}
	c.mu.Lock()
	c.clients, c.asked = clients, time.Now()
	c.mu.Unlock()
	return nil
}
