package config

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

func (l *loader) jobNames(n *node) {
	f, ok := l.fields(n, "backup", "restore")
	if !ok {
		return
	}
	const do = `write such as "backup-{chain}-{region}-{kind}"`
	for _, t := range []struct {
		n     *node
		parse func(string) (model.NameTemplate, error)
		to    *model.NameTemplate
	}{{f.need("backup", do), model.ParseNameTemplate, &l.c.backup}, {f.get("restore"), model.ParseRestoreTemplate, &l.c.restore}} {
		if t.n == nil {
			continue
		}
		s, ok := l.text(t.n, do)
		if !ok {
			continue
		}
		var err error
		if *t.to, err = t.parse(s); err != nil {
			l.addMistake(t.n, err)
		}
	}
}

// nameFault places a mistake that showed only with the inventory's names.
func (l *loader) nameFault(err error) error {
	root := fields{d: l.document, n: &l.root}
	at := fields{d: l.document, n: root.get("job_names")}
	n := at.get("backup")
	var m *model.Mistake
	if !errors.As(err, &m) {
		return err
	}
	if r := at.get("restore"); r != nil && r.text == m.Text {
		n = r
	}
	return l.fail(n, m.Says, m.Do)
}

func (l *loader) clusters(n *node) {
	f, ok := l.fields(n, "blue", "green")
	if !ok {
		return
	}
	for _, c := range model.Clusters {
		if n := f.need(c.String(), "write "+c.String()+": with time_zone, directors and catalog"); n != nil {
			l.c.Clusters[c] = l.cluster(n)
		}
	}
	l.pushesApart()
	l.servicesApart()
}

func (l *loader) cluster(n *node) (c Cluster) {
	f, ok := l.fields(n, "time_zone", "directors", "catalog", "push", "storage_room", "max_jobs", "storage_jobs")
	if !ok {
		return c
	}
	if n := f.need("time_zone", "write the Director's local zone, such as Europe/Amsterdam or UTC"); n != nil {
		c.Zone = l.zone(n)
	}
	if n := f.need("directors", "write directors: with active: {name: NAME, address: HOST:PORT}"); n != nil {
		if f, ok := l.fields(n, "active", "passive"); ok {
			if n := f.need("active", "write active: {name: NAME, address: HOST:PORT}"); n != nil {
				c.Active, c.Services[0] = l.director(n)
			}
			if n := f.get("passive"); n != nil {
				c.Passive, c.Services[1] = l.director(n)
			}
		}
	}
	if n := f.need("catalog", "write catalog: with hosts and database"); n != nil {
		c.Catalog = l.catalog(n)
	}
	if n := f.get("push"); n != nil {
		c.Push = l.push(n)
	}
	if n := f.get("storage_room"); n != nil {
		c.Room = l.argv(n, "write an argument vector that prints, a line each, a Storage's name and the bytes that are free for it")
	}
	if n := f.get("max_jobs"); n != nil {
		c.AtOnce = l.jobsAtOnce(n, "the Director's")
	}
	if n := f.get("storage_jobs"); n != nil {
		c.Storages = l.storageJobs(n)
	}
	return c
}

// jobsAtOnce reads a Maximum Concurrent Jobs; 0: it is none.
func (l *loader) jobsAtOnce(n *node, whose string) int {
	v, err := strconv.Atoi(n.text)
	if n.shape != number || err != nil || v < 1 || v > mostJobs {
		l.add(n, "it is not a number that fits", fmt.Sprintf("write %s Maximum Concurrent Jobs, 1 to %d", whose, mostJobs))
		return 0
	}
	return v
}

// storageJobs reads how many jobs Storages run at once, by name.
func (l *loader) storageJobs(n *node) map[string]int {
	if n.shape != mapping {
		l.addShape(n, "write such as {sd-region1: 4}: a Storage's name and its Maximum Concurrent Jobs")
		return nil
	}
	out := map[string]int{}
	for i := range n.len() {
		if name, ok := l.name(n.key(i), "a Storage's name", " "); ok {
			out[name] = l.jobsAtOnce(n.value(i), "the Storage's")
		}
	}
	return out
}

// mostJobs is more than a Director was seen to run at once.
const mostJobs = 10_000

func (l *loader) zone(n *node) *time.Location {
	const do = "write the Director's local zone by its IANA name, such as Europe/Amsterdam or UTC"
	s, ok := l.text(n, do)
	if !ok {
		return nil
	}
	zone, err := time.LoadLocation(s)
	if err != nil || s == "Local" {
		l.add(n, fmt.Sprintf("there is no time zone %q", s), do)
		return nil
	}
	return zone
}

func (l *loader) director(n *node) (d Director, s Service) {
	f, ok := l.fields(n, "name", "address", "service")
	if !ok {
		return d, s
	}
	if n := f.need("name", "write the name of its Director resource"); n != nil {
		d.Name, _ = l.name(n, "a Director's name", "")
	}
	if n := f.need("address", `write host:port, such as "dir1.example:9101"`); n != nil {
		d.Address = l.address(n)
	}
	if n := f.get("service"); n != nil {
		s = l.service(n)
	}
	return d, s
}

func (l *loader) catalog(n *node) (c Catalog) {
	f, ok := l.fields(n, "hosts", "database", "tls")
	if !ok {
		return c
	}
	const do = `write one or more, such as ["db1.example:3306"]`
	if n := f.need("hosts", do); n != nil {
		if n.shape != list || len(n.kids) == 0 {
			l.addShape(n, do)
		} else {
			for i := range n.kids {
				a := l.address(&n.kids[i])
				if a != "" && slices.ContainsFunc(c.Hosts, func(b string) bool { return b != "" && model.Place(b) == model.Place(a) }) {
					l.add(&n.kids[i], "it is there already", "write each host once")
				}
				c.Hosts = append(c.Hosts, a)
			}
		}
	}
	c.Database = f.needText("database", "write the name of the catalog's database, such as bacula")
	if n := f.get("tls"); n != nil {
		c.TLS = l.tls(n)
	}
	return c
}

func (l *loader) tls(n *node) (t TLS) {
	f, ok := l.fields(n, "mode", "ca", "server_name")
	if !ok {
		return t
	}
	if m := f.get("mode"); m != nil {
		t.Off = l.word(m, "off", "required") == "off"
	}
	ca := f.get("ca")
	if t.Off {
		for _, unused := range []*node{ca, f.get("server_name")} {
			if unused != nil {
				l.add(unused, "it has no effect while mode is off", "leave it out, or write mode: required")
			}
		}
		return t
	}
	t.ServerName = f.textOf("server_name", "write the name in the server's certificate")
	if ca == nil {
		return t
	}
	const do = "write the path of a file with the certificates that may sign the server's, in PEM form"
	if t.CA = l.path(ca, do); t.CA == "" {
		return t
	}
	pem, err := l.kept.read(t.CA)
	switch {
	case err != nil:
		l.add(ca, cause(err)+": "+model.Clean(t.CA), do)
	case !bytes.Contains(pem, []byte("BEGIN CERTIFICATE")):
		l.add(ca, "it has no certificate in PEM form: "+model.Clean(t.CA), do)
	case l.kept != nil:
		t.Kept = pem
	}
	l.trusts = append(l.trusts, t)
	return t
}

// path takes n for a file's path, relative to the configuration file.
func (l *loader) path(n *node, do string) string {
	s, ok := l.text(n, do)
	if ok && !filepath.IsAbs(s) {
		s = filepath.Join(l.dir, s)
	}
	return s
}

func (l *loader) policy(n *node) {
	f, ok := l.fields(n, model.PolicyNames()...)
	if !ok {
		return
	}
	for i := range n.len() {
		name, v := n.key(i).text, n.value(i)
		if !contains(model.PolicyNames(), name) || f.get(name) != v {
			continue
		}
		if v.shape != text && v.shape != number && v.shape != boolean {
			l.addShape(v, "write a duration such as 26h or 7d, a number, or yes or no")
			continue
		}
		if err := l.c.Policy.Set(name, v.text); err != nil {
			says := strings.TrimPrefix(err.Error(), model.ErrPolicy.Error()+": "+name+": ")
			says, do, ok := strings.Cut(says, "; ")
			if !ok {
				do = "write a value within its bounds, or leave it out"
			}
			l.add(v, says, do)
			continue
		}
		l.c.PolicySet[name] = fmt.Sprintf("%s:%d", l.document.title, l.lineColumn(n.key(i).at).line)
	}
}

func (l *loader) aws(n *node) {
	f, ok := l.fields(n, "profile", "act_profile", "account", "endpoint")
	if !ok {
		return
	}
	l.c.AWS.Profile = f.textOf("profile", "write the name of a profile of AWS's own configuration")
	l.c.AWS.ActProfile = f.textOf("act_profile", "write the name of the profile with which RDS instances are changed")
	if a := f.get("account"); a != nil {
		const do = `write the twelve digits of the AWS account that the instances are in, such as "123456789012"`
		if l.c.AWS.Account, ok = l.text(a, do); ok && !awsAccount().MatchString(l.c.AWS.Account) {
			l.add(a, fmt.Sprintf("%q does not look like one", l.c.AWS.Account), do)
		}
	}
	e := f.get("endpoint")
	if e == nil {
		return
	}
	const do = "write such as http://127.0.0.1:4566, or leave it out: then AWS's own endpoints are used"
	s, ok := l.text(e, do)
	if !ok {
		return
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil:
		l.addHidden(e, "it is not a URL of a host", do)
	case u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback():
		l.add(e, "it is not on this machine: an endpoint is for a rehearsal or a lab", do)
	default:
		l.c.AWS.Endpoint = s
	}
}

var (
	awsAccount = model.Pattern(`^[0-9]{12}$`)
	awsRegion  = model.Pattern(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	instanceID = model.Pattern(`^[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	bucketName = model.Pattern(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

// matching reads a text that must be there and look like something.
func (l *loader) matching(f fields, key string, like *regexp.Regexp, do string) string {
	s := f.needText(key, do)
	if s != "" && !like.MatchString(s) {
		l.add(f.get(key), fmt.Sprintf("%q does not look like one", s), do)
	}
	return s
}

func (l *loader) rds(n *node) {
	l.c.RDS = &RDS{}
	f, ok := l.fields(n, "primary", "replica", "database_tls", "director_account", "classes")
	if !ok {
		return
	}
	if n := f.need("primary", "write primary: {id: NAME, aws_region: eu-west-1, address: HOST:PORT}"); n != nil {
		l.c.RDS.Primary = l.instance(n)
	}
	if n := f.get("replica"); n != nil {
		l.c.RDS.Replica = l.instance(n)
	}
	if n := f.get("database_tls"); n != nil {
		l.c.RDS.TLS = l.tls(n)
	}
	l.c.RDS.Director = f.textOf("director_account", "write the MySQL account of green's Director, so that its connections are counted apart")
	if n := f.get("classes"); n != nil {
		l.c.RDS.Classes = l.path(n, "write a file of instance classes, as switchyard size --classes prints one")
	}
}

func (l *loader) instance(n *node) (i Instance) {
	f, ok := l.fields(n, "id", "aws_region", "address")
	if !ok {
		return i
	}
	i.ID = l.matching(f, "id", instanceID(), "write the DB instance identifier")
	i.AWSRegion = l.matching(f, "aws_region", awsRegion(), "write an AWS region, such as eu-west-1")
	if n := f.need("address", `write host:port of a direct connection, such as "bacula.abc123.eu-west-1.rds.amazonaws.com:3306"`); n != nil {
		i.Address = l.address(n)
	}
	return i
}

func (l *loader) journal(n *node) {
	const do = "write {dir: PATH} or {s3: {bucket: NAME, aws_region: eu-west-1}}"
	f, ok := l.fields(n, "dir", "s3", "break_glass")
	if !ok {
		return
	}
	dir, s3 := f.get("dir"), f.get("s3")
	if at := f.get("break_glass"); at != nil {
		l.c.Journal.BreakGlass = l.path(at, "write a directory of the host that acts, which fails with nothing else")
	}
	switch {
	case (dir == nil) == (s3 == nil):
		l.add(n, "it needs one place", do)
	case dir != nil:
		l.c.Journal.Dir = l.path(dir, do)
		if l.c.Journal.Dir != "" && filepath.Clean(l.c.Journal.BreakGlass) == filepath.Clean(l.c.Journal.Dir) {
			l.add(f.get("break_glass"), "it is the journal itself", "write another directory, which fails with nothing else")
		}
	default:
		f, ok := l.fields(s3, "bucket", "aws_region", "prefix")
		if !ok {
			return
		}
		to := &l.c.Journal.S3
		to.Bucket = l.matching(f, "bucket", bucketName(), "write the bucket's name")
		to.AWSRegion = l.matching(f, "aws_region", awsRegion(), "write the bucket's AWS region, such as eu-west-1")
		to.Prefix = f.textOf("prefix", "write what the keys start with, such as switchyard/")
	}
}
