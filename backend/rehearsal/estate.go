package rehearsal

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"switchyard/model"
)

// The estate's shape, as the story has it: two regions, both kinds, 38 Storage Daemons.
const (
	regions        = 2
	sdsPerRegion   = 19
	immutableSDs   = 6 // of each region's
	mostChains     = 10_000
	chainsPerFleet = 1000 // as many more as there are Storage Daemons
	defaultPromise = 26 * time.Hour
	defaultKeep    = 7 * 24 * time.Hour
)

// chain is one replication chain: what is backed up.
type chain struct {
	name string
	tier int
	full float64 // bytes of a full backup
	wave int     // 0 to 99: its place in the order in which chains are moved, the least important first
}

// estate is what there is to back up, before anything is decided about who does it.
type estate struct {
	chains []chain
	cells  []cellPlan
}

// cellPlan is a cell with what the inventory says of it, and how much it holds.
type cellPlan struct {
	model.Placement
	chain int // index into chains
	runs  []string
	rate  float64 // bytes per second
}

// newEstate makes an estate of n chains from a seed.
func newEstate(seed uint64, n int) (*estate, error) {
	e := &estate{}
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		tier := 3
		switch {
		case i%10 == 0:
			tier = 1
		case i%10 < 4:
			tier = 2
		}
		// The median chain holds 80 GB. None is so large that its full backup takes longer than the promise has to spare.
		e.chains = append(e.chains, chain{name: fmt.Sprintf("chain%03d", i+1), tier: tier, full: min(400e9, 80e9*math.Exp(0.9*r.NormFloat64()))})
	}
	e.waves()
	for i, c := range e.chains {
		rate := (65 + 35*r.Float64()) * 1e6
		for region := range regions {
			for _, kind := range model.Kinds {
				p, err := e.place(i, c, region, kind)
				if err != nil {
					return nil, err
				}
				p.rate = rate
				e.cells = append(e.cells, p)
			}
		}
	}
	return e, nil
}

// waves orders the chains for a move: tier 3 first, tier 1 last.
func (e *estate) waves() {
	n, place := len(e.chains), 0
	for tier := 3; tier >= 1; tier-- {
		for i := range e.chains {
			if e.chains[i].tier == tier {
				e.chains[i].wave = place * 100 / n
				place++
			}
		}
	}
}

func (e *estate) place(i int, c chain, region int, kind model.Kind) (cellPlan, error) {
	name := fmt.Sprintf("region%d", region+1)
	index := (i*regions+region)*len(model.Kinds) + int(kind)
	// The golden ratio spreads any number of cells evenly over the day.
	minute := int(math.Mod(float64(index)*0.6180339887, 1) * 24 * 60)
	at := fmt.Sprintf("at %02d:%02d", minute/60, minute%60)
	p := cellPlan{chain: i, runs: []string{"Full sun " + at, "Incremental mon-sat " + at}}
	schedule, err := model.ParseSchedule(p.runs...)
	if err != nil {
		return p, fmt.Errorf("making the estate: %w", err)
	}
	fleets := 1 + (len(e.chains)-1)/chainsPerFleet
	regular, immutable := fleets*(sdsPerRegion-immutableSDs), fleets*immutableSDs
	sd := 1 + (i*7+region*3)%regular
	pool := "Regular"
	if kind == model.Immutable {
		sd, pool = regular+1+(i*5+region)%immutable, "Immutable"
	}
	p.Placement = model.Placement{Cell: model.Cell{Chain: c.name, Region: name, Kind: kind}, Tier: c.tier,
		Client: fmt.Sprintf("%s-r%d-fd", c.name, region+1), Pool: pool, Storage: fmt.Sprintf("sd-r%d-%02d", region+1, sd),
		Schedule: schedule, Retention: defaultKeep, Promise: defaultPromise}
	return p, nil
}

// regionOf is the region that a Storage Daemon is in.
func (e *estate) regionOf(storage string) string {
	for _, p := range e.cells {
		if p.Storage == storage {
			return p.Cell.Region
		}
	}
	return ""
}

// home is the chain that hosts blue's catalog beside other schemas: one of those that are moved last.
func (e *estate) home() string { return e.chains[0].name }
