package config

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // A Director's zone must be known on a machine without zone files; it adds 450 kB.

	"switchyard/model"
)

// Config is switchyard.yaml, checked. No secret in it is resolved.
type Config struct {
	Path        string // as it was given
	Environment string
	Rehearsal   string     // the scenario; only a rehearsal world writes it
	Clusters    [2]Cluster // by model.Cluster
	Watch       Access     // credentials that can only read
	Act         Access     // credentials that can write; nothing in it exists when the file has no such section
	MayAct      bool       // the file has such a section: else it is for those who only watch
	Policy      model.Policy
	PolicySet   map[string]string // where a threshold was set, by its name: switchyard.yaml:40
	AWS         AWS
	RDS         *RDS // nil: not watched
	Journal     Journal
	Routes      Routes
	Restores    Restores
	Needs       []model.Need        // what needs what to be brought back, as declared
	NotOffered  map[string]string   // gates that are not available here, by ID of model.OfferedGates, and why
	Tests       RestoreTests        // how restores are tested
	Cards       Cards               // where restore cards are kept
	Bundle      Bundle              // where the recovery bundle is kept, and who can read it
	Recover     Recover             // who comes up where nothing else is left
	Origin      *Origin             // the bundle that it is from, of who recovers; nil: a file
	Commands    map[string][]string // argument vectors of what plans may order the acting process to run, by name
	Launcher    []string            // argument vector in front of "switchyard act"; nil: it is started directly
	Operator    Operator            // how what acts knows the person

	backup, restore model.NameTemplate
	loader          *loader
	inventory       inventorySource
}

// Operator is how the process that acts knows the person.
type Operator string

// The ways: each is vouched for by something that the person cannot change. An environment variable is none.
const (
	OperatorUID      Operator = "uid"      // the account that it runs as
	OperatorLogin    Operator = "loginuid" // the account that logged in, as the kernel's audit keeps it through su and sudo
	OperatorLauncher Operator = "launcher" // what its launcher says in --operator
)

var operators = []string{string(OperatorUID), string(OperatorLogin), string(OperatorLauncher)}

// Cluster is where one Bacula installation is.
type Cluster struct {
	Zone    *time.Location // the Director's local zone, for the wall clocks in its catalog and its schedules
	Active  Director
	Passive Director // no Name: there is none
	// Services are how the processes of the active Director (0) and the passive one (1) are told something.
	Services [2]Service
	Catalog  Catalog
	Push     Push
	Room     []string       // prints how much room its storages have; nil: nobody tells
	AtOnce   int            // MaximumConcurrentJobs of the Directors; 0: not said
	Storages map[string]int // those of Storages, by name; nil: not said
}

// Director is a name and a host:port to see whether it listens.
type Director struct{ Name, Address string }

// Catalog is one or more host:port, of which the writable one is to be found, and the database's name.
type Catalog struct {
	Hosts    []string
	Database string
	TLS      TLS
}

// TLS says how a server proves itself. The zero value demands a certificate that the system trusts.
type TLS struct {
	Off        bool
	CA         string // a PEM file; empty: what the system trusts
	ServerName string // empty: the host that is dialled
	Kept       []byte // what that file held where it is not; nil: it is read
}

// Certificates reads the file CA; nil when there is none.
func (t TLS) Certificates() (pem []byte, err error) {
	if t.Off || t.CA == "" {
		return nil, nil
	}
	if pem = t.Kept; pem == nil {
		pem, err = os.ReadFile(t.CA)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the certificates of tls.ca: %w", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading the certificates of tls.ca: %s has none in PEM form", model.Clean(t.CA))
	}
	return pem, nil
}

// Access is one set of credentials.
type Access struct {
	Clusters [2]ClusterAccess // by model.Cluster
	RDS      Login            // no User: there is none
	Fence    Fence            // only of act
	Numbers  Login            // of act only: what raises the numbers of a promoted catalog, and nothing else reads it; no User: people do
	Split    Split            // only of act
}

// ClusterAccess is how a cluster's Directors and catalog are reached. Consoles are argument vectors; nil: there is none.
type ClusterAccess struct {
	Active, Passive []string
	Push            [2][]string // of the active Director and the passive one, with which it is pushed to; nil: with those
	Volumes         []string    // of green's active Director, with which volumes are marked Read-Only; nil: people do
	Catalog         Login       // no User: there is none
}

// Login is a MySQL account. With IAM the password is a token, made fresh for each connection.
type Login struct {
	User     string
	Password Secret
	IAM      bool
}

// AWS is what deviates from AWS's own credential chain.
type AWS struct {
	Profile    string
	ActProfile string // with which the runner changes instances; empty: AWS's own chain, as the runner finds it
	Account    string // that both instances must be in; empty: not compared
	Endpoint   string // only of a rehearsal or a lab
}

// RDS is where the primary and its replica are.
type RDS struct {
	Primary Instance
	Replica Instance // no ID: there is none
	TLS     TLS
	// Director is the MySQL account of green's Director, whose connections are counted apart; may be empty.
	Director string
	// Classes is a file of what instance classes give; empty: the program's own.
	Classes string
}

// Instance is an RDS DB instance and its host:port for direct connections.
type Instance struct{ ID, AWSRegion, Address string }

// Journal is a directory or an S3 bucket; the zero value is neither.
type Journal struct {
	Dir string
	S3  struct{ Bucket, AWSRegion, Prefix string }
	// BreakGlass is a directory, on the host that acts, for a journal that is begun there while this one cannot be written; empty:
	// the cockpit offers none.
	BreakGlass string
}

const maxConfig = 1 << 20

// Load reads and checks a configuration file. It resolves no secret, and looks at no file that only acting needs. What is
// wrong in the file is an *Error.
func Load(path string) (*Config, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the configuration: %w", err)
	case info.Size() > maxConfig || !info.Mode().IsRegular():
		return nil, fmt.Errorf("reading the configuration: %s is not a file under %d bytes", model.Clean(path), maxConfig)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return load(path, dir, source)
}

func load(path, dir string, source []byte) (*Config, error) {
	l := &loader{document: parse(path, source, false, false), dir: dir}
	if len(l.faults) == 0 {
		l.config(path)
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	return &l.c, nil
}

// loader reads the sections of one file.
type loader struct {
	*document
	dir    string
	kept   *Kept // not nil: the place of its files, environment and commands
	trusts []TLS // all that it names certificates for
	c      Config
}

// sections are what a configuration may have.
var sections = []string{
	"environment", "rehearsal", "inventory", "job_names", "clusters", "watch", "act", "policy", "aws", "rds", "journal",
	"routes", "launcher", "operator", "commands", "restores", "needs", "not_offered", "cards", "bundle", "recover",
	"restore_tests",
}

func (l *loader) config(path string) {
	l.c = Config{Path: path, loader: l, Operator: OperatorUID, Policy: model.DefaultPolicy(), PolicySet: map[string]string{}}
	f, ok := l.fields(&l.root, sections...)
	if !ok {
		return
	}
	l.c.Environment = f.needText("environment", "write a name for the header, such as environment: production")
	l.c.Rehearsal = f.textOf("rehearsal", "write the name of a scenario")
	if n := f.need("inventory", "write inventory: {file: inventory.yaml}"); n != nil {
		l.inventory(n)
	}
	if n := f.need("job_names", `write job_names: {backup: "backup-{chain}-{region}-{kind}"}`); n != nil {
		l.jobNames(n)
	}
	if n := f.need("clusters", "write clusters: with blue: and green:"); n != nil {
		l.clusters(n)
	}
	if n := f.get("rds"); n != nil {
		l.rds(n)
	}
	if n := f.need("watch", "write watch: with the credentials that can only read"); n != nil {
		l.c.Watch = l.access(n, true)
	}
	if n := f.get("act"); n != nil {
		l.c.Act, l.c.MayAct = l.access(n, false), true
	}
	if n := f.get("policy"); n != nil {
		l.policy(n)
	}
	if n := f.get("aws"); n != nil {
		l.aws(n)
	}
	if n := f.get("journal"); n != nil {
		l.journal(n)
	}
	if n := f.get("routes"); n != nil {
		l.routes(n)
	}
	if n := f.get("commands"); n != nil {
		l.c.Commands = l.commands(n)
	}
	l.c.Restores = Restores{Below: restoresBelow}
	if n := f.get("restores"); n != nil {
		l.restores(n)
	}
	if n := f.get("not_offered"); n != nil {
		l.notOffered(n)
	}
	if n := f.get("needs"); n != nil {
		l.needs(n)
	}
	if n := f.get("cards"); n != nil {
		l.cards(n)
	}
	if n := f.get("bundle"); n != nil {
		l.bundle(n)
	}
	if n := f.get("recover"); n != nil {
		l.c.Recover = l.recover(n)
	}
	if n := f.get("restore_tests"); n != nil {
		l.restoreTests(n)
	}
	if n := f.get("launcher"); n != nil {
		l.c.Launcher = l.argv(n, "write an argument vector that starts what follows it, such as [sudo, -n, -u, switchyard]")
	}
	if n := f.get("operator"); n != nil {
		l.c.Operator = Operator(l.word(n, operators...))
	}
	l.apart()
}

// Inventory reads the inventory's file or runs its command, for as long as ctx lasts and at most 30 s.
func (c *Config) Inventory(ctx context.Context) (*model.Inventory, error) {
	return c.inventory.read(ctx)
}

// Names binds the job-name templates to an inventory.
func (c *Config) Names(inv *model.Inventory) (*model.Names, error) {
	names, err := model.BindNames(inv, c.backup, c.restore)
	if err != nil {
		return nil, c.loader.nameFault(err)
	}
	return names, nil
}

// Identity is the same, 16 hexadecimal digits, in every configuration of one environment: of its name and its Directors' addresses.
func (c *Config) Identity() string {
	parts := []string{c.Environment, c.Rehearsal}
	for i := range c.Clusters {
		at := []string{model.Place(c.Clusters[i].Active.Address), model.Place(c.Clusters[i].Passive.Address)}
		slices.Sort(at) // they may have changed their parts
		parts = append(parts, at...)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// Find gives the configuration file: what --config says, else SWITCHYARD_CONFIG, else switchyard/switchyard.yaml in the
// user's and then the system's XDG directories.
func Find(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if path := os.Getenv("SWITCHYARD_CONFIG"); path != "" {
		return path, nil
	}
	var dirs []string
	if home := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(home) {
		dirs = append(dirs, home)
	} else if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".config"))
	}
	system := os.Getenv("XDG_CONFIG_DIRS")
	if system == "" {
		system = "/etc/xdg"
	}
	dirs = append(dirs, filepath.SplitList(system)...)
	var looked []string
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) {
			continue
		}
		path := filepath.Join(dir, "switchyard", "switchyard.yaml")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		looked = append(looked, path)
	}
	return "", fmt.Errorf("finding the configuration: there is none at %s; write --config FILE or set SWITCHYARD_CONFIG; to try it, "+
		"switchyard rehearse needs none",
		strings.Join(looked, " or "))
}
