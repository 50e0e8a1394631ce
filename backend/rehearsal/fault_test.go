package rehearsal

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"switchyard/backend/bacula"
	"switchyard/model"
)

// sees tells what a reader meets; each looks at one fault's symptom and returns nil when there is none.
type sees func(t *testing.T, w *World) error

// patience is short with what is known to be broken.
func patience(w *World) time.Duration {
	if len(w.Injected()) > 0 {
		return 700 * time.Millisecond
	}
	return 20 * time.Second
}

func directorAnswers(c model.Cluster) sees {
	return func(t *testing.T, w *World) error {
		r := director(w, c, 0)
		r.Console.Timeout = patience(w)
		_, err := r.Read(t.Context())
		return err
	}
}

func catalogAnswers(c model.Cluster) sees {
	return func(t *testing.T, w *World) error {
		cat := catalog(t, w, c)
		ctx, cancel := context.WithTimeout(t.Context(), patience(w))
		defer cancel()
		_, err := cat.Tick(ctx, 1<<31, nil)
		return err
	}
}

func replicaRuns(_ *testing.T, w *World) error {
	if r := w.Replica().Replication(); !r.SQL {
		return errors.New("the SQL thread does not run: " + r.SQLError)
	}
	return nil
}

func replicaKeepsUp(t *testing.T, w *World) error {
	say(t, w, model.Green, "run job="+aJob+" yes")
	w.Clock().Advance(20 * time.Second)
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		w.Clock().Advance(100 * time.Millisecond)
		if r := w.Replica().Replication(); r.Known && r.Lag == 0 && r.Executed == w.Primary().Replication().Executed {
			return nil
		}
	}
	return errors.New("it lags")
}

func awsAnswers(t *testing.T, w *World) error {
	ctx, cancel := context.WithTimeout(t.Context(), patience(w))
	defer cancel()
	_, err := rds.New(rds.Options{Region: PrimaryRegion, BaseEndpoint: aws.String(w.Endpoint()),
		Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""), Retryer: aws.NopRetryer{}}).
		DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{})
	return err
}

func keyIsEnabled(t *testing.T, w *World) error {
	out, err := kms.New(kms.Options{Region: ReplicaRegion, BaseEndpoint: aws.String(w.Endpoint()),
		Credentials: credentials.NewStaticCredentialsProvider("k", "s", "")}).
		DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String(keyID)})
	if err == nil && !out.KeyMetadata.Enabled {
		err = errors.New("the key is disabled")
	}
	return err
}

// jobEnds runs a job on green and tells how it ended, or what it waits for.
func jobEnds(t *testing.T, w *World) error {
	say(t, w, model.Green, "cancel job="+aJob)
	until(t, "no run of it is left", func() bool {
		w.Clock().Advance(time.Minute)
		sight, err := director(w, model.Green, 0).Read(t.Context())
		return err == nil && !slices.ContainsFunc(sight.Running, func(j model.Job) bool { return j.Name == aJob })
	})
	var id uint32
	said := say(t, w, model.Green, "run job="+aJob+" level=Full yes")
	if _, tail, ok := strings.Cut(said, "Job queued. JobId="); ok {
		for _, c := range tail {
			if c < '0' || c > '9' {
				break
			}
			id = id*10 + uint32(c-'0')
		}
	}
	cat := catalog(t, w, model.Green)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		w.Clock().Advance(20 * time.Minute)
		rows, err := cat.Tick(t.Context(), id, nil)
		if err != nil {
			return err
		}
		for i := range rows {
			if r := &rows[i]; r.ID == id && !r.Outcome().Open() {
				if r.Outcome().Good() {
					return nil
				}
				return errors.New("it ended with " + r.Status.String())
			}
		}
		if len(w.Injected()) == 0 {
			continue
		}
		sight, err := director(w, model.Green, 0).Read(t.Context())
		if err != nil {
			return err
		}
		for _, j := range sight.Running {
			if j.ID == id && j.Status == 'm' {
				return errors.New("it waits for a volume")
			}
		}
	}
	return errors.New("it does not end")
}

// jobStarts asks green to run a job.
func jobStarts(t *testing.T, w *World) error {
	if said := say(t, w, model.Green, "run job="+aJob+" level=Full yes"); !strings.Contains(said, "Job queued.") {
		return errors.New(said)
	}
	return nil
}

func clientAnswers(t *testing.T, w *World) error {
	r := bacula.ClientReader{Console: director(w, model.Green, 0).Console}
	r.Console.Timeout = patience(w)
	said, err := r.Reach(t.Context(), aClient)
	if err == nil && said.Why != "" {
		err = errors.New(said.Why)
	}
	return err
}

func storageAnswers(t *testing.T, w *World) error {
	r := bacula.StorageReader{Console: director(w, model.Green, 0).Console}
	r.Console.Timeout = patience(w)
	_, met := r.Running(t.Context(), []string{storageOf(w)})
	return met[storageOf(w)]
}

func volumesAreProtected(t *testing.T, w *World) error {
	if err := jobEnds(t, w); err != nil {
		return err
	}
	var protected int
	if err := w.Primary().Read("SELECT Protected FROM Media WHERE VolJobs > 0 ORDER BY MediaId DESC LIMIT 1").Scan(&protected); err != nil {
		return err
	}
	if protected == 0 {
		return errors.New("the newest volume is not protected")
	}
	return nil
}

// pushes takes a job out of blue's file, reloads, and looks a minute later whether the Director has it; then it puts the file back.
func pushes(t *testing.T, w *World) error {
	t.Helper()
	d := w.Cluster(model.Blue).Directors()[0]
	was, err := os.ReadFile(d.ConfPath())
	if err != nil {
		t.Fatal(err)
	}
	resources := strings.SplitAfter(string(was), "}\n")
	_, name, _ := strings.Cut(resources[0], `Name = "`)
	name, _, _ = strings.Cut(name, `"`)
	put := func(text string) {
		if err := os.WriteFile(d.ConfPath(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if said := say(t, w, model.Blue, "reload"); strings.Contains(said, "onfig") {
			t.Errorf("a reload of 9.6 said %q", said)
		}
		w.Clock().Advance(time.Minute)
	}
	gone := func() bool { return !strings.Contains(say(t, w, model.Blue, ".jobs"), name+"\n") }
	put(strings.Join(resources[1:], ""))
	defer put(string(was))
	patience := 50 * time.Millisecond
	if len(w.Injected()) > 0 {
		patience = 10 * time.Second
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if !gone() {
			return errors.New("the Director still has " + name)
		}
	}
	return nil
}

// The cell that these tests use: an immutable one of a chain that is on green in dr-day.
const (
	aJob    = "backup-chain003-region1-immutable"
	aClient = "chain003-r1-fd"
)

func storageOf(w *World) string {
	for _, c := range w.estate.cells {
		if c.Cell.Chain == "chain003" && c.Cell.Region == "region1" && c.Cell.Kind == model.Immutable {
			return c.Storage
		}
	}
	return ""
}

// faultCase is how a fault shows to a reader.
type faultCase struct {
	target string
	sees   sees
	kind   error
}

func TestFaultsShowAndHeal(t *testing.T) {
	cases := map[string]faultCase{
		"director-down":         {"blue", directorAnswers(model.Blue), model.ErrUnreachable},
		"director-hung":         {"green", directorAnswers(model.Green), model.ErrTimeout},
		"director-slow":         {"blue", directorAnswers(model.Blue), model.ErrTimeout},
		"director-password":     {"blue", directorAnswers(model.Blue), model.ErrTimeout}, // a refused console waits longer than this reader
		"director-stopped":      {"blue", directorAnswers(model.Blue), model.ErrUnreachable},
		"director-masked":       {"green", directorAnswers(model.Green), model.ErrUnreachable},
		"director-failed-over":  {"green", directorAnswers(model.Green), model.ErrUnreachable},
		"director-unlinked":     {"green", jobStarts, nil},
		"catalog-down":          {"blue", catalogAnswers(model.Blue), model.ErrUnreachable},
		"catalog-hung":          {"blue", catalogAnswers(model.Blue), model.ErrTimeout},
		"catalog-slow":          {"blue", catalogAnswers(model.Blue), model.ErrTimeout},
		"catalog-revoked":       {"blue", catalogAnswers(model.Blue), model.ErrRefused},
		"replication-unfetched": {"", replicaKeepsUp, nil},
		"replication-stopped":   {"", replicaRuns, nil},
		"replication-broken":    {"", replicaRuns, nil},
		"replication-lag":       {"", replicaKeepsUp, nil},
		"aws-throttled":         {"", awsAnswers, nil},
		"aws-failing":           {"", awsAnswers, nil},
		"aws-unreachable":       {PrimaryRegion, awsAnswers, nil},
		"aws-denied":            {"", awsAnswers, nil},
		"aws-expired":           {"", awsAnswers, nil},
		"kms-key-disabled":      {ReplicaRegion, keyIsEnabled, nil},
		"client-failing":        {aClient, jobEnds, nil},
		"client-hung":           {aClient, clientAnswers, nil},
		"client-stranger":       {aClient, jobEnds, nil},
		"storage-hung":          {"", storageAnswers, model.ErrTimeout},
		"storage-full":          {"", jobEnds, nil},
		"storage-not-immutable": {"", volumesAreProtected, nil},
		"reload-ignored":        {"blue", pushes, nil},
		"config-reverted":       {"blue", pushes, nil},
	}
	cases["region-gone"] = faultCase{PrimaryRegion, catalogAnswers(model.Green), model.ErrTimeout}
	cases["passive-gone"] = faultCase{"green", func(_ *testing.T, w *World) error {
		d := w.Cluster(model.Green).Directors()[1]
		if Tool(onHost, []string{"read", d.ConfPath()}, strings.NewReader(""), io.Discard) != 0 {
			return model.ErrUnreachable
		}
		return nil
	}, model.ErrUnreachable}
	cases["passive-older"] = faultCase{"green", directorsAreAlike, nil}
	cases["onprem-gone"] = faultCase{"", directorAnswers(model.Blue), model.ErrUnreachable}
	cases["site-gone"] = faultCase{"region1", directorAnswers(model.Green), model.ErrUnreachable}
	cases["console-slow"] = faultCase{"green", directorAnswers(model.Green), model.ErrTimeout}
	maps.Copy(cases, rdsFaultCases)
	maps.Copy(cases, pushFaultCases)
	maps.Copy(cases, restoreFaultCases)
	maps.Copy(cases, tenantFaultCases)
	w := world(t, Options{Scenario: "settling", Chains: 4, Idle: true})
	for _, f := range Faults {
		if f.Name == "az-failover" || f.Name == "failover-refused" || f.Name == "passive-restarted" {
			continue // heals by itself
		}
		c, ok := cases[f.Name]
		if !ok {
			t.Errorf("no test looks at %s", f.Name)
			continue
		}
		if strings.HasPrefix(f.Name, "storage-") {
			c.target = storageOf(w)
		}
		if f.Target == "volume" {
			_, c.target = aFull(t, w)
		}
		if err := c.sees(t, w); err != nil {
			t.Errorf("before %s: %v", f.Name, err)
		}
		if err := w.Fault(f.Name, c.target); err != nil {
			t.Fatal(err)
		}
		if err := w.Fault(f.Name, c.target); !errors.Is(err, ErrFault) {
			t.Errorf("%s twice: %v", f.Name, err)
		}
		err := c.sees(t, w)
		if err == nil || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s %s shows as %v", f.Name, c.target, err)
		}
		if err := w.Heal(f.Name, ""); err != nil {
			t.Fatal(err)
		}
		if err := c.sees(t, w); err != nil {
			t.Errorf("after %s: %v", f.Name, err)
		}
	}
	if left := w.Injected(); len(left) > 0 {
		t.Errorf("still injected: %v", left)
	}
}

func TestTwoFaultsMeet(t *testing.T) {
	w := world(t, Options{Chains: 1})
	for _, name := range []string{"director-down", "director-slow", "catalog-slow", "catalog-down"} {
		if err := w.Fault(name, "green"); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"director-slow", "catalog-slow"} {
		if err := w.Heal(name, "green"); err != nil {
			t.Fatal(err)
		}
	}
	if err := directorAnswers(model.Green)(t, w); !errors.Is(err, model.ErrUnreachable) {
		t.Errorf("a Director that is still down: %v", err)
	}
	if w.Primary().Up() { // the replica still answers for it
		t.Error("the catalog is up although nobody healed it")
	}
	for _, name := range []string{"director-down", "catalog-down"} {
		if err := w.Heal(name, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(directorAnswers(model.Green)(t, w), catalogAnswers(model.Green)(t, w)); err != nil {
		t.Error(err)
	}
}

func TestFaultsRefuse(t *testing.T) {
	w := world(t, Options{Chains: 1})
	for _, f := range [][2]string{{"nope", ""}, {"director-down", "yellow"}, {"director-down", ""}, {"client-hung", "nobody"}, {"storage-full",
		"x"}, {"replication-broken", "x"}, {"aws-failing", "us-east-1"}} {
		if err := w.Fault(f[0], f[1]); !errors.Is(err, ErrFault) {
			t.Errorf("%v: %v", f, err)
		}
	}
	if err := w.Heal("director-down", "blue"); !errors.Is(err, ErrFault) {
		t.Errorf("healing what is well: %v", err)
	}
}

// TestAnUnplannedFailover lets jobs die with the primary: the Director loses its connections.
func TestAnUnplannedFailover(t *testing.T) {
	w := world(t, Options{Scenario: "dr-day", Chains: 4})
	cat := catalog(t, w, model.Green)
	said := say(t, w, model.Green, "run job="+aJob+" level=Full yes")
	if !strings.Contains(said, "Job queued.") {
		t.Fatal(said)
	}
	w.Clock().Advance(20 * time.Second)
	until(t, "it runs", func() bool {
		sight, err := director(w, model.Green, 0).Read(t.Context())
		return err == nil && len(sight.Running) > 0 && sight.Running[0].Status == 'R'
	})
	if err := w.Fault("az-failover", ""); err != nil {
		t.Fatal(err)
	}
	until(t, "it is away", func() bool { return !w.Primary().Up() })
	until(t, "it is back and the job has died with it", func() bool {
		w.Clock().Advance(2 * time.Second)
		rows, err := cat.Tick(t.Context(), 1, nil)
		if err != nil || len(rows) == 0 {
			return false
		}
		last := rows[len(rows)-1]
		if last.Name != aJob || last.Status != 'f' {
			return false
		}
		why, err := cat.Why(t.Context(), last.ID)
		return err == nil && strings.Contains(why, "MySQL server has gone away")
	})
}
