// Command lab runs two real Bacula clusters on this machine, to try Switchyard on and to test it against.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit statuses beyond 0 and 1.
const (
	exitNeeds       = 2  // this machine cannot run the lab, or bad usage
	exitUnreachable = 75 // the archive cannot be reached and nothing is cached: whoever asked should skip, visibly
)

var (
	errNeeds       = errors.New("the lab cannot run here")
	errUnreachable = errors.New("the Debian archive cannot be reached and nothing is cached")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := command().ExecuteContext(ctx)
	switch {
	case err == nil:
		return
	case errors.Is(err, errUnreachable):
		fmt.Fprintf(os.Stderr, "\nlab: SKIPPED: %v\n\n", err)
		os.Exit(exitUnreachable)
	case errors.Is(err, errNeeds):
		fmt.Fprintf(os.Stderr, "lab: %v\n", err)
		os.Exit(exitNeeds)
	}
	fmt.Fprintf(os.Stderr, "lab: %v\n", err)
	os.Exit(1)
}

func command() *cobra.Command {
	l := &lab{out: os.Stdout}
	root := &cobra.Command{
		Use:           "lab",
		Short:         "Two real Bacula clusters on this machine: blue (9.6, MariaDB) and green (15, MySQL 9)",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return l.settle()
		},
	}
	root.PersistentFlags().
		StringVar(&l.dir, "dir", cmpEnv("SWITCHYARD_LAB", "/var/tmp/switchyard-lab"), "where everything of the lab lives (SWITCHYARD_LAB)")
	root.PersistentFlags().
		IntVar(&l.offset, "port-offset", envInt("SWITCHYARD_LAB_PORT_OFFSET"), "added to every port, for a second lab beside the first "+
			"(SWITCHYARD_LAB_PORT_OFFSET)")

	purge := false
	down := &cobra.Command{Use: "down", Short: "Stop every process of the lab, by its id", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return l.down(c.Context(), purge) }}
	down.Flags().BoolVar(&purge, "purge", false, "also delete the directory, with every catalog and volume in it")

	root.AddCommand(
		&cobra.Command{Use: "up", Short: "Install, make, start and heal what is not there yet", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return l.up(c.Context()) }},
		down,
		&cobra.Command{Use: "status", Short: "Say what runs, and where", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return l.status() }},
		&cobra.Command{Use: "console blue|green COMMAND", Short: "One command on the Director's root console", Args: cobra.ExactArgs(2),
			RunE: func(c *cobra.Command, args []string) error { return l.printConsole(c.Context(), args[0], args[1]) }},
		&cobra.Command{
			Use:   "sql blue|green|replica|sources|scratch STATEMENT",
			Short: "One statement as the server's administrator",
			Args:  cobra.ExactArgs(2),
			RunE:  func(c *cobra.Command, args []string) error { return l.printSQL(c.Context(), args[0], args[1]) },
		},
		&cobra.Command{
			Use:   "fault [NAME TARGET [heal] | heal]",
			Short: "Break something, heal it, heal everything; alone: what there is to break, and what is broken",
			Args:  cobra.MaximumNArgs(3),
			RunE: func(c *cobra.Command, args []string) error {
				switch {
				case len(args) == 0:
					return l.printFaults()
				case len(args) == 1 && args[0] == "heal":
					return l.healAll(c.Context())
				case len(args) == 2 || len(args) == 3 && args[2] == "heal":
					return l.fault(c.Context(), args[0], args[1], len(args) == 3)
				}
				return fmt.Errorf("%w: want NAME TARGET, NAME TARGET heal, or heal", errNeeds)
			},
		},
		&cobra.Command{Use: "unschedule", Short: "Start no job by itself until the next up", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				_, err := l.unschedule(c.Context())
				return err
			}},
		&cobra.Command{
			Use:   "seed-jobs [N]",
			Short: "A catalog of N jobs (1,000,000) in the schema synth of blue and green, for benchmarks",
			Args:  cobra.MaximumNArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				n, err := 1_000_000, error(nil)
				if len(args) == 1 {
					if n, err = strconv.Atoi(args[0]); err != nil {
						return fmt.Errorf("%w: %q is no number of jobs", errNeeds, args[0])
					}
				}
				return l.seedJobs(c.Context(), n)
			},
		},
		&cobra.Command{
			Use:   "bench SWITCHYARD",
			Short: "What watching a catalog of a million jobs costs its server, by the server's own counters; SWITCHYARD is the built program",
			Args:  cobra.ExactArgs(1),
			RunE:  func(c *cobra.Command, args []string) error { return l.bench(c.Context(), args[0]) },
		},
		&cobra.Command{Use: "service DIRECTOR " + strings.Join(serviceWords, "|"), Short: "What the service manager of a Director's host does",
			Args: cobra.ExactArgs(2), RunE: func(c *cobra.Command, args []string) error { return l.service(c.Context(), args[0], args[1]) }},
		&cobra.Command{Use: "scratch " + strings.Join(scratchWords, "|"),
			Short: "A server of its own with a copy of green's catalog, for a drill of the recovery: where it listens, make it, remove it",
			Args:  cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error { return l.scratch(c.Context(), args[0]) }},
		&cobra.Command{Use: "proxy LISTEN SERVER FILE", Hidden: true, Args: cobra.ExactArgs(3),
			RunE: func(c *cobra.Command, args []string) error { return proxy(c.Context(), args[0], args[1], args[2]) }},
		&cobra.Command{Use: "aws", Hidden: true, Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return l.aws(c.Context()) }},
		&cobra.Command{Use: "hole LISTEN", Hidden: true, Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error { return hole(c.Context(), args[0]) }},
	)
	return root
}

// settle makes the directory absolute: it is written into every configuration.
func (l *lab) settle() error {
	dir, err := filepath.Abs(l.dir)
	if err != nil {
		return fmt.Errorf("finding %s: %w", l.dir, err)
	}
	if len(dir) > 60 {
		return fmt.Errorf("%w: %s is too long a path for the unix sockets below it", errNeeds, dir)
	}
	l.dir = dir
	return nil
}

func cmpEnv(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func envInt(name string) int {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		return 0
	}
	return n
}
