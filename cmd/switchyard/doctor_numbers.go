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

// numbers looks at the login that raises what a promoted catalog numbers its rows by, and makes the rows of lost volumes, on both servers
// of the pair: either may be promoted. It changes nothing.
func (d *doctor) numbers(ctx context.Context) {
	cfg := d.site.cfg
	switch {
	case !cfg.MayAct:
		return
	case cfg.Act.Numbers.User == "":
		d.note("act numbers", model.Holds, "",
			"none is configured: after an emergency a person raises what the catalog numbers its rows by and makes the rows of lost "+
				"volumes, and it is looked at")
		return
	}
	const see = "see rds and act.numbers in the configuration"
	secure, err := serverTLS(cfg.RDS.TLS)
	if d.failed("act numbers", err, see) {
		return
	}
	reader, err := rds.New(ctx, actOptions(awsOptions(cfg), cfg.AWS.ActProfile))
	if d.failed("act numbers", err, see) {
		return
	}
	for _, at := range []*config.Instance{&cfg.RDS.Primary, &cfg.RDS.Replica} {
		if at.ID == "" {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, 4*cfg.Policy.Answer)
		d.number(limited, "act numbers "+at.ID, numberer(cfg, reader, at, secure))
		cancel()
	}
}

func (d *doctor) number(ctx context.Context, of string, l mysql.Login) {
	const mend = "GRANT ALTER, CREATE, INSERT ON %s.* TO %s"
	grant := fmt.Sprintf(mend, l.Database, l.User)
	cipher, err := l.Try(ctx)
	if err != nil {
		err = mysql.FaultOf("connect to "+l.Address+" as "+l.User, err)
	}
	switch {
	case d.failed(of, err, "let it in on "+l.Address+", with the password that the configuration names; "+grant):
		return
	case cipher == "":
		d.note(of, model.Fails, "write rds: database_tls: {mode: required}", "the session of %s on %s is not encrypted", l.User, l.Address)
	}
	a := rds.Accounts{Login: l, Database: l.Database}
	grants, err := a.Grants(ctx)
	if d.failed(of, err, "its server must tell what it may do") {
		return
	}
	if lacks := rds.LacksNumbers(grants, l.Database); len(lacks) > 0 {
		d.note(of, model.Fails, grant, "%s may not raise what tables on %s number their rows by and make rows of lost volumes: it lacks %s",
			l.User, l.Address, strings.Join(lacks, ", "))
		return
	}
	if cipher != "" {
		d.note(
			of,
			model.Holds,
			"",
			"%s is let in on %s inside %s, and may raise what the tables of %s number by and insert rows of lost volumes, by its grants; "+
				"nothing was changed",
			l.User,
			l.Address,
			cipher,
			l.Database,
		)
	}
}
