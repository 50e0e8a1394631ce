package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchyard/backend/bacula"
	"switchyard/backend/config"
	"switchyard/backend/feed"
	"switchyard/backend/rds"
	"switchyard/backend/rds/trial"
	"switchyard/model"
)

// instances looks at the RDS pair and at the AWS regions it is in.
func (d *doctor) instances(ctx context.Context) {
	s := d.site
	if s.pair == nil {
		d.note("rds", model.Holds, "", "no RDS pair is configured: AWS is not asked")
		return
	}
	var regions []string
	keys := map[string][]string{}
	for _, i := range []struct {
		name string
		at   *feed.Instance
		cfg  *config.Instance
	}{{"primary", &s.pair.Primary, &s.cfg.RDS.Primary}, {"replica", &s.pair.Replica, &s.cfg.RDS.Replica}} {
		if i.at.Target.ID == "" {
			continue
		}
		has := d.instance(ctx, fmt.Sprintf("watch rds %s %s", i.name, i.at.Target.ID), i.at, i.cfg)
		keys[i.at.Target.Region] = append(keys[i.at.Target.Region], has...)
		if !slices.Contains(regions, i.at.Target.Region) {
			regions = append(regions, i.at.Target.Region)
		}
	}
	for _, region := range regions {
		d.identity(ctx, awsOptions(s.cfg), region)
		slices.Sort(keys[region])
		d.changes(ctx, region, slices.Compact(keys[region]))
	}
	d.fences(ctx)
	d.numbers(ctx)
}

// instance asks AWS and its own server about one of the pair. The key is that of its storage: none where it is not encrypted, an empty one
// where AWS did not tell.
func (d *doctor) instance(ctx context.Context, of string, i *feed.Instance, at *config.Instance) (key []string) {
	ctx, cancel := context.WithTimeout(ctx, 6*d.site.cfg.Policy.Answer)
	defer cancel()
	says, err := d.site.pair.Reader.Describe(ctx, i.Target)
	if !d.failed(of, err, "see rds and aws in the configuration; watching needs rds:DescribeDBInstances in "+i.Target.Region) {
		d.note(
			of,
			model.Holds,
			"",
			"AWS calls it %s in %s: %s, %s %s",
			model.Clean(says.Status),
			i.Target.Region,
			model.Clean(says.Class),
			model.Clean(says.Engine),
			model.Clean(says.Version),
		)
	}
	switch {
	case err != nil || says.Encrypted && says.KeyARN == "":
		key = []string{""}
	case says.KeyARN != "":
		key = []string{says.KeyARN}
	}
	if i.Server == nil {
		return key
	}
	server, err := i.Server.Look(ctx)
	if d.failed(
		of+" server",
		err,
		"see rds and watch.rds in the configuration; the account needs SELECT on the catalog, PROCESS and REPLICATION CLIENT",
	) {
		return key
	}
	secure := "not encrypted"
	if server.TLS != "" {
		secure = server.TLS
	}
	d.note(
		of+" server",
		model.Holds,
		"",
		"%s answers: %s, %s, read_only %v, the session is read-only",
		at.Address,
		model.Clean(server.Version),
		secure,
		server.ReadOnly,
	)
	user := d.site.cfg.Watch.RDS.User
	if server.Accounts == nil {
		d.note(of+" server", model.Fails, fmt.Sprintf("GRANT PROCESS ON *.* TO %s", user), "the account sees no connections but its own")
	}
	if r := server.Replication; r != nil && r.Source == "" {
		d.note(
			of+" server",
			model.Fails,
			fmt.Sprintf("GRANT REPLICATION CLIENT ON *.* TO %s", user),
			"the account may not ask how replication stands",
		)
	}
	d.login(ctx, of+" account", at)
	return key
}

// login judges what the account of watch.rds may do on one server, by its grants and by asking.
func (d *doctor) login(ctx context.Context, of string, at *config.Instance) {
	cfg, access := d.site.cfg, d.site.cfg.Watch.RDS
	tls, err := serverTLS(cfg.RDS.TLS)
	if d.failed(of, err, "") {
		return
	}
	c := bacula.CatalogConfig{
		Hosts:    []string{at.Address},
		Database: cfg.Clusters[model.Green].Catalog.Database,
		User:     access.User,
		Password: access.Password.Resolve,
		TLS:      tls,
	}
	if access.IAM {
		c.Password, c.Token = d.site.pair.Reader.Token(at.AWSRegion, at.Address, access.User), true
	}
	reader := bacula.NewCatalog(model.Green, c)
	defer reader.Close()
	d.account(ctx, of, reader, c)
}

// account judges an account by its grants, and then asks its server for writes that change nothing.
func (d *doctor) account(ctx context.Context, of string, reader *bacula.Catalog, c bacula.CatalogConfig) {
	grants, err := reader.Grants(ctx)
	granted := model.Unknown
	switch {
	case d.failed(of, err, "its server must tell what it may do"):
	case len(grants) > 0:
		granted = model.Fails
		d.note(
			of,
			model.Fails,
			"REVOKE them: watching needs SELECT and nothing that writes",
			"it may do more than watch: %s",
			strings.Join(grants, ", "),
		)
	default:
		granted = model.Holds
		d.note(of, model.Holds, "", "it has no privilege that writes")
	}
	rights, err := bacula.AskToWrite(ctx, c)
	if d.failed(of, err, "it could not be asked to write") {
		return
	}
	for _, r := range rights {
		tried := fmt.Sprintf("%s was tried on %s", r.Command, c.Hosts[0])
		switch {
		case r.Allowed == model.Holds:
			d.note(of, model.Fails, "REVOKE what writes from "+c.User+": watching needs SELECT", "%s: the server takes it", tried)
		case r.Allowed == model.Fails:
			d.note(of, model.Holds, "", "%s: the server refuses it (%s)", tried, r.Says)
		case granted == model.Holds:
			d.note(
				of,
				model.Holds,
				"",
				"%s: the server refused before it looked at the account (%s); its grants have nothing that writes",
				tried,
				r.Says,
			)
		default:
			d.note(
				of,
				model.Unknown,
				"ask again when the server takes writes",
				"%s: the server refused before it looked at the account (%s)",
				tried,
				r.Says,
			)
		}
	}
}

// identity proves in one AWS region that who watches can change nothing: by this program's own client, and by IAM.
func (d *doctor) identity(ctx context.Context, o rds.Options, region string) {
	of := "watch aws " + region
	ctx, cancel := context.WithTimeout(ctx, 4*d.site.cfg.Policy.Answer)
	defer cancel()
	reader := d.site.pair.Reader
	who, err := reader.Who(ctx, region)
	if !d.failed(of, err, "see aws in the configuration; watching needs sts:GetCallerIdentity") {
		d.note(of, model.Holds, "", "the credentials are those of %s", who)
	}
	if err := reader.Refuses(ctx, region, trial.Nobody); !d.failed(of, err, "use no build of this program that sends it") {
		d.note(of, model.Holds, "", "rds:RebootDBInstance was tried with the client that watches: it refuses it before it is signed")
	}
	cfg, err := o.AWS(ctx)
	if d.failed(of, err, "see aws in the configuration") {
		return
	}
	const alone = "; a policy that names single instances is not proven by this"
	switch allowed, says := trial.Reboot.Try(ctx, cfg, region); allowed {
	case model.Fails:
		d.note(of, model.Holds, "", "rds:RebootDBInstance was tried on an instance that does not exist: IAM denies it (%s)%s", says, alone)
	case model.Holds:
		d.note(
			of,
			model.Fails,
			"allow this identity the reads that the README lists, and nothing else",
			"the watch credentials may reboot instances (%s)",
			says,
		)
	default:
		d.note(
			of,
			model.Unknown,
			"ask again",
			"rds:RebootDBInstance was tried on an instance that does not exist, and nobody can tell whether IAM denies it: %s",
			says,
		)
	}
}
