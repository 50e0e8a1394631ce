package main

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"switchyard/backend/config"
	"switchyard/model"
)

// operator is the account that this process runs as.
func operator() string { return runsAs }

// runsAs is asked for before anything else: where the system knows no name for a uid, package user would take and keep what USER says.
var runsAs = func() string {
	if name, set := os.LookupEnv("USER"); set {
		defer os.Setenv("USER", name)
		_ = os.Unsetenv("USER")
	}
	if u, err := user.Current(); err == nil {
		return model.Clean(u.Username)
	}
	return "uid " + strconv.Itoa(os.Getuid())
}()

// person is who sits before this process, which only starts what acts: how that one knows them is theirs to say.
func person(cfg *config.Config) (string, error) {
	if cfg.Operator == config.OperatorLogin {
		return loggedIn(loginUID)
	}
	return operator(), nil
}

// actor is the person as the process that acts knows them; told is what its launcher said.
func actor(cfg *config.Config, told string) (string, error) {
	switch {
	case cfg.Operator != config.OperatorLauncher && told != "":
		return "", fmt.Errorf("telling who acts: the configuration says operator: %s, so --operator says nothing", cfg.Operator)
	case cfg.Operator != config.OperatorLauncher:
		return person(cfg)
	case told == "" || told != model.Clean(told):
		return "", fmt.Errorf("telling who acts: the configuration says operator: launcher, and the launcher gave no --operator")
	}
	return told, nil
}

// loginUID is where Linux tells which account logged in: it is set once, by the login, and only root may set it again.
var loginUID = "/proc/self/loginuid"

// noLogin is what stands there for a process that no login has started.
const noLogin = "4294967295"

func loggedIn(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("telling who logged in: %w", err)
	}
	id := strings.TrimSpace(string(b))
	if id == noLogin || id == "" {
		return "", fmt.Errorf("telling who logged in: nobody did, says %s; what acts was not started from a login", file)
	}
	if u, err := user.LookupId(id); err == nil {
		return model.Clean(u.Username), nil
	}
	return model.Clean("uid " + id), nil
}

// alike says why two people who act would be one; empty when they are told apart.
func alike(cfg *config.Config) string {
	switch {
	case cfg.Operator != config.OperatorUID:
		return ""
	case len(cfg.Launcher) > 0:
		return "the launcher runs what acts as one account for everybody, and operator: uid takes the account for the person"
	case os.Getuid() == 0:
		return "everybody who acts as root is root, and operator: uid takes the account for the person"
	}
	return ""
}

// apart refuses approvals of several people where all of them may come from one.
func apart(cfg *config.Config, approvals int) error {
	if why := alike(cfg); why != "" && approvals > 1 {
		says := fmt.Sprintf("%d people must approve it, and nothing tells two apart: %s", approvals, why)
		return refusal{&model.Fault{Kind: model.ErrGuard, Says: says}}
	}
	return nil
}

// people tells how what acts knows who a person is, and whether that is enough for what the policy asks.
func (d *doctor) people() {
	const of = "operator"
	cfg := d.site.cfg
	asked := max(cfg.Policy.Approvals, cfg.Policy.OverrideApprovals, cfg.Policy.EmergencyApprovals)
	who, err := person(cfg)
	if d.failed(of, err, "start it from a login that sets the loginuid (pam_loginuid), or write operator: uid or launcher") {
		return
	}
	switch why := alike(cfg); {
	case why != "" && asked > 1:
		d.note(of, model.Fails, "write operator: loginuid, or operator: launcher and let the launcher fix --operator for each person",
			"approvals of %d people are refused: %s", asked, why)
	case cfg.Operator == config.OperatorLauncher:
		d.note(of, model.Holds, "", "the launcher names the person with --operator, and is believed: here it is asked for %s. "+
			"Whoever may choose the arguments behind it can be anybody", who)
	default:
		d.note(of, model.Holds, "", "operator: %s: you are %s", cfg.Operator, who)
	}
}

// process is the runner as the journal tells of it.
func process(by string) string {
	host, _ := os.Hostname()
	return model.Clean(fmt.Sprintf("%s@%s, process %d", by, host, os.Getpid()))
}
