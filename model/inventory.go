package model

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"
)

// Placement is how one cell is backed up: what the inventory says of it.
type Placement struct {
	Cell      Cell
	Tier      int           // 1 is restored first
	Client    string        // the file daemon on the clone source
	Pool      string        // may be empty
	Storage   string        // may be empty
	Schedule  Schedule      // when it is due; the zero Schedule is never due
	Retention time.Duration // how long a backup is kept
	Promise   time.Duration // the oldest the newest good backup may become
	// FullPromise is the oldest the newest good full backup may become; 0: it is not asked for.
	FullPromise time.Duration
	Format      Format // what its backups hold; the zero value: the inventory does not say
}

// Inventory is every cell that should have a backup. It is never changed after NewInventory.
type Inventory struct {
	Cells   []Placement // ordered by Cell.Compare
	Regions []string    // sorted
	index   map[Cell]int
	apart   map[string]bool
}

// ErrInventory is the kind of every inventory that cannot be used.
var ErrInventory = errors.New("inventory")

// NewInventory orders and indexes the placements. It refuses an empty list, a cell given twice, and names that Bacula
// would not take; a chain and a region must have one.
func NewInventory(ps []Placement) (*Inventory, error) {
	if len(ps) == 0 {
		return nil, fmt.Errorf("%w: it has no chains: nothing would be watched", ErrInventory)
	}
	inv := &Inventory{Cells: slices.Clone(ps), index: make(map[Cell]int, len(ps))}
	sort.Slice(inv.Cells, func(i, j int) bool { return inv.Cells[i].Cell.Compare(inv.Cells[j].Cell) < 0 })
	seen := map[string]bool{}
	for i, p := range inv.Cells {
		if p.Cell.Chain == "" || p.Cell.Region == "" {
			return nil, fmt.Errorf("%w: cell %d has no chain or no region", ErrInventory, i+1)
		}
		if err := p.checkNames(); err != nil {
			return nil, err
		}
		if _, twice := inv.index[p.Cell]; twice {
			return nil, fmt.Errorf("%w: cell %s is there twice", ErrInventory, p.Cell)
		}
		inv.index[p.Cell] = i
		if !seen[p.Cell.Region] {
			seen[p.Cell.Region] = true
			inv.Regions = append(inv.Regions, p.Cell.Region)
		}
	}
	slices.Sort(inv.Regions)
	return inv, nil
}

func (p *Placement) checkNames() error {
	for _, n := range []struct{ what, name, more string }{
		{"a chain's name", p.Cell.Chain, ""},
		{"a region's name", p.Cell.Region, ""},
		{"a client's name", p.Client, " "},
		{"a pool's name", p.Pool, " "},
		{"a storage's name", p.Storage, " "},
	} {
		if err := CheckName(n.what, n.name, n.more); err != nil {
			return err
		}
	}
	return nil
}

// Apart is the inventory with the names of jobs that are none of its cells', as the team says: that they map to none is not told.
func (inv *Inventory) Apart(jobs []string) *Inventory {
	out := *inv
	out.apart = make(map[string]bool, len(jobs))
	for _, j := range jobs {
		out.apart[j] = true
	}
	return &out
}

// IsApart tells whether a job's name is known to be of no cell.
func (inv *Inventory) IsApart(job string) bool { return inv.apart[job] }

// Index is the place of a cell in Cells, or false.
func (inv *Inventory) Index(c Cell) (int, bool) {
	i, ok := inv.index[c]
	return i, ok
}

// Find returns the placement of a cell, or false.
func (inv *Inventory) Find(c Cell) (Placement, bool) {
	i, ok := inv.index[c]
	if !ok {
		return Placement{}, false
	}
	return inv.Cells[i], true
}

// Chains counts the distinct chains.
func (inv *Inventory) Chains() int {
	n, last := 0, ""
	for _, p := range inv.Cells {
		if p.Cell.Chain != last {
			n, last = n+1, p.Cell.Chain
		}
	}
	return n
}
