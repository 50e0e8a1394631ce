package cluster

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// UnitPath is the socket of the service manager of a Director's host, in a world's directory.
func UnitPath(dir, director string) string { return filepath.Join(dir, "unit-"+director) }

// UnitFits tells whether a socket can be in that directory: their paths are short.
func UnitFits(dir, director string) bool { return len(UnitPath(dir, director)) < 104 }

// unitLimit bounds one conversation with a service manager, by the machine's clock.
const unitLimit = 20 * time.Second

// manage opens the service manager of the Director's host. The host is there whether the Director runs or not.
func (d *Director) manage() error {
	path := UnitPath(d.c.o.Dir, d.name)
	if d.c.o.Dir == "" || !UnitFits(d.c.o.Dir, d.name) {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("the host of director %s: %w", d.name, err)
	}
	d.manager = l
	d.c.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			d.c.wg.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(unitLimit))
				line, err := bufio.NewReader(io.LimitReader(conn, 100)).ReadString('\n')
				if err != nil {
					return
				}
				says, err := d.managed(strings.TrimSpace(line))
				if err != nil {
					says = "no " + err.Error()
				} else {
					says = "ok " + says
				}
				_, _ = io.WriteString(conn, says)
			})
		}
	})
	return nil
}

// managed does what the service manager is told.
func (d *Director) managed(word string) (says string, err error) {
	d.c.mu.Lock()
	away := d.away
	d.c.mu.Unlock()
	if away {
		return "", errAway
	}
	switch word {
	case "stop":
		return "", d.Stop()
	case "start":
		return "", d.takeOn()
	case "mask":
		return "", d.tell(func(u *unit) { u.masked = true })
	case "unmask":
		return "", d.Unmask()
	case "show":
		return d.shown(), nil
	}
	return "", fmt.Errorf("unknown command %s", word)
}

// takeOn starts the Director, which schedules when the other one does not run: what its host starts reads whose turn it is.
func (d *Director) takeOn() error {
	d.c.mu.Lock()
	if place := d.place(); !d.running() && !d.c.directors[1-place].running() {
		d.c.acting = place
		d.c.schedule(d.c.now())
	}
	d.c.mu.Unlock()
	return d.Start()
}

func (d *Director) place() int {
	if d.c.directors[0] == d {
		return 0
	}
	return 1
}

// shown is what systemctl show prints.
func (d *Director) shown() string {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	active, file, load := "inactive", "enabled", "loaded"
	switch {
	case d.running():
		active = "active"
	case d.crashed || d.fault.Down:
		active = "failed"
	}
	if d.unit.masked || d.fault.Masked {
		file, load = "masked", "masked"
	}
	return fmt.Sprintf("LoadState=%s\nActiveState=%s\nUnitFileState=%s\n", load, active, file)
}

// onUnit is what the name on-host does with a service: the words are unit WORD SOCKET.
func onUnit(word, path string, out io.Writer) error {
	conn, err := net.DialTimeout("unix", path, unitLimit)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(unitLimit)); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(conn, word); err != nil {
		return err
	}
	said, err := io.ReadAll(conn)
	if err != nil {
		return err
	}
	text, ok := strings.CutPrefix(string(said), "ok ")
	if !ok {
		return errors.New(strings.TrimPrefix(string(said), "no "))
	}
	_, err = io.WriteString(out, text)
	return err
}
