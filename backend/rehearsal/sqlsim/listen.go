package sqlsim

import (
	"fmt"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/server"
)

// watch gives a channel that is closed at the next change of the server's state.
func (in *Instance) watch() <-chan struct{} {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.changed
}

// apply brings the listener in line with the state and wakes whoever waits for a change. The caller holds mu.
func (in *Instance) apply() {
	listening := in.listener != nil
	switch want := !in.stopped && !in.fault.Refuse; {
	case listening && !want:
		in.listener.Close()
		in.listener = nil
	case !listening && want && in.ctx.Err() == nil:
		if err := in.listen(); err != nil {
			panic(fmt.Sprintf("%s: %v", in.cfg.Name, err)) // the port is reserved: only a lack of descriptors gets here
		}
	}
	close(in.changed)
	in.changed = make(chan struct{})
	if in.stopped && in.ctx.Err() != nil {
		for _, s := range in.sessions {
			s.kill()
		}
	}
}

func (in *Instance) open() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.srv = in.protocol()
	return in.listen()
}

func (in *Instance) listen() error {
	l, err := in.port.Open()
	if err != nil {
		return err
	}
	in.listener = l
	in.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			in.wg.Go(func() { in.serve(c) })
		}
	})
	return nil
}

func (in *Instance) protocol() *server.Server {
	plugin := mysql.AUTH_NATIVE_PASSWORD
	if in.cfg.TLS != nil {
		plugin = mysql.AUTH_CACHING_SHA2_PASSWORD
	}
	return server.NewServer(in.cfg.Version, utf8mb4, plugin, nil, in.cfg.TLS)
}
