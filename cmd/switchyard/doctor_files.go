package main

import (
	"context"
	"fmt"

	"switchyard/model"
)

// files proves that who watches is told of the files that Directors are given, or says where nobody tells of one.
func (d *doctor) files(ctx context.Context, c model.Cluster) {
	push := &d.site.cfg.Clusters[c].Push
	if !push.Rendered() {
		return
	}
	for n, dir := range d.site.clusters[c].Directors {
		if on := push.At(n); on.Set {
			which := fmt.Sprintf("clusters.%s.push.on.%s", c, [...]string{"active", "passive"}[n])
			of := fmt.Sprintf("watch %s", model.FileOf(d.site.clusters[c].Source(c, n)))
			switch {
			case len(on.Sums) > 0:
				d.told(ctx, of, which, n, c)
			case unwatched(d.site.cfg, &on):
				d.note(of, model.Holds, "", "no session sees it: %s has no sums, so that a file which is edited and not loaded shows when switchyard "+
					"observe has run", which)
			default:
				if _, err := dir.File(); !d.failed(of, err, "let the account of who watches read "+on.File+", or write sums in "+which) {
					d.note(of, model.Holds, "", "sessions look at it: it is on this machine")
				}
			}
		}
	}
}

// told waits for the first SHA-256 of a file.
func (d *doctor) told(ctx context.Context, of, which string, place int, c model.Cluster) {
	ctx, cancel := context.WithTimeout(ctx, 4*d.site.cfg.Policy.Answer)
	on := d.site.cfg.Clusters[c].Push.At(place)
	sums, ended := sumsOf(d.site.cfg, &on), make(chan struct{})
	go func() {
		defer close(ended)
		sums.Follow(ctx, func(bool) {})
	}()
	says, err := sums.Heard(ctx)
	cancel()
	<-ended
	if !d.failed(of, err, "see sums in "+which+", and run it by hand: it prints the SHA-256 of "+model.Clean(on.File)+" every two seconds") {
		d.note(of, model.Holds, "", "%s", says)
	}
}
