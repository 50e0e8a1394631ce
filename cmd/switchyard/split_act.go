package main

import (
	"slices"

	"github.com/spf13/cobra"

	"switchyard/backend/config"
	"switchyard/backend/mysql"
	"switchyard/backend/mysql/schema"
	"switchyard/backend/mysql/schema/act"
	runner "switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/plan"
)

// splitPages say more of each rung.
var splitPages = map[plan.Rung]string{
	plan.RungFreeze: `Both of blue's Directors are stopped and masked; then every right to change the schema is taken from every account that
has it by a grant on that schema alone, which is recorded, and the sessions of those accounts are ended. Who may write by something wider
is named, and nothing is done while somebody is. It wants that nobody has used the schema for long enough (switchyard split observe), that
no route names blue and blue owes nothing, that green's replica could take over, and that the chain which blue's catalog lives on was
restored by green alone. --undo gives every right back and lets the Directors start again.`,
	plan.RungArchive: `The command of act.split.archive prints the schema, another one packs it, and the same bytes are written to both
places. It is an archive only once every command of the pipe has ended with 0, the dump's last line is there, and the file reads back from
both places with the same SHA-256, which is recorded. Nothing is left of one that did not come to its end.`,
	plan.RungVerify: `Both files must be what they were when they were made. The one in the second place is unpacked and loaded into the
server of act.split.archive.restored; then every table is read there and on blue, and their rows are compared. It is done when each table
has the same rows on both and neither has a table more.`,
	plan.RungLock: `Accounts that have rights on the schema and nowhere else are locked (ALTER USER ... ACCOUNT LOCK), those that have rights
elsewhere, too, lose the ones on it, which are recorded, and their sessions are ended: it holds once none is left. Who may use it by
something wider is named, and nothing is done while somebody is who act.split does not account for. From then on split observe tells when a
login was refused, and the time until the rename begins anew. --undo unlocks them and gives every right back.`,
	plan.RungRename: `The tables that split verify compared, all of them and no other, are renamed in one statement into a schema that is made
for that: SCHEMA__dropped_YYYYMMDD, or --holding. One that is there already is refused, and so is a schema with views, triggers, routines
or events. It wants its accounts to have been locked for long enough, with nobody trying. --undo renames them back at once.`,
	plan.RungDrop: `Both files of the archive are read once more; then each table that split verify compared is dropped out of the schema that
holds it, the smallest first, each after every replica was seen to keep up, and at last both schemas, which are empty then. The first table
is the point of no return. It wants what every rung wants, and the tables to have been held for long enough with nobody trying. A table is
not dropped while somebody uses either schema again, by a session, a view, a routine, an event, a key or a right given since, nor on a
read-only replica.`,
}

func splitRung(rung plan.Rung, short string) *cobra.Command {
	var flags applyFlags
	undo, holding := false, ""
	cmd := &cobra.Command{
		Use:   string(rung),
		Short: short + ": prints the plan; acts only with --apply",
		Long:  splitPages[rung],
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.plan(cmd, func(*board.Snapshot) (plan.Ask, error) {
				return plan.Ask{Split: &plan.Split{Rung: rung, Undo: undo, Holding: holding}}, nil
			})
		},
	}
	if rung == plan.RungRename {
		cmd.Flags().StringVar(&holding, "holding", "", "the `SCHEMA` that is made to hold the tables; without it SCHEMA__dropped_YYYYMMDD")
	}
	if says := map[plan.Rung]string{
		plan.RungFreeze: "give every right back that it took, and let blue's Directors start again",
		plan.RungLock:   "unlock the accounts that it locked, and give every right back that it took",
		plan.RungRename: "rename the tables back",
	}[rung]; says != "" {
		cmd.Flags().BoolVar(&undo, "undo", false, says)
	}
	flags.add(cmd)
	return cmd
}

// leavingOf is what plans are told of act.split: names and argument vectors, and no secret.
func leavingOf(cfg *config.Config) *plan.Leaving {
	s := &cfg.Act.Split
	if s.Login.User == "" {
		return nil
	}
	blue := cfg.Clusters[model.Blue].Catalog
	l := &plan.Leaving{Schema: blue.Database, Hosts: blue.Hosts, Looked: append(slices.Clone(blue.Hosts), s.Replicas...),
		Places: placesOf(cfg), Dump: s.Archive.Dump, Pack: s.Archive.Pack, Unpack: s.Archive.Unpack, Load: s.Archive.Load,
		With: plan.OnSchema{Host: s.Archive.Restored.Address, Schema: s.Archive.Restored.Database}}
	for _, d := range []config.Director{cfg.Clusters[model.Blue].Active, cfg.Clusters[model.Blue].Passive} {
		if d.Name != "" {
			l.Directors = append(l.Directors, d.Name)
		}
	}
	l.Gates = func(snap *board.Snapshot, inv *model.Inventory) *gate.Report {
		return gate.Evaluate((&site{cfg: cfg, inv: inv}).gates(snap))
	}
	return l
}

func placesOf(cfg *config.Config) (out []plan.Place) {
	for _, p := range cfg.Act.Split.Archive.To {
		out = append(out, plan.Place{Dir: p.Dir, On: p.On, Plain: p.Plain})
	}
	return out
}

// oldSchema is the hand that leaves blue's schema, with the login of act.split; nil where the configuration has none.
func oldSchema(cfg *config.Config) (*runner.OldSchema, error) {
	s := &cfg.Act.Split
	if s.Login.User == "" {
		return nil, nil
	}
	at, err := leaving(cfg)
	if err != nil {
		return nil, err
	}
	h := &runner.OldSchema{On: map[string]*act.Schema{}}
	for _, of := range at {
		h.On[of.Login.Address] = &act.Schema{Schema: of}
	}
	a := &s.Archive
	if len(a.To) == 0 {
		return h, nil
	}
	h.Archiver = &runner.Archiver{Dump: a.Dump, Pack: a.Pack, Unpack: a.Unpack, Load: a.Load, Places: placesOf(cfg)}
	with := a.Restored
	h.With = &schema.Schema{Name: with.Database, Now: model.Now, Login: mysql.Login{Address: with.Address, User: with.Login.User,
		Password: with.Login.Password.Resolve, TLS: at[0].Login.TLS}}
	return h, nil
}

// leaves adds that hand to those of a runner.
func leaves(cfg *config.Config, hands runner.Router) error {
	h, err := oldSchema(cfg)
	if h != nil {
		hands[plan.OldSchema] = h
	}
	return err
}
