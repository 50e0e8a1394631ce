package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"switchyard/model"
)

// synthChains times two regions and two kinds are the 1,000 cells of the synthetic catalogs.
const synthChains = 250

// synthStep is between two jobs: 1,000 a day.
const synthStep = 86400 * time.Millisecond

// seedJobs makes the schema synth, a catalog of n jobs that never ran, on blue's and green's servers, and a configuration that watches it.
// It takes the place of an older one. The replica does not get it: a benchmark should not wait for it.
func (l *lab) seedJobs(ctx context.Context, n int) error {
	if n < 1000 || n > 10_000_000 {
		return fmt.Errorf("%w: want from 1,000 to 10,000,000 jobs, not %d", errNeeds, n)
	}
	now := time.Now().UTC()
	statements, err := synthSQL(n, now)
	if err != nil {
		return err
	}
	if err := together(clusters, func(name string) error {
		began := time.Now()
		if err := l.seedServer(ctx, name, statements); err != nil {
			return fmt.Errorf("seeding %s: %w", name, err)
		}
		l.say("%s: schema synth has %d jobs, after %.1f s", name, n, time.Since(began).Seconds())
		return nil
	}); err != nil {
		return err
	}
	d := l.configData()
	d.Environment, d.File, d.Inventory, d.RDS, d.Journal = "lab-synth", "switchyard-synth.yaml", "inventory-synth.yaml", nil, ""
	for i := range d.Clusters {
		c := &d.Clusters[i]
		c.Database, c.Zone, c.Hosts = "synth", "UTC", c.Hosts[:1]
	}
	if err := l.writeConfigOf(d, byChain(synthCells(n, now))); err != nil {
		return err
	}
	l.say("watch it with --config %s", l.path(d.File))
	return nil
}

func (l *lab) seedServer(ctx context.Context, name, statements string) error {
	db, s, err := l.adminOf(name, "")
	if err != nil {
		return err
	}
	defer db.Close()
	schema := schemaFile
	if s.mysql {
		schema = filepath.Join(l.root(), schemaFile)
		if _, err := db.ExecContext(ctx, "SET sql_log_bin=0"); err != nil {
			return err
		}
	}
	if _, err := db.ExecContext(ctx, "DROP DATABASE IF EXISTS synth"); err != nil {
		return err
	}
	if err := makeSchema(ctx, db, "synth", schema); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "USE synth;\n"+statements)
	return err
}

// synthSQL fills an empty catalog with n jobs, the newest of them now.
func synthSQL(n int, now time.Time) (string, error) {
	weights := func(upTo int) []int {
		w := []int{1}
		for 10*w[len(w)-1] < upTo {
			w = append(w, 10*w[len(w)-1])
		}
		return w
	}
	return render("synth.sql", map[string]any{"N": n, "Newest": now.Unix(),
		"All": weights(n), "Thousand": weights(1000), "Recent": weights(min(n, 100_000))})
}

// synthCells are the cells of the synthetic catalogs, as their inventory says them: due in UTC when the last of their n jobs ran.
func synthCells(n int, now time.Time) []cell {
	var all []cell
	for chain := range synthChains {
		for r, region := range regions {
			for _, kind := range model.Kinds {
				ago := (n - 1 - len(all)) % 1000
				last := now.UTC().Truncate(time.Second).Add(-time.Duration(ago) * synthStep)
				c := cell{
					Cell:   model.Cell{Chain: fmt.Sprintf("chain%03d", chain+1), Region: region, Kind: kind},
					number: 1, // of a chain that blue takes
					Tier:   1 + chain%3, Client: fmt.Sprintf("db%03d-fd", 1+chain*2+r), Storage: "sd-" + region,
					Pool: "reg-" + region, Promise: "26h", Keep: "7d",
					Schedule: []when{{days: "daily", hour: last.Hour(), minute: last.Minute()}},
				}
				if kind == model.Immutable {
					c.Pool, c.Storage, c.Keep = "imm-"+region, "vault-"+region, "30d"
				}
				all = append(all, c)
			}
		}
	}
	return all
}
