package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

const inventoryTimeout = 30 * time.Second

// inventorySource is a file or a command.
type inventorySource struct {
	l       *loader
	at      *node
	file    string
	command []string
}

func (l *loader) inventory(n *node) {
	f, ok := l.fields(n, "file", "command")
	if !ok {
		return
	}
	const do = "write {file: inventory.yaml}, or {command: [argv, ...]} that prints the same as JSON"
	l.c.inventory = inventorySource{l: l, at: n}
	file, command := f.get("file"), f.get("command")
	switch {
	case (file == nil) == (command == nil):
		l.add(n, "it needs one source", do)
	case file != nil:
		l.c.inventory.at = file
		l.c.inventory.file = l.path(file, do)
	default:
		l.c.inventory.at = command
		l.c.inventory.command = l.argv(command, do)
	}
}

func (s inventorySource) read(ctx context.Context) (*model.Inventory, error) {
	raw, err := s.raw(ctx)
	switch {
	case err != nil:
		return nil, err
	case s.command != nil:
		return readInventory("output of "+filepath.Base(s.command[0]), raw, true)
	}
	return readInventory(s.shown(), raw, filepath.Ext(s.file) == ".json")
}

// raw is what its file or its command gives.
func (s inventorySource) raw(ctx context.Context) ([]byte, error) {
	if s.l.kept != nil {
		return s.l.kept.Inventory, nil
	}
	if s.command != nil {
		out, err := output(ctx, s.command, s.l.dir, maxText, inventoryTimeout, true)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", model.ErrInventory, s.l.fail(s.at, err.Error(), "run it by hand"))
		}
		return out, nil
	}
	info, err := os.Stat(s.file)
	if err == nil && info.Size() > maxText {
		err = fmt.Errorf("%s is longer than %d MiB", model.Clean(s.file), maxText>>20)
	}
	var source []byte
	if err == nil {
		source, err = os.ReadFile(s.file)
	}
	if err != nil {
		return nil, fmt.Errorf(
			"%w: %w",
			model.ErrInventory,
			s.l.fail(s.at, cause(err)+": "+model.Clean(s.file), "write the path of the inventory, relative to this file"),
		)
	}
	return source, nil
}

// shown is the inventory's path as a person would write it, from where the configuration file was given.
func (s inventorySource) shown() string {
	if rel, err := filepath.Rel(s.l.dir, s.file); err == nil && !strings.HasPrefix(rel, "..") {
		return filepath.Join(filepath.Dir(s.l.title), rel)
	}
	return s.file
}

func readInventory(name string, source []byte, asJSON bool) (*model.Inventory, error) {
	r := &inventoryReader{document: parse(name, source, true, asJSON), schedules: map[string]model.Schedule{}}
	if len(r.faults) == 0 {
		r.read()
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	inv, err := model.NewInventory(r.cells)
	if err != nil || len(r.apart) == 0 {
		return inv, err
	}
	return inv.Apart(r.apart), nil
}

// level is what one place of the inventory says; what it does not say is inherited.
type level struct {
	tier                  int
	client, pool, storage string
	schedule              *model.Schedule
	retention, promise    time.Duration
	full                  time.Duration // 0: no full backup is promised
	format                model.Format
}

// defaultTier stands between what must come back first and what may wait.
const defaultTier = 2

type inventoryReader struct {
	*document
	schedules map[string]model.Schedule // shared by what is written alike
	cells     []model.Placement
	apart     []string // names of jobs that are no cell's
}

var levelKeys = []string{"tier", "client", "schedule", "pool", "storage", "retention", "promise", "full_promise", "format"}

func (r *inventoryReader) read() {
	f, ok := r.fields(&r.root, "defaults", "not_cells", "chains")
	if !ok {
		return
	}
	if n := f.get("not_cells"); n != nil {
		r.notCells(n)
	}
	base := level{tier: defaultTier}
	if n := f.get("defaults"); n != nil {
		if f, ok := r.fields(n, levelKeys...); ok {
			base = r.level(f, base)
		}
	}
	const do = "write chains: with - name: NAME and its regions"
	chains := f.need("chains", do)
	if chains == nil {
		return
	}
	if chains.shape != list || len(chains.kids) == 0 {
		r.addShape(chains, do)
		return
	}
	seen := make(map[string]*node, len(chains.kids))
	r.cells = make([]model.Placement, 0, 4*len(chains.kids))
	for i := range chains.kids {
		r.chain(&chains.kids[i], base, seen)
	}
}

// notCells reads the names of jobs that are no cell's, such as the one that backs up the catalog itself.
func (r *inventoryReader) notCells(n *node) {
	const do = "write not_cells: [BackupCatalog, ...] with the names of jobs as their Director writes them"
	if n.shape != list || len(n.kids) == 0 {
		r.addShape(n, do)
		return
	}
	for i := range n.kids {
		job, ok := r.name(&n.kids[i], "a job's name", " ")
		switch {
		case !ok:
		case slices.Contains(r.apart, job):
			r.add(&n.kids[i], job+" is there twice", "write it once")
		default:
			r.apart = append(r.apart, job)
		}
	}
}

var (
	chainKeys  = append([]string{"name", "regions"}, levelKeys...)
	regionKeys = append([]string{"kinds"}, levelKeys...)
)

func (r *inventoryReader) chain(n *node, base level, seen map[string]*node) {
	f, ok := r.fields(n, chainKeys...)
	if !ok {
		return
	}
	base = r.level(f, base)
	name := f.need("name", "write the chain's name")
	if name == nil {
		return
	}
	chain, ok := r.name(name, "a chain's name", "")
	if !ok {
		return
	}
	if first := seen[chain]; first != nil {
		r.add(name, fmt.Sprintf("%s is there twice, first in line %d", chain, r.lineColumn(first.at).line), "write all its regions in one place")
		return
	}
	seen[chain] = name
	regions := f.need("regions", "write regions: with the name of each and its kinds")
	if regions == nil {
		return
	}
	r.each(regions, "write regions: with the name of each and its kinds", func(key, v *node) {
		region, ok := r.name(key, "a region's name", "")
		if !ok {
			return
		}
		f, ok := r.fields(v, regionKeys...)
		if !ok {
			return
		}
		base := r.level(f, base)
		const do = "write kinds: with regular: {}, immutable: {} or both"
		kinds := f.need("kinds", do)
		if kinds == nil {
			return
		}
		r.each(kinds, do, func(key, v *node) {
			cell := model.Cell{Chain: chain, Region: region}
			if err := cell.Kind.UnmarshalText([]byte(key.text)); err != nil {
				r.add(key, "there is no such kind", do)
				return
			}
			base := base
			if v.shape != null {
				f, ok := r.fields(v, levelKeys...)
				if !ok {
					return
				}
				base = r.level(f, base)
			}
			r.cell(cell, v, base)
		})
	})
}

// each goes over a mapping whose keys are names.
func (r *inventoryReader) each(n *node, do string, entry func(key, v *node)) {
	if n.shape != mapping || len(n.kids) == 0 {
		r.addShape(n, do)
		return
	}
	for i := range n.len() {
		k := n.key(i)
		if j := firstKey(n, k.text); j < i {
			r.add(k, fmt.Sprintf("it is there twice, first in line %d", r.lineColumn(n.key(j).at).line), "keep one")
			continue
		}
		entry(k, n.value(i))
	}
}

func (r *inventoryReader) cell(c model.Cell, n *node, l level) {
	for _, need := range []struct {
		key  string
		lack bool
		do   string
	}{
		{"client", l.client == "", "write the client of the clone source here, or at its region or chain"},
		{"schedule", l.schedule == nil, `write such as "daily at 02:10" here, at its region or chain, or under defaults`},
		{"retention", l.retention == 0, "write how long a backup is kept, such as 7d, here, at its region or chain, or under defaults"},
		{"promise", l.promise == 0, "write how old the newest good backup may become, such as 26h, here, at its region or chain, or under " +
			"defaults"},
	} {
		if need.lack {
			r.addMissing(n, need.key, need.do)
			return
		}
	}
	r.cells = append(r.cells, model.Placement{Cell: c, Tier: l.tier, Client: l.client, Pool: l.pool, Storage: l.storage,
		Schedule: *l.schedule, Retention: l.retention, Promise: l.promise, FullPromise: l.full, Format: l.format})
}

// level reads what may be said at every level, over what is inherited. What is wrong counts as said, so that it is told once.
func (r *inventoryReader) level(f fields, l level) level {
	for i := range f.n.len() {
		v := f.n.value(i)
		switch f.n.key(i).text {
		case "tier":
			l.tier = r.tier(v)
		case "client":
			if l.client, _ = r.name(v, "a client's name", " "); l.client == "" {
				l.client = "?"
			}
		case "pool":
			l.pool, _ = r.name(v, "a pool's name", " ")
		case "storage":
			l.storage, _ = r.name(v, "a storage's name", " ")
		case "schedule":
			s := r.schedule(v)
			l.schedule = &s
		case "retention":
			l.retention = r.span(v, "7d")
		case "promise":
			l.promise = r.span(v, "26h")
		case "full_promise":
			l.full = r.span(v, "8d")
		case "format":
			l.format = r.format(v)
		}
	}
	return l
}

func (r *inventoryReader) tier(n *node) int {
	tier, err := strconv.Atoi(n.text)
	if n.shape != number || err != nil || tier < 1 || tier > 9 {
		r.add(n, "it is not a tier", "write a number from 1, restored first, to 9")
	}
	return tier
}

func (r *inventoryReader) format(n *node) (f model.Format) {
	const do = "write mysqldump, mydumper, xtrabackup or files"
	if s, ok := r.text(n, do); ok {
		if err := f.UnmarshalText([]byte(s)); err != nil {
			r.add(n, fmt.Sprintf("there is no format %q", s), do)
		}
	}
	return f
}

// span reads a duration of a minute to ten years.
func (r *inventoryReader) span(n *node, example string) time.Duration {
	do := "write such as " + example
	if n.shape == number {
		r.add(n, "a number alone has no unit", do)
		return 1
	}
	s, ok := r.text(n, do)
	if !ok {
		return 1
	}
	d, err := model.ParseSpan(s)
	if err != nil || d < time.Minute || d > 3653*24*time.Hour {
		r.add(n, fmt.Sprintf("%q is not a duration of a minute to ten years", s), do)
		return 1
	}
	return d
}

// schedule reads one Run line or a list of them.
func (r *inventoryReader) schedule(n *node) model.Schedule {
	const do = `write such as "daily at 02:10", or a list of such lines`
	var lines []string
	var nodes []*node
	if n.shape == list && len(n.kids) > 0 {
		for i := range n.kids {
			nodes = append(nodes, &n.kids[i])
		}
	} else {
		nodes = []*node{n}
	}
	for _, n := range nodes {
		line, ok := r.text(n, do)
		if !ok {
			return model.Schedule{}
		}
		lines = append(lines, line)
	}
	key := strings.Join(lines, "\n")
	if s, ok := r.schedules[key]; ok {
		return s
	}
	s, err := model.ParseSchedule(lines...)
	if err != nil {
		r.addSchedule(nodes, err)
		return s
	}
	r.schedules[key] = s
	return s
}

// addSchedule tells a mistake at the line that has it.
func (r *inventoryReader) addSchedule(nodes []*node, err error) {
	at := nodes[0]
	if m := (*model.Mistake)(nil); errors.As(err, &m) && m.Line >= 1 && m.Line <= len(nodes) {
		at = nodes[m.Line-1]
	}
	r.addMistake(at, err)
}
