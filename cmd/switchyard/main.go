// Command switchyard watches and moves a Bacula backup catalog from a self-run MySQL to Amazon RDS.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/bacula"
	"switchyard/backend/rehearsal"
)

// Exit statuses of every verb.
const (
	exitFine    = 0
	exitFinding = 1 // a gap, a failed check, a refused action
	exitCannot  = 2 // bad usage, bad configuration, nothing reachable
)

// errFinding ends a verb that did what it was asked and found something.
var errFinding = errors.New("finding")

// refusal is a finding that says why.
type refusal struct{ why error }

func (r refusal) Error() string { return r.why.Error() }

// Unwrap makes it a finding.
func (r refusal) Unwrap() []error { return []error{errFinding, r.why} }

func main() {
	switch name := filepath.Base(os.Args[0]); name { // a rehearsal's own, under these names in its directory
	case "bconsole":
		os.Exit(rehearsal.Bconsole(os.Args[1:], os.Stdin, os.Stdout))
	case "bdirjson", "bacula-dir", "on-host", "schema-dump", "schema-load":
		os.Exit(rehearsal.Tool(name, os.Args[1:], os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	bacula.Leave(handshake)
	os.Exit(code)
}

// handshake is how long a console may take from its start to its Director's greeting, before a program that ends goes without it.
const handshake = 5 * time.Second

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := root()
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	switch err := cmd.ExecuteContext(ctx); {
	case err == nil:
		return exitFine
	case errors.Is(err, errFinding):
		if r := new(refusal); errors.As(err, r) {
			fmt.Fprintln(stderr, "switchyard:", r.why)
		}
		return exitFinding
	case errors.Is(err, errStalled):
		return exitCannot
	default:
		fmt.Fprintln(stderr, "switchyard:", err)
		return exitCannot
	}
}

// offers completes the value of a flag with what it may be, each with a description after a tab or without.
func offers(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "switchyard",
		Short: "move a Bacula backup catalog to Amazon RDS without missing one backup",
		Long: "Switchyard shows two Bacula clusters, blue and green, side by side while backups are shifted from one to the other.\n\n" +
			"Without a command it opens the cockpit, which shows everything and starts what acts once its plan is approved; watch is the same " +
			"with\n" +
			"nothing that can act, and rehearse is all of it on an embedded world that touches nothing.\n\n" +
			"What --json prints: switchyard help json. Manual pages: switchyard man DIR. Completions: switchyard completion bash|zsh|fish, each " +
			"says with --help how they are loaded.\n\n" +
			"Exit status: 0 fine, 1 a finding (a gap, a failed check, a refused action), 2 cannot run.",
		Version:       version(),
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.PersistentFlags().
		String("config", "", "the configuration `FILE` (default: $SWITCHYARD_CONFIG, then switchyard/switchyard.yaml of the XDG places)")
	addBundleFlags(cmd)
	cockpit(cmd)
	evidence := evidenceCommand()
	evidence.AddCommand(evidenceAddCommand())
	gates := gatesCommand()
	gates.AddCommand(gatesAttest(), gatesWaive())
	routes := routesCommand()
	routes.AddCommand(routesPush(), routesAdopt())
	cmd.AddCommand(
		watchCommand(),
		rehearseCommand(),
		statusCommand(),
		rdsCommand(),
		pointsCommand(),
		gates,
		loopCommand(),
		reportCommand(),
		forecastCommand(),
		sizeCommand(),
		exportCommand(),
		spaceCommand(),
		cardsCommand(),
		bundleCommand(),
		recoverCommand(),
		testRestoresCommand(),
		routes,
		shiftCommand(),
		backupCommand(),
		restoreCommand(),
		cancelCommand(),
		failoverCommand(),
		restartCommand(),
		rerunCommand(),
		splitCommand(),
		actCommand(),
		actionsCommand(),
		programmeCommand(),
		observeCommand(),
		evidence,
		journalCommand(),
		doctorCommand(),
		policyCommand(),
		manCommand(),
		jsonTopic(),
	)
	return cmd
}
