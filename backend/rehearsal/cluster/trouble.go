package cluster

// SetFailing makes every job of a client fail in its script, or lets them be again.
func (c *Cluster) SetFailing(client string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failing[client] = on
}

// SetSilent makes a client's file daemon hang: its jobs stand still until it is healed.
func (c *Cluster) SetSilent(client string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent[client] = on
	c.hold(func(j *job) bool { return j.client == client }, on)
}

// SetStranger makes a client's file daemon refuse this cluster's Director.
func (c *Cluster) SetStranger(client string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.strangers[client] = on
}

// SetFull takes a Storage Daemon's space: its jobs wait for a volume until it is healed.
func (c *Cluster) SetFull(storage string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.full[storage] = on
	c.hold(func(j *job) bool { return j.storage == storage }, on)
}

// SetStorageSilent makes a Storage Daemon hang: it tells nothing, and its jobs stand still until it is healed.
func (c *Cluster) SetStorageSilent(storage string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mute[storage] = on
	c.hold(func(j *job) bool { return j.storage == storage }, on)
}

// SetUnprotected lets a Storage Daemon write volumes that claim to be immutable and are not.
func (c *Cluster) SetUnprotected(storage string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unprotected[storage] = on
}

// Unlink leaves the active Director on a dead connection to its catalog, as Bacula 15 is after its server was gone: it answers, starts
// nothing, and what it ends stays open in the catalog until it is started again.
func (c *Cluster) Unlink() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active().unlinked = true
	for _, j := range c.jobs {
		j.hangUp()
	}
}

// SetStuck lets reloads change nothing: they are refused without a word.
func (c *Cluster) SetStuck(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stuck = on
}

// SetReverting lets a configuration manager undo what a reload changed, 40 s later.
func (c *Cluster) SetReverting(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reverting = on
}

// SetRefusing lets the Directors refuse what they are to load again.
func (c *Cluster) SetRefusing(on bool) { c.set(&c.refusing, on) }

// SetSlowLoads lets a reload take long.
func (c *Cluster) SetSlowLoads(on bool) { c.set(&c.slowLoads, on) }

// SetMaiming takes a directive out of what the Directors read of their routed jobs at a reload.
// Whoever mends that starts the Directors again that have ended of it.
func (c *Cluster) SetMaiming(on bool) {
	c.set(&c.maiming, on)
	for _, d := range c.Directors() {
		c.mu.Lock()
		ended := d.crashed
		c.mu.Unlock()
		if ended && !on {
			_ = d.Start() // one that is masked stays as it is
		}
	}
}

func (c *Cluster) set(what *bool, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*what = on
}

// hold stops the running jobs that a trouble concerns, or lets them go on.
func (c *Cluster) hold(concerns func(*job) bool, on bool) {
	now := c.now()
	for _, j := range c.jobs {
		switch {
		case !concerns(j) || !j.moves():
		case on:
			c.freeze(j, now)
		default:
			c.thaw(j)
		}
	}
	c.wake()
}
