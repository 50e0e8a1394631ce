package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/plan"
)

// splits looks with the login that leaves blue's schema on each server of it, and changes nothing.
func (d *doctor) splits(ctx context.Context) {
	if !d.site.cfg.MayAct {
		return
	}
	at, err := leaving(d.site.cfg)
	if errors.Is(err, errNoSplit) {
		d.note("act split", model.Holds, "", "none is configured: who uses blue's schema is not looked at, and it is left by hand")
		return
	}
	if d.failed("act split", err, "see act.split and blue's catalog in the configuration") {
		return
	}
	for i := range at {
		s := &at[i]
		of, user := "act split "+s.Login.Address, s.Login.User
		limited, cancel := context.WithTimeout(ctx, 4*d.site.cfg.Policy.Answer)
		l, err := s.Look(limited)
		cancel()
		grants := fmt.Sprintf("GRANT SELECT, SHOW VIEW, PROCESS, EVENT, TRIGGER ON *.* TO %s", user)
		if d.failed(of, err, grants) {
			continue
		}
		if l.Blind != "" {
			d.note(of, model.Fails, l.Remedy, "who uses %s is not known: %s", s.Name, l.Blind)
			continue
		}
		limited, cancel = context.WithTimeout(ctx, 4*d.site.cfg.Policy.Answer)
		lacks, err := s.Lacks(limited, plan.HoldingOf(s.Name, model.Now()))
		cancel()
		switch {
		case d.failed(of, err, "its server must tell what it may do"):
		case len(lacks) > 0:
			d.note(of, model.Fails, "GRANT what the README lists to "+user, "%s may see who uses %s, and not leave it: it lacks %s", user, s.Name,
				strings.Join(lacks, ", "))
		default:
			d.note(of, model.Holds, "", "%s sees who uses %s and may leave it, by its grants; nothing was changed", user, s.Name)
		}
	}
}
