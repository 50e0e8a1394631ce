package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"switchyard/backend/rds"
	"switchyard/backend/rds/trial"
	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/amazon"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// examined is what doctor finds with a configuration, by what it says.
func examined(t *testing.T, config string, look func(*doctor, context.Context)) []finding {
	t.Helper()
	d := &doctor{site: opened(t, config)}
	look(d, t.Context())
	return d.list
}

// finds wants one finding with that verdict and such words.
func finds(t *testing.T, list []finding, v model.Verdict, words string) {
	t.Helper()
	var all strings.Builder
	for _, f := range list {
		line := f.Of + ": " + f.Says
		if f.Verdict == v && regexp.MustCompile(words).MatchString(line) {
			if v != model.Holds && f.Do == "" {
				t.Errorf("nothing says what to do about: %s", line)
			}
			return
		}
		fmt.Fprintf(&all, "%s  %s\n", f.Verdict, line)
	}
	t.Errorf("no finding %s %q in:\n%s", v, words, &all)
}

// rewritten is a world's configuration with other words in it, old and new in turn.
func rewritten(t *testing.T, w *rehearsal.World, words ...string) string {
	t.Helper()
	b, err := os.ReadFile(w.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(words...).Replace(string(b))
	if text == string(b) {
		t.Fatalf("%q is not in:\n%s", words[0], text)
	}
	path := filepath.Join(w.Dir(), "rewritten.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDoctorIsContentWithAHealthyWorld(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	said := s.does(0, "doctor")
	s.says(
		said,
		" 0 need somebody",
		"watch blue catalog account: DELETE FROM Log WHERE 1 = 0 was tried on "+s.Blue().
			Addr()+
			": the server refuses it (DELETE command denied to user 'switchyard_watch'@'127.0.0.1' for table 'Log' (error 1142))",
		"watch green catalog account: DELETE FROM Log WHERE 1 = 0 was tried on "+s.Primary().Addr()+": the server refuses it (",
		"watch rds primary bacula: AWS calls it available in eu-west-1: db.r7g.2xlarge, mysql 8.4.",
		"watch rds replica bacula-replica server: "+s.Replica().Addr()+" answers: 8.4.11, TLS 1.3 ",
		"read_only true, the session is read-only",
		"watch rds primary bacula account: DELETE FROM mysql.user WHERE 1 = 0 was tried on "+s.Primary().
			Addr()+
			": the server refuses it (DELETE command denied",
		"watch rds replica bacula-replica account: DELETE FROM Log WHERE 1 = 0 was tried on "+s.Replica().
			Addr()+
			": the server refused before it looked at the account (",
		"watch aws eu-west-1: the credentials are those of arn:aws:sts::",
		"refuses it before it is signed",
		"watch aws eu-central-1: rds:RebootDBInstance was tried on an instance that does not exist: IAM denies it (",
		"a policy that names single instances is not proven by this",
		"act aws eu-central-1: rds:PromoteReadReplica was tried on switchyard-doctor-asks, which does not exist: IAM allows it",
		"act aws eu-west-1: rds:CreateDBInstanceReadReplica was tried on",
		"act aws eu-central-1: kms:CreateGrant was tried on arn:aws:kms:eu-central-1:",
		" in a request that makes none: IAM and its key allow it",
		"act numbers bacula: switchyard_numbers is let in on "+s.Primary().Addr()+" inside TLS 1.3",
		"act numbers bacula-replica: switchyard_numbers is let in on "+s.Replica().Addr()+" inside TLS 1.3",
		"journal: 1 records, each follows the one before",
		"without a launcher the same identity acts",
	)
	for _, name := range []string{"watch", "act"} {
		secret, err := os.ReadFile(filepath.Join(s.Dir(), "secrets", name))
		if err != nil || strings.Contains(said, strings.TrimSpace(string(secret))) {
			t.Errorf("a password is told, %v:\n%s", err, said)
		}
	}
	writes := 0
	for _, c := range s.Cloud().Calls() {
		if c.Write {
			if writes++; c.Operation == "CreateGrant" && c.Service == "kms" && c.Status == 412 { // a dry run
				continue
			}
			if c.On != trial.Nobody || c.Status != 403 && c.Status != 404 {
				t.Errorf("AWS was asked for %+v", c)
			}
		}
	}
	if want := 2 * (1 + len(trial.Failovers) + 1); writes != want { // by who watches, and by who acts
		t.Errorf("AWS was asked for %d changes in 2 AWS regions, want %d", writes, want)
	}
	if n := journalOf(t, s.World); n != 1 {
		t.Errorf("the journal has %d records", n)
	}
	var list []finding
	if err := json.Unmarshal([]byte(s.does(0, "doctor", "--json")), &list); err != nil || len(list) < 30 {
		t.Errorf("%d findings, %v", len(list), err)
	}
}

func TestDoctorFindsAccountsThatMayTooMuch(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Chains: 4})
	secret, err := os.ReadFile(filepath.Join(w.Dir(), "secrets", "act"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(
		filepath.Join(w.Dir(), "secrets", "bacula"),
		[]byte(strings.TrimSpace(string(secret))+"-bacula\n"),
		0o600,
	); err != nil {
		t.Fatal(err)
	}
	path := rewritten(t, w, "{user: switchyard_watch, password: {file: secrets/watch}}", "{user: bacula, password: {file: secrets/bacula}}")
	list := examined(t, path, (*doctor).examine)
	for _, of := range []string{"blue catalog", "green catalog", "rds primary bacula"} {
		finds(t, list, model.Fails, "^watch "+of+" account: it may do more than watch: ALL PRIVILEGES ON")
		finds(t, list, model.Fails, "^watch "+of+" account: DELETE FROM Log WHERE 1 = 0 was tried on .*: the server takes it")
	}
	finds(t, list, model.Fails, "^watch rds replica bacula-replica account: it may do more than watch")
	finds(
		t,
		list,
		model.Unknown,
		"^watch rds replica bacula-replica account: DELETE FROM Log WHERE 1 = 0 .* the server refused before it looked at the account",
	)
	finds(t, list, model.Fails, "^watch rds replica bacula-replica server: the account may not ask how replication stands")
}

func TestDoctorFindsAnIdentityThatMayRebootInstances(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Chains: 4})
	asked := func(key string) []finding {
		return examined(t, w.ConfigPath(), func(d *doctor, ctx context.Context) {
			d.identity(
				ctx,
				rds.Options{Endpoint: w.Endpoint(), Credentials: credentials.NewStaticCredentialsProvider(key, "x", "")},
				rehearsal.PrimaryRegion,
			)
		})
	}
	finds(t, asked("AKIAWRITER"), model.Fails, "^watch aws eu-west-1: the watch credentials may reboot instances \\(.*DBInstanceNotFound")
	w.Primary().Stop()
	w.Replica().Stop()
	list := examined(t, rewritten(t, w, w.Endpoint(), "http://127.0.0.1:1"), (*doctor).instances)
	finds(t, list, model.Fails, "^watch rds primary bacula: describe bacula in eu-west-1: connection refused")
	finds(t, list, model.Fails, "^watch rds replica bacula-replica server: ")
	finds(t, list, model.Unknown, "^watch aws eu-central-1: rds:RebootDBInstance was tried .* nobody can tell")
}

// TestDoctorLooksAtWhatATakeoverNeeds breaks the login that raises numbers in each way, and the keys that a new replica needs.
func TestDoctorLooksAtWhatATakeoverNeeds(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Chains: 4})
	change := func(do func(*sqlsim.User)) func() {
		return func() { w.Replica().SetAccount("switchyard_numbers", do) }
	}
	for _, c := range []struct {
		harm, heal func()
		verdict    model.Verdict
		says       string
	}{
		{change(func(u *sqlsim.User) { u.Alter = false }), change(func(u *sqlsim.User) { u.Alter = true }), model.Fails,
			"^act numbers bacula-replica: switchyard_numbers may not raise .* it lacks ALTER ON bacula.*, CREATE ON bacula.*, INSERT ON"},
		{change(func(u *sqlsim.User) { u.Locked = true }), change(func(u *sqlsim.User) { u.Locked = false }), model.Fails,
			"^act numbers bacula-replica: connect to .*(locked|denied)"},
	} {
		c.harm()
		list := examined(t, w.ConfigPath(), (*doctor).numbers)
		finds(t, list, c.verdict, c.says)
		finds(t, list, model.Holds, "^act numbers bacula: switchyard_numbers is let in")
		c.heal()
	}
	path := rewritten(t, w, "  database_tls: {mode: required, ca: ca.pem}\n", "  database_tls: {mode: \"off\"}\n")
	finds(t, examined(t, path, (*doctor).numbers), model.Fails, "^act numbers bacula: connect to .* insecure transport")
	list := examined(t, w.ConfigPath(), func(d *doctor, ctx context.Context) { // blue has no TLS
		l := numberer(d.site.cfg, nil, &d.site.cfg.RDS.Primary, nil)
		l.Address = w.Blue().Addr()
		d.number(ctx, "act numbers there", l)
	})
	finds(t, list, model.Fails, "^act numbers there: the session of switchyard_numbers on .* is not encrypted")
	path = rewritten(t, w, "  numbers: {user: switchyard_numbers, password: {file: secrets/numbers}}\n", "")
	finds(t, examined(t, path, (*doctor).numbers), model.Holds, "^act numbers: none is configured")

	if err := w.Fault("kms-key-disabled", rehearsal.ReplicaRegion); err != nil {
		t.Fatal(err)
	}
	list = examined(t, w.ConfigPath(), (*doctor).instances)
	finds(t, list, model.Fails, "^act aws eu-central-1: kms:CreateGrant was tried on .*: .*is disabled")
	finds(t, list, model.Holds, "^act aws eu-west-1: kms:CreateGrant was tried on .* IAM and its key allow it")
	w.Cloud().Break(amazon.Fault{Trouble: amazon.Denied, Operation: "CreateGrant"})
	w.Cloud().Break(amazon.Fault{Trouble: amazon.Failing, Operation: "DescribeDBInstances", Region: rehearsal.ReplicaRegion})
	list = examined(t, w.ConfigPath(), (*doctor).instances)
	finds(t, list, model.Unknown, "^act aws eu-west-1: kms:CreateGrant was tried on .* nobody can tell whether RDS may have one")
	finds(t, list, model.Unknown, "^act aws eu-central-1: kms:CreateGrant, which a new replica needs, was not tried: which key")
}

func TestDoctorTellsWhoMayAppend(t *testing.T) {
	w := ownWorld(t, rehearsal.Options{Chains: 4})
	judged := func(words ...string) []finding {
		return examined(t, rewritten(t, w, words...), (*doctor).journal)
	}
	const launcher = "launcher: [sudo, -n, -u, switchyard]\n"
	finds(
		t,
		judged("journal: {dir: journal}", launcher+"journal: {dir: journal}"),
		model.Fails,
		"may append to directory .*, though a launcher starts what acts",
	)
	finds(t, judged("journal: {dir: journal}\n", ""), model.Holds, "^journal: no journal is configured: nothing can be done")
	finds(t, judged("journal: {dir: journal}", "journal: {dir: nowhere}"), model.Fails, "^journal: opening the journal .*: no such file")

	const bucket = "journal: {s3: {bucket: switchyard-journal, aws_region: eu-north-1}}"
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAWRITER")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	finds(t, judged("journal: {dir: journal}", bucket), model.Fails, "^journal: .*it is empty")
	if err := beginJournal(t.Context(), opened(t, rewritten(t, w, "journal: {dir: journal}", bucket)).cfg, nil); err != nil {
		t.Fatal(err)
	}
	finds(
		t,
		judged("journal: {dir: journal}", bucket),
		model.Holds,
		"may append to s3://switchyard-journal: without a launcher the same identity acts",
	)
	finds(
		t,
		judged("journal: {dir: journal}", launcher+bucket),
		model.Fails,
		"may append to s3://switchyard-journal, though a launcher starts what acts",
	)
	before := w.Cloud().Objects("switchyard-journal")
	t.Setenv("AWS_ACCESS_KEY_ID", rds.RehearsalKey)
	finds(t, judged("journal: {dir: journal}", bucket), model.Holds, "^journal: 1 records")
	finds(t, judged("journal: {dir: journal}", bucket), model.Holds, "may not append to s3://switchyard-journal: from here one can only watch")
	finds(
		t,
		judged("journal: {dir: journal}", launcher+bucket),
		model.Holds,
		"may not append to s3://switchyard-journal: only what the launcher starts can act",
	)
	if after := w.Cloud().Objects("switchyard-journal"); len(after) != len(before) {
		t.Errorf("%d objects became %d", len(before), len(after))
	}
}

// TestDoctorTellsWhoSeesFiles: where who watches is told of one, it waits for that; where nobody tells, it says so, and nothing is wrong.
func TestDoctorTellsWhoSeesFiles(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Chains: 2, Idle: true})
	files := func(config string) []finding {
		return examined(t, config, func(d *doctor, ctx context.Context) { d.files(ctx, model.Green) })
	}
	list := files(w.ConfigPath())
	finds(t, list, model.Holds, "^watch green file of dir-new: its SHA-256 comes from sh over and over")
	finds(t, list, model.Holds, "^watch green file of dir-new2: its SHA-256 comes from sh over and over")
	for _, c := range []struct {
		old, with, says string
		is              model.Verdict
	}{
		{"while ! test", "echo hunter2; sleep 60; while ! test", "^watch green file of dir-new: its command prints what is no SHA-256 of it",
			model.Fails},
		{"while ! test", "exit 1; while ! test", "^watch green file of dir-new: the command ended that tells its SHA-256", model.Fails},
		{"sums:", "# sums:", "^watch green file of dir-new: no session sees it: clusters.green.push.on.active has no sums", model.Holds},
	} {
		finds(t, files(rewritten(t, w, c.old, c.with)), c.is, c.says)
	}
	noChildren(t, w)
}
