package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/backend/bacula"
	"switchyard/backend/config"
	"switchyard/backend/feed"
	"switchyard/model"
)

// finding is one thing that doctor looked at.
type finding struct {
	Of      string        `json:"of"` // "watch blue director dir-old"
	Says    string        `json:"says"`
	Verdict model.Verdict `json:"verdict"`
	Do      string        `json:"do,omitempty"` // what mends it
}

// doctor collects findings.
type doctor struct {
	site *site
	list []finding
}

func doctorCommand() *cobra.Command {
	var look looking
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "reach every source, prove what each credential may and may not do, say what is missing",
		Long: "Doctor reaches every source with the watch credentials, and the Directors with the act credentials too, and proves by " +
			"harmless trials what each may and may not do: it asks the Directors for commands, the catalogs and the RDS pair for a DELETE of no " +
			"row, AWS for the reboot of an instance that does not exist, and the journal for its first record once more. It changes nothing, " +
			"but what it asks stands in logs of who was refused, such as CloudTrail. Exit status 1 when something fails or cannot be told.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := open(cmd)
			if err != nil {
				return err
			}
			d := &doctor{site: s}
			d.examine(cmd.Context())
			if err := look.print(cmd, "the findings", d.list, func(w io.Writer) error { return writeFindings(w, d.list) }); err != nil {
				return err
			}
			return found(slices.ContainsFunc(d.list, func(f finding) bool { return f.Verdict != model.Holds }))
		},
	}
	look.addJSON(cmd, "print JSON")
	return cmd
}

func writeFindings(w io.Writer, list []finding) error {
	bad := 0
	for _, f := range list {
		mark := map[model.Verdict]string{model.Holds: "ok  ", model.Fails: "FAIL", model.Unknown: "?   "}[f.Verdict]
		if f.Verdict != model.Holds {
			bad++
		}
		if _, err := fmt.Fprintf(w, "%s  %s: %s\n", mark, f.Of, f.Says); err != nil {
			return err
		}
		if f.Do != "" {
			if _, err := fmt.Fprintf(w, "      -> %s\n", f.Do); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(w, "%d looked at, %d need somebody\n", len(list), bad)
	return err
}

func (d *doctor) note(of string, v model.Verdict, do, says string, args ...any) {
	if v == model.Holds {
		do = ""
	}
	d.list = append(d.list, finding{Of: of, Says: fmt.Sprintf(says, args...), Verdict: v, Do: do})
}

// failed notes an error of a source; it tells whether there was one.
func (d *doctor) failed(of string, err error, do string) bool {
	if err != nil {
		d.note(of, model.Fails, do, "%s", model.Clean(err.Error()))
	}
	return err != nil
}

func (d *doctor) examine(ctx context.Context) {
	s := d.site
	d.note("configuration", model.Holds, "", "%s, environment %s", s.cfg.Path, s.cfg.Environment)
	d.note("inventory", model.Holds, "", "%d chains, %d cells, %d regions", s.inv.Chains(), len(s.inv.Cells), len(s.inv.Regions))
	d.trusted()
	d.people()
	d.targets(ctx)
	for _, c := range model.Clusters {
		d.catalog(ctx, c)
		for n, dir := range s.clusters[c].Directors {
			of := fmt.Sprintf("watch %s director %s", c, dir.Name)
			if d.director(ctx, of, dir, n == 0) {
				d.rights(ctx, of, dir.Reader.Console, watcherMay, watcherMayNot)
			}
		}
		d.act(ctx, c)
		d.files(ctx, c)
	}
	d.leases(ctx)
	d.instances(ctx)
	d.journal(ctx)
	d.cards()
	d.bundle()
	d.splits(ctx)
}

func (d *doctor) catalog(ctx context.Context, c model.Cluster) {
	of := fmt.Sprintf("watch %s catalog", c)
	cat := d.site.clusters[c].Catalog
	ctx, cancel := context.WithTimeout(ctx, 4*d.site.cfg.Policy.Answer)
	defer cancel()
	info, err := cat.Probe(ctx)
	if d.failed(
		of,
		err,
		fmt.Sprintf("see clusters.%s.catalog and watch.%s.catalog in the configuration; the account needs SELECT on the catalog", c, c),
	) {
		return
	}
	d.note(of, model.Holds, "", "%s answers: %s, Bacula catalog version %d, the session is read-only", info.Host, info.Server, info.Version)
	if !model.KnownVersion(info.Version) {
		d.note(of, model.Unknown, "see whether its jobs are read right, and ask for a Switchyard that knows this version",
			"whether a catalog of version %d is read right cannot be told: known are 16 (Bacula 9) and 1022 to 1026 (Bacula 11 to 15)", info.Version)
	}
	if info.ReadOnly {
		d.note(of, model.Fails, "name the writable host first", "only a read-only standby answers")
	}
	if len(info.Missing) > 0 {
		d.note(of, model.Fails, "the catalog is older than any this reader knows", "columns are missing: %s", strings.Join(info.Missing, ", "))
	}
	ask, err := catalogConfig(&d.site.cfg.Clusters[c], &d.site.cfg.Watch.Clusters[c].Catalog)
	if !d.failed(of+" account", err, "") {
		ask.Hosts = []string{info.Host}
		d.account(ctx, of+" account", cat, ask)
	}
	d.zone(ctx, of, c)
	if flaws := cat.Flaws(); len(flaws) > 0 {
		d.note(of+" content", model.Fails, "see what wrote them and mend them: until then these jobs count as no good backups",
			"%d rows of Job cannot be read whole: %s", len(flaws), strings.Join(flaws[:min(len(flaws), 3)], "; "))
	}
}

// zone proves the configured time zone on the newest finished job, whose end the catalog has as an epoch too.
func (d *doctor) zone(ctx context.Context, of string, c model.Cluster) {
	cat := d.site.clusters[c].Catalog
	zone := d.site.cfg.Clusters[c].Zone
	rows := 0
	err := cat.Walk(ctx, model.Now(), 1, func(r []bacula.Row) error { rows += len(r); return nil })
	if d.failed(of+" time zone", err, "") {
		return
	}
	switch skew := cat.Skew(); {
	case rows == 0:
		d.note(of+" time zone", model.Unknown, "run a job, then ask again", "the catalog has no job to prove %s by", zone)
	case skew != 0:
		d.note(
			of+" time zone",
			model.Fails,
			fmt.Sprintf("correct clusters.%s.time_zone", c),
			"the Director's clock is %s off %s",
			model.Span(skew),
			zone,
		)
	default:
		d.note(of+" time zone", model.Holds, "", "%s agrees with the newest finished job", zone)
	}
}

// director asks one Director what it is; it tells whether it answered.
func (d *doctor) director(ctx context.Context, of string, dir feed.Director, active bool) bool {
	sight, err := dir.Reader.Read(ctx)
	if d.failed(of, err, "see its console in the configuration: the argument vector must reach this Director with a named Console") {
		return false
	}
	d.note(
		of,
		model.Holds,
		"",
		"Bacula %s, %d Job resources, %d running",
		sight.Director.Version,
		len(sight.Director.Jobs),
		len(sight.Running),
	)
	if !active {
		return true
	}
	cells := 0
	for _, name := range sight.Director.Jobs {
		if _, ok := d.site.names.Cell(name); ok {
			cells++
		}
	}
	if cells == 0 {
		d.note(of, model.Fails, "see job_names in the configuration", "none of its jobs is the backup of a cell")
	} else {
		d.note(of, model.Holds, "", "%d of its jobs are backups of cells", cells)
	}
	return true
}

// What each Console may and may not use, as far as it can be tried without doing anything.
var (
	watcherMay    = []string{"version", ".jobs", ".clients", ".status"}
	watcherMayNot = []string{"run", "cancel", "disable", "delete", "purge", "prune", "update", "restore", "sqlquery", ".sql"}
	actorMay      = []string{"run", "cancel", "disable", "restore", ".jobs", ".status"}
	actorMayNot   = []string{"delete", "purge", "prune", "sqlquery", ".sql"}
	markerMay     = []string{"update"}
	markerMayNot  = []string{"run", "cancel", "disable", "restore", "delete", "purge", "prune", "sqlquery", ".sql"}
)

func (d *doctor) rights(ctx context.Context, of string, console bacula.Console, may, mayNot []string) {
	rights, err := console.Rights(ctx)
	if d.failed(
		of+" Console",
		err,
		"see its console in the configuration: the argument vector must reach this Director with a named Console",
	) {
		return
	}
	var lacks, exceeds, unknown []string
	for _, r := range rights {
		switch {
		case r.Allowed == model.Unknown:
			unknown = append(unknown, r.Command+" ("+r.Says+")")
		case r.Allowed == model.Fails && slices.Contains(may, r.Command):
			lacks = append(lacks, r.Command)
		case r.Allowed == model.Holds && slices.Contains(mayNot, r.Command):
			exceeds = append(exceeds, r.Command)
		}
	}
	of += " Console"
	if len(lacks) > 0 {
		d.note(of, model.Fails, "add them to its CommandACL", "it may not use %s", strings.Join(lacks, ", "))
	}
	if len(exceeds) > 0 {
		d.note(of, model.Fails, "take them out of its CommandACL", "it may use %s", strings.Join(exceeds, ", "))
	}
	if len(unknown) > 0 {
		d.note(of, model.Unknown, "ask again", "cannot be told: %s", strings.Join(unknown, ", "))
	}
	if len(lacks)+len(exceeds)+len(unknown) == 0 {
		d.note(
			of,
			model.Holds,
			"",
			"%d commands tried: it may what it must and no more (not tried, because they act: %s)",
			len(rights),
			strings.Join(bacula.NotTried, ", "),
		)
	}
}

// act tries the act credentials, when the configuration has them.
func (d *doctor) act(ctx context.Context, c model.Cluster) {
	access := &d.site.cfg.Act.Clusters[c]
	at := &d.site.cfg.Clusters[c]
	for _, t := range []struct {
		dir  config.Director
		argv []string
	}{{at.Active, access.Active}, {at.Passive, access.Passive}} {
		if t.dir.Name == "" || t.argv == nil {
			continue
		}
		console := bacula.Console{Name: t.dir.Name, Argv: t.argv, Address: t.dir.Address, Timeout: d.site.cfg.Policy.Answer}
		of := fmt.Sprintf("act %s director %s", c, t.dir.Name)
		d.rights(ctx, of, console, actorMay, actorMayNot)
		d.restores(ctx, of+" Console", console)
	}
	if access.Volumes != nil {
		console := bacula.Console{Name: at.Active.Name, Argv: access.Volumes, Address: at.Active.Address, Timeout: d.site.cfg.Policy.Answer}
		d.rights(ctx, fmt.Sprintf("act %s volumes director %s", c, at.Active.Name), console, markerMay, markerMayNot)
	}
}
