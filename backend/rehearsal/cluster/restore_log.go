package cluster

import (
	"fmt"
	"path/filepath"

	"switchyard/model"
)

// openingBack is what is logged when a restore starts. A Director of 15 tells of its connections besides.
func (c *Cluster) openingBack(r *run) []line {
	id, at := fmt.Sprintf("%s JobId %d: ", c.by(r), r.id), r.start()
	ids := (&asks{jobs: r.back.jobs}).list()
	out := []line{{at, id + "Start Restore Job " + r.unique(c.o.Zone)}, {at, id + "Restoring files from JobId(s) " + ids}}
	fifteen := c.o.Cluster == model.Green
	if fifteen {
		out = append(out, line{at, fmt.Sprintf("%sConnected to Storage \"%s\" at %s.bacula.example:9103 with TLS", id, r.storage, r.storage)})
	}
	out = append(out, line{at, id + "Using Device \"FileDev\" to read."})
	if fifteen {
		out = append(out, line{at, fmt.Sprintf("%sConnected to Client \"%s\" at %s.db.example:9102 with TLS", id, r.client, r.client)},
			line{at, fmt.Sprintf("%s JobId %d: Connected to Storage at %s.bacula.example:9103 with TLS", r.client, r.id, r.storage)})
	}
	return out
}

// closingBack is what is logged of a restore's reading and writing, before its summary.
func (c *Cluster) closingBack(r *run) (out []line) {
	at, b := r.end(), r.back
	sd, fd := fmt.Sprintf("%s JobId %d: ", r.storage, r.id), fmt.Sprintf("%s JobId %d: ", r.client, r.id)
	if !b.begun {
		return nil
	}
	for _, s := range b.stretches() {
		if s.first > 0 && s.first >= r.files {
			break
		}
		on := fmt.Sprintf("on File device \"FileDev\" (%s).", volumesDir)
		out = append(out, line{at, fmt.Sprintf("%sReady to read from volume \"%s\" %s", sd, s.name, on)},
			line{at, fmt.Sprintf("%sForward spacing Volume \"%s\" to addr=222", sd, s.name)})
		if s.first+s.files <= r.files {
			out = append(out, line{at, fmt.Sprintf("%sEnd of Volume \"%s\" at addr=%d on device \"FileDev\" (%s).",
				sd, s.name, s.bytes, volumesDir)})
		}
	}
	switch {
	case r.why == spilled:
		picks := b.picks()
		for i, p := range picks[min(int(r.files), len(picks)):] {
			path := filepath.Join(b.where, p.path)
			if i == 0 { // the one that was begun
				out = append(out, line{at, fmt.Sprintf("%sError: restore.c:1478 Write error at byte=0 block=0 write_len=%d lerror=0 on %s: "+
					"ERR=%s", fd, min(p.size, 65536), path, spilled)})
				continue
			}
			out = append(out, line{at, fmt.Sprintf("%sError: create_file.c:231 Could not create %s: ERR=%s", fd, path, spilled)})
		}
	case r.status == 'E':
		out = append(out, line{at, sd + "Error: " + r.why})
	}
	return out
}

// restoreEnd is how a restore's summary ends it.
func restoreEnd(r *run) string {
	switch {
	case r.status == 'A':
		return "Restore Canceled"
	case r.status != 'T' && r.status != 'W':
		return "*** Restore Error ***"
	case r.back != nil && r.files < r.back.expected:
		return "Restore OK -- warning file count mismatch"
	case r.errors > 0:
		return "Restore OK -- with errors"
	}
	return "Restore OK"
}

// restoreClient is the restore's client as a summary names it.
func (c *Cluster) restoreClient(r *run) string {
	if c.o.Cluster == model.Green {
		return fmt.Sprintf("%q %s (%s) %s", r.client, c.gen().version, c.gen().short, c.gen().uname)
	}
	return r.client
}
