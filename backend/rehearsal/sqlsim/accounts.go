package sqlsim

import (
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"

	"switchyard/model"
)

// ErrDenied is what an account meets within the process that is not there, is locked, or has another password.
var ErrDenied = errors.New("access denied")

// What is said about accounts, as the product says it: nothing else is taken.
var (
	createsUser = model.Pattern(
		`(?i)^CREATE USER IF NOT EXISTS '([^']*)'@'([^']*)' IDENTIFIED WITH '(\w+)' BY '((?:[^'\\]|\\.|'')*)' REQUIRE SSL$`,
	)
	setsUser = model.Pattern(
		`(?i)^ALTER USER '([^']*)'@'([^']*)' IDENTIFIED WITH '(\w+)' BY '((?:[^'\\]|\\.|'')*)' REQUIRE SSL ACCOUNT UNLOCK$`)
	locksUser = model.Pattern(`(?i)^ALTER USER '([^']*)'@'([^']*)' ACCOUNT (LOCK|UNLOCK)$`)
	killsOne  = model.Pattern(`(?i)^KILL (\d+)$`)
)

// administer answers what makes, changes and locks accounts, and ends sessions; false: it is nothing of that kind.
func (s *session) administer(st *statement) (bool, error) {
	u, q := s.account(), strings.TrimSpace(st.query)
	var do func()
	switch {
	case killsOne().MatchString(q):
		if !u.Accounts && !u.Admin {
			return true, mysql.NewDefaultError(mysql.ER_KILL_DENIED_ERROR, 0)
		}
		return true, s.killOther(killsOne().FindStringSubmatch(q)[1])
	case createsUser().MatchString(q):
		m := createsUser().FindStringSubmatch(q)
		do = func() {
			s.in.reach(func(in *Instance) {
				if _, there := in.users[m[1]]; !there {
					in.users[m[1]] = User{Name: m[1], Host: m[2], Password: unescape(m[4]), Checked: true, Plugin: m[3]}
				}
			})
		}
	case setsUser().MatchString(q):
		m := setsUser().FindStringSubmatch(q)
		do = func() {
			s.in.change(m[1], func(u *User) {
				u.Host, u.Plugin, u.Password, u.Checked, u.Locked = m[2], m[3], unescape(m[4]), true, false
			})
		}
	case locksUser().MatchString(q):
		m := locksUser().FindStringSubmatch(q)
		do = func() { s.in.change(m[1], func(u *User) { u.Locked = strings.EqualFold(m[3], "LOCK") }) }
	case changesRights().MatchString(q):
		m := changesRights().FindStringSubmatch(q)
		do = func() { s.in.reach(func(in *Instance) { in.regrant(m[1], m[2], m[4]) }) }
	default:
		return false, nil
	}
	switch {
	case !u.Accounts && !u.Admin:
		return true, mysql.NewDefaultError(mysql.ER_SPECIFIC_ACCESS_DENIED_ERROR, "CREATE USER")
	case !u.Admin && s.in.ReadOnly():
		return true, mysql.NewDefaultError(mysql.ER_OPTION_PREVENTS_STATEMENT, "--read-only")
	case s.readOnly:
		return true, mysql.NewError(1792, "Cannot execute statement in a READ ONLY transaction.")
	}
	do()
	return true, nil
}

func unescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`, `''`, `'`).Replace(s)
}

// reach does something to the accounts of this server, and of those that replicate from it.
func (in *Instance) reach(do func(*Instance)) {
	in.log.mu.Lock()
	all := []*Instance{in}
	for r := range in.log.feeds {
		all = append(all, r.to)
	}
	in.log.mu.Unlock()
	for _, i := range all {
		i.mu.Lock()
		do(i)
		i.apply()
		i.mu.Unlock()
	}
}

func (in *Instance) change(user string, do func(*User)) {
	in.reach(func(in *Instance) {
		if u, there := in.users[user]; there {
			do(&u)
			in.users[user] = u
		}
	})
}

func (s *session) killOther(id string) error {
	n, _ := strconv.ParseUint(id, 10, 32)
	s.in.mu.Lock()
	other := s.in.sessions[uint32(n)]
	s.in.mu.Unlock()
	if other == nil {
		return mysql.NewDefaultError(mysql.ER_NO_SUCH_THREAD, n)
	}
	other.end()
	return nil
}

// Account is how an account stands; false when there is none.
func (in *Instance) Account(user string) (u User, there bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	u, there = in.users[user]
	return u, there
}

// SetAccount changes an account on this server alone.
func (in *Instance) SetAccount(user string, do func(*User)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	u := in.users[user]
	do(&u)
	in.users[user] = u
	in.apply()
}

// SetPlain lets clients connect without TLS, although the server offers it, as those within the process do then; an account has such a
// session all the while, unless it is empty.
func (in *Instance) SetPlain(on bool, account string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.plain, in.plainly = on, account
}

func (in *Instance) letsPlain() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.plain
}

// plainID is the session of the account that does not encrypt.
const plainID = 3e6

// admits tells whether a client within the process is let in. The password is looked at only of accounts that were made by a statement.
func (in *Instance) admits(user, password string) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	u, there := in.users[user]
	if there && u.Locked {
		in.load.locked.Add(1)
	}
	if !there || u.Locked || u.Checked && u.Password != password {
		return ErrDenied
	}
	return nil
}

// pluginOf is by what an account proves itself.
func (in *Instance) pluginOf(u User) string {
	switch {
	case u.Plugin != "":
		return u.Plugin
	case in.cfg.TLS != nil:
		return mysql.AUTH_CACHING_SHA2_PASSWORD
	}
	return mysql.AUTH_NATIVE_PASSWORD
}

// userTable is mysql.user, which only who makes accounts or sees everybody may read.
func (s *session) userTable(name string) (*virtualTable, error) {
	if u := s.account(); !u.Accounts && !u.Admin && !u.Sees {
		return nil, mysql.NewDefaultError(mysql.ER_TABLEACCESS_DENIED_ERROR, "SELECT", s.user, "%", "user")
	}
	v := newVirtual(name, "User!", "Host!", "plugin!", "account_locked!")
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	for _, name := range sortedKeys(s.in.users) {
		u, locked := s.in.users[name], "N"
		if u.Locked {
			locked = "Y"
		}
		v.add(name, u.host(), s.in.pluginOf(u), locked)
	}
	return v, nil
}

func (u User) host() string {
	if u.Host == "" {
		return "%"
	}
	return u.Host
}

// ciphers are the threads of sessions and the ciphers of each, as performance_schema tells them to who has the right.
func (s *session) ciphers(name string) (*virtualTable, error) {
	if u := s.account(); s.in.cfg.MariaDB || !u.Monitor && !u.Accounts && !u.Admin {
		return nil, mysql.NewDefaultError(
			mysql.ER_TABLEACCESS_DENIED_ERROR,
			"SELECT",
			s.user,
			"%",
			strings.TrimPrefix(name, "performance_schema."),
		)
	}
	threads := name == "performance_schema.threads"
	v := newVirtual(name, "THREAD_ID! bigint unsigned", "VARIABLE_NAME!", "VARIABLE_VALUE varchar(1024)")
	if threads {
		v = newVirtual(name, "THREAD_ID! bigint unsigned", "TYPE!", "PROCESSLIST_ID bigint unsigned", "PROCESSLIST_USER",
			"INSTRUMENTED!")
	}
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	for id := uint32(0); id <= s.in.nextID; id++ {
		o := s.in.sessions[id]
		switch {
		case o == nil || o.user == "":
		case threads:
			v.add(int64(id)+40, "FOREGROUND", int64(id), o.user, yesNo(!o.aside))
		default:
			v.add(int64(id)+40, "Ssl_cipher", o.cipher())
		}
	}
	switch who := s.in.plainly; {
	case who == "":
	case threads:
		v.add(int64(plainID), "FOREGROUND", int64(plainID), who, "YES")
	default:
		v.add(int64(plainID), "Ssl_cipher", "")
	}
	return v, nil
}

// cipher of a session; empty: it is not encrypted. The caller holds the server's mutex.
func (s *session) cipher() string {
	if s.secure || s.conn == nil && s.in.cfg.TLS != nil && !s.in.plain {
		return "TLS_AES_128_GCM_SHA256"
	}
	return ""
}

func isTLS(c net.Conn) bool {
	_, secure := c.(*tls.Conn)
	return secure
}
