package cluster

import "os"

// SetAway takes the Director's host off the network, with all that is on it, or gives it back as it was.
func (d *Director) SetAway(away bool) (err error) {
	if away {
		err = os.WriteFile(AwayMark(d.ConfPath()), nil, 0o600)
	} else {
		err = os.Remove(AwayMark(d.ConfPath()))
	}
	if err != nil {
		return err
	}
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	d.away = away
	close(d.changed)
	d.changed = make(chan struct{})
	return nil
}
