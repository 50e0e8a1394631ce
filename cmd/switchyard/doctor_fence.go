package main

import (
	"context"
	"fmt"
	"strings"

	"switchyard/backend/config"
	"switchyard/backend/mysql"
	"switchyard/backend/rds"
	"switchyard/model"
)

// fences looks at the login that makes a Director's next account, on both servers of the pair, and changes nothing.
func (d *doctor) fences(ctx context.Context) {
	cfg := d.site.cfg
	f := &cfg.Act.Fence
	switch {
	case !cfg.MayAct:
		return
	case f.Next.User == "":
		d.note(
			"act fence",
			model.Holds,
			"",
			"none is configured: at a takeover a Director keeps its account, and one that cannot be reached is fenced by hand",
		)
		return
	case f.Login.User == "":
		d.note("act fence", model.Holds, "", "a person makes the account %s at a takeover, and it is looked at", f.Next.User)
		return
	}
	if _, err := f.Next.Password.Resolve(ctx); !d.failed(
		"act fence",
		err,
		"put the password of "+f.Next.User+" where the configuration says",
	) {
		d.note("act fence", model.Holds, "", "the password of %s is there, and was not shown", f.Next.User)
	}
	for _, at := range []*config.Instance{&cfg.RDS.Primary, &cfg.RDS.Replica} {
		if at.ID == "" {
			continue
		}
		a, err := fencing(cfg, at)
		if !d.failed("act fence "+at.ID, err, "see rds and act.fence in the configuration") {
			d.fence(ctx, "act fence "+at.ID, &a)
		}
	}
}

// fencing is what the login of act.fence reads on an instance.
func fencing(cfg *config.Config, at *config.Instance) (a rds.Accounts, err error) {
	f := &cfg.Act.Fence
	a.Database = cfg.Clusters[model.Green].Catalog.Database
	a.Login = mysql.Login{Address: at.Address, User: f.Login.User}
	if f.Login.User != "" {
		a.Login.Password = f.Login.Password.Resolve
	}
	a.Login.TLS, err = serverTLS(cfg.RDS.TLS)
	return a, err
}

func (d *doctor) fence(ctx context.Context, of string, a *rds.Accounts) {
	ctx, cancel := context.WithTimeout(ctx, 4*d.site.cfg.Policy.Answer)
	defer cancel()
	user, next, now := a.Login.User, d.site.cfg.Act.Fence.Next.User, d.site.cfg.RDS.Director
	s, err := a.Look(ctx)
	if d.failed(of, err, fmt.Sprintf("GRANT SELECT ON mysql.user TO %s; GRANT PROCESS ON *.* TO %[1]s", user)) {
		return
	}
	if len(model.LoginsOf(s.Logins, now)) == 0 {
		d.note(of, model.Fails, "write the account that green's Director has as rds.director_account", "there is no account %s to be locked", now)
	}
	if len(s.Sessions[next]) > 0 {
		d.note(
			of,
			model.Fails,
			fmt.Sprintf("write rds: {director_account: %s}, and another one in act: {fence: {next: {user: ANOTHER}}}", next),
			"%s is in use already: it has %d sessions",
			next,
			len(s.Sessions[next]),
		)
	}
	grants, err := a.Grants(ctx)
	if d.failed(of, err, "its server must tell what it may do") {
		return
	}
	if lacks := a.Lacks(grants); len(lacks) > 0 {
		d.note(
			of,
			model.Fails,
			"GRANT what the README lists to "+user,
			"%s may not make and lock accounts: it lacks %s",
			user,
			strings.Join(lacks, ", "),
		)
		return
	}
	d.note(of, model.Holds, "", "%s may make %s and lock %s, by its grants; nothing was changed", user, next, now)
}
