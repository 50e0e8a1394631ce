package cluster

import (
	"errors"
	"fmt"
)

// ErrMasked refuses to start a Director that is masked.
var ErrMasked = errors.New("it is masked: unmask it first")

// active is the Director that schedules now: a property of the world, which may be moved. The caller holds the cluster's mutex.
func (c *Cluster) active() *Director { return c.directors[c.acting] }

// active tells whether the Director schedules. The caller holds the cluster's mutex.
func (d *Director) active() bool { return d.c.active() == d }

// Active is the Director that schedules now.
func (c *Cluster) Active() *Director {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.active()
}

// Acting is the place, among Directors, of the one that schedules.
func (c *Cluster) Acting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.acting
}

// Act gives the role to the Director at a place among Directors. Both end for it, with the jobs that ran, and those start again in their
// new role that are neither stopped nor masked nor broken.
func (c *Cluster) Act(place int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place == c.acting {
		return
	}
	c.die()
	c.acting = place
	for _, d := range c.directors {
		if d.running() {
			d.hangUp()
			d.boot()
		}
	}
	c.schedule(c.now())
	c.wake()
}

// unit is what a person told the service manager of a Director's host.
type unit struct{ stopped, masked bool }

// Stop ends the Director, with what it runs, until it is started.
func (d *Director) Stop() error { return d.tell(func(u *unit) { u.stopped = true }) }

// Mask ends the Director and lets nobody start it until it is unmasked.
func (d *Director) Mask() error {
	return d.tell(func(u *unit) { u.stopped, u.masked = true, true })
}

// Unmask lets the Director be started again; it does not start it.
func (d *Director) Unmask() error { return d.tell(func(u *unit) { u.masked = false }) }

// Start starts the Director. It returns ErrMasked for one that is masked.
func (d *Director) Start() error {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	if d.unit.masked || d.fault.Masked {
		return fmt.Errorf("starting %s: %w", d.name, ErrMasked)
	}
	return d.change(func() { d.unit.stopped, d.fault.Stopped, d.crashed = false, false, false })
}

// Restart ends the Director and starts it again at once. It returns ErrMasked for one that is masked, which it leaves as it is.
func (d *Director) Restart() error {
	d.c.mu.Lock()
	masked := d.unit.masked || d.fault.Masked
	d.c.mu.Unlock()
	if masked {
		return fmt.Errorf("restarting %s: %w", d.name, ErrMasked)
	}
	if err := d.Stop(); err != nil {
		return err
	}
	return d.Start()
}

// Running tells whether the Director's process is there.
func (d *Director) Running() bool {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return d.running()
}

func (d *Director) running() bool {
	return !d.fault.Down && !d.fault.Stopped && !d.fault.Masked && !d.unit.stopped && !d.unit.masked && !d.crashed
}

func (d *Director) tell(say func(*unit)) error {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return d.change(func() { say(&d.unit) })
}

// change changes what keeps a Director from running, and lets it end or start accordingly. The caller holds the cluster's mutex.
func (d *Director) change(do func()) error {
	was := d.running()
	do()
	close(d.changed)
	d.changed = make(chan struct{})
	switch is := d.running(); {
	case was && !is:
		d.end()
	case is && !was:
		if err := d.listen(); err != nil {
			return err
		}
		d.boot()
	}
	d.c.wake()
	return nil
}

// end closes what a Director that is gone leaves.
func (d *Director) end() {
	d.listener.Close()
	d.listener = nil
	d.hangUp()
	if d.active() {
		d.c.die()
	}
}

// crash ends a running Director by its own doing. The caller holds the cluster's mutex.
func (d *Director) crash() { _ = d.change(func() { d.crashed = true }) }
