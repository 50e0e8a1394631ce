package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	conf "switchyard/backend/config"
	"switchyard/model"
	"switchyard/model/routes"
)

func routesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "who takes which cell: the routes document, and whether it leaves a gap",
		Long: "Routes reads the document that says which cluster takes which cells: that in FILE (- is standard input), else what routes.get " +
			"of the configuration prints, else that of the journal's newest routes record.\n\n" + routesPage,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(routesShow(), routesCheck(), routesRender())
	return cmd
}

const routesPage = `The document is JSON, in which comments and a comma behind the last entry may stand:

    {"bacula-blue":  {"region1": {"take_regular_backups": true, "take_immutable_backups": true}},
     "bacula-green": {"region1": {"take_regular_backups": true, "take_immutable_backups": false, "chains": ["chain1", "chain2"]}}}

A rule without chains takes every chain of its region, those too that are added later; "chains": [] takes nobody. A region that is
not there is nobody's. Where the configuration says routes: {extensions: yes} a region may have a list of rules, which takes what any
of them takes, and a rule may say except_chains instead of chains.`

func routesShow() *cobra.Command {
	look := looking{}
	var effective bool
	cmd := &cobra.Command{
		Use:   "show [FILE]",
		Short: "how many cells of each region and kind are blue's, both's, green's and nobody's, and the document",
		Long: "Show tells who takes the cells by the document, and what is done with chains that are added later. With --effective it asks the " +
			"Directors, too, and exit status 1 says that some cell is elsewhere than the document says, 2 that nobody can tell.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, doc, err := readRoutes(cmd, args)
			if err != nil {
				return err
			}
			if !effective {
				told := tellRoutes(doc, s.inv)
				return look.print(cmd, "the routes", told, told.show)
			}
			if s, err = open(cmd); err != nil {
				return err
			}
			told := tellRoutes(doc, s.inv) // of the same inventory as what is compared with it
			snap, _, stop, err := look.at(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer stop()
			told.compare(snap)
			if err := look.print(cmd, "the routes", told, told.show); err != nil {
				return err
			}
			if err := look.whole(snap); err != nil {
				return err
			}
			return told.drifted()
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	look.addWait(cmd)
	cmd.Flags().BoolVar(&effective, "effective", false, "ask the Directors as well, and tell what differs")
	return cmd
}

func routesCheck() *cobra.Command {
	look := looking{}
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "whether every cell has a cluster that takes it; the gaps by name",
		Long: "Check proves that every cell of the inventory has a cluster that takes it, or lists the gaps and ends with exit status 1; 2 " +
			"when the document cannot be read. Of a FILE it tells what would change for the cells.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, doc, err := readRoutes(cmd, args)
			if err != nil {
				return err
			}
			told := tellRoutes(doc, s.inv)
			if doc.kept() {
				told.against(currentRoutes(cmd.Context(), s))
			}
			if err := look.print(cmd, "the routes", told, told.check); err != nil {
				return err
			}
			return found(len(told.Gaps) > 0)
		},
	}
	look.addJSON(cmd, "print JSON, described by switchyard help json")
	return cmd
}

// heldRoutes is a document and where it is from.
type heldRoutes struct {
	*routes.Document
	From routesFrom
}

// routesFrom is where a document is from: one of the three.
type routesFrom struct {
	File    string    `json:"file,omitempty"`
	Command []string  `json:"command,omitempty"`
	Record  int64     `json:"record,omitempty"`
	At      time.Time `json:"at,omitzero"` // of the record
	By      string    `json:"by,omitempty"`
}

func (f routesFrom) String() string {
	switch {
	case f.Record > 0:
		return fmt.Sprintf("record %d of the journal, %s by %s", f.Record, f.At.UTC().Format("2006-01-02 15:04:05"), f.By)
	case f.Command != nil:
		return "what " + model.Clean(f.Command[0]) + " prints"
	}
	if f.File == "-" {
		return "standard input"
	}
	return model.Clean(f.File)
}

// kept tells that the document is not the one in force by itself.
func (h *heldRoutes) kept() bool { return h.From.File != "" }

// readRoutes reads the document that a verb is asked about, whose names must be those of the inventory. The site has no readers.
func readRoutes(cmd *cobra.Command, args []string) (*site, *heldRoutes, error) {
	cfg, err := load(cmd)
	if err != nil {
		return nil, nil, err
	}
	inv, err := cfg.Inventory(cmd.Context())
	if err != nil {
		return nil, nil, err
	}
	s := &site{cfg: cfg, inv: inv}
	o := routes.Options{Inventory: inv, Extensions: cfg.Routes.Extensions}
	if len(args) == 0 {
		doc, err := routesInForce(cmd.Context(), s, o)
		return s, doc, err
	}
	text, err := readDocument(cmd.InOrStdin(), args[0])
	if err != nil {
		return nil, nil, err
	}
	doc, err := routes.Parse(args[0], text, o)
	return s, &heldRoutes{doc, routesFrom{File: args[0]}}, err
}

// currentRoutes is the document in force, whatever names it has.
func currentRoutes(ctx context.Context, s *site) (*heldRoutes, error) {
	return routesInForce(ctx, s, routes.Options{Extensions: true})
}

func routesInForce(ctx context.Context, s *site, o routes.Options) (*heldRoutes, error) {
	if s.cfg.Routes.Get != nil {
		title, text, err := s.cfg.FetchRoutes(ctx)
		if err != nil {
			return nil, err
		}
		doc, err := routes.Parse(title, text, o)
		return &heldRoutes{doc, routesFrom{Command: s.cfg.Routes.Get}}, err
	}
	return recordedRoutes(ctx, s.cfg, o)
}

// recordedRoutes is the document of the journal's newest routes record.
func recordedRoutes(ctx context.Context, cfg *conf.Config, o routes.Options) (*heldRoutes, error) {
	j, err := readJournal(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	st := j.State()
	if st.RoutesSeq == 0 {
		return nil, fmt.Errorf("the journal has no routes yet: %w; the first are given to journal --begin --routes FILE", model.ErrNone)
	}
	r, err := j.Record(ctx, st.RoutesSeq)
	if err != nil {
		return nil, err
	}
	doc, err := routes.ParseRecord(st.RoutesSeq, st.Routes, o)
	return &heldRoutes{doc, routesFrom{Record: st.RoutesSeq, At: r.At, By: r.Actor}}, err
}

// desired reads the document of a routes record: who takes a cell; nil when it cannot be read.
func desired(seq int64, document json.RawMessage) func(model.Cell) model.Route {
	doc, err := routes.ParseRecord(seq, document, routes.Options{Extensions: true})
	if err != nil {
		return nil
	}
	return doc.Route
}

const maxRoutesFile = 8 << 20

// readDocument reads a file, or standard input for -.
func readDocument(stdin io.Reader, path string) ([]byte, error) {
	from := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("reading the routes: %w", err)
		}
		defer f.Close()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, maxRoutesFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the routes: %w", err)
	}
	return text, nil
}

// firstRoutes reads the document that a journal is begun with; nil when there is no file. One with a gap is refused.
func firstRoutes(cmd *cobra.Command, cfg *conf.Config, path string) (*routes.Document, error) {
	doc, gaps, err := routesIn(cmd, cfg, path)
	if err == nil && gaps != "" {
		return nil, refusal{errors.New(gaps)}
	}
	return doc, err
}

// routesIn reads the document of a file, with what is to be said of its gaps; nil when there is no file.
func routesIn(cmd *cobra.Command, cfg *conf.Config, path string) (doc *routes.Document, gaps string, err error) {
	if path == "" {
		return nil, "", nil
	}
	inv, err := cfg.Inventory(cmd.Context())
	if err != nil {
		return nil, "", err
	}
	text, err := readDocument(cmd.InOrStdin(), path)
	if err != nil {
		return nil, "", err
	}
	doc, err = routes.Parse(path, text, routes.Options{Inventory: inv, Extensions: cfg.Routes.Extensions})
	if err != nil {
		return nil, "", err
	}
	if n := len(doc.Cover(inv).Gaps()); n > 0 {
		gaps = model.Clean(path) + ": " + gapsSay(n) + "; switchyard routes check lists them"
	}
	return doc, gaps, nil
}

// gapsSay says how many cells nobody takes.
func gapsSay(n int) string {
	if n == 1 {
		return "nobody takes 1 cell"
	}
	return fmt.Sprintf("nobody takes %d cells", n)
}
