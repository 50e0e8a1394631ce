package sqlsim

// Client is a connection from within the process, such as a simulated Director's. The server counts it like any other.
type Client struct{ s *session }

// Connect logs an account in; host is what the process list shows. It returns ErrDown or ErrHung when the server is not up, and ErrDenied
// for an account that it does not let in.
func (in *Instance) Connect(user, host string) (*Client, error) { return in.ConnectBy(user, "", host) }

// ConnectBy is Connect with the account's password.
func (in *Instance) ConnectBy(user, password, host string) (*Client, error) {
	if err := in.reachable(); err != nil {
		return nil, err
	}
	if err := in.admits(user, password); err != nil {
		return nil, err
	}
	s := in.session(nil, host)
	in.load.connections.Add(1)
	in.mu.Lock()
	s.user, s.db, s.aside = user, in.cfg.Database, in.use.aside[user]
	in.mu.Unlock()
	return &Client{s}, nil
}

func (in *Instance) reachable() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.stopped, in.fault.Refuse:
		return ErrDown
	case in.fault.Hang:
		return ErrHung
	}
	return nil
}

// Gone tells whether the server has closed the connection.
func (c *Client) Gone() bool {
	select {
	case <-c.s.gone:
		return true
	default:
		return false
	}
}

// Write runs f as one transaction. It never waits for a server that is not well: it returns ErrGone, ErrHung or
// ErrReadOnly instead.
func (c *Client) Write(f func(*Tx) error) error {
	in := c.s.in
	if c.Gone() {
		return ErrGone
	}
	if in.reachable() != nil {
		return ErrHung
	}
	if in.ReadOnly() {
		return ErrReadOnly
	}
	if u := c.s.account(); !u.Write && !u.Admin {
		return ErrDenied
	}
	in.load.questions.Add(1)
	return in.transact(f)
}

// Close ends the connection.
func (c *Client) Close() { c.s.end() }
