package bacula

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"

	"switchyard/model"
)

// Extents are where some jobs lie on their volumes, in the order of the jobs as they are asked for and of their writing. A job that lies in
// more stretches than one answer can tell is read on from where that ended.
func (c *Catalog) Extents(ctx context.Context, jobids []uint32) ([]model.Extent, error) {
	of := map[uint32][]model.Extent{}
	for part := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(jobids))), extentsAtOnce) {
		for after, rows := int64(0), extentChunk; rows == extentChunk; {
			args := append(filled(Statement{Args: extentsAtOnce}, part), after)
			rows = 0
			last := after
			err := c.each(ctx, stExtents, args, func(r *sql.Rows) error {
				id, e, err := readExtent(r)
				if err != nil {
					return err
				}
				rows++
				last = max(last, id)
				of[e.JobID] = append(of[e.JobID], e)
				return nil
			})
			if err != nil {
				return nil, c.fault("read where jobs lie on their volumes", err)
			}
			if rows == extentChunk && last <= after {
				return nil, fault(model.ErrAnswer, "read where jobs lie on their volumes: its JobMedia rows have no numbers")
			}
			after = last
		}
	}
	var out []model.Extent
	for _, id := range jobids {
		out = append(out, of[id]...)
		delete(of, id)
	}
	return out, nil
}

func readExtent(rows *sql.Rows) (id int64, e model.Extent, err error) {
	var job, slot int64
	var n [8]sql.RawBytes // session, its time, first and last index, files and blocks
	var name, kind, storage sql.RawBytes
	err = rows.Scan(&id, &job, &n[0], &n[1], &name, &kind, &storage, &slot, &n[2], &n[3], &n[4], &n[5], &n[6], &n[7])
	if err != nil {
		return 0, e, err
	}
	var v [8]uint64
	for i := range n {
		if v[i], err = wholeNumber(n[i], 32); err != nil {
			v[i], err = 0, nil // what cannot be read is none: a bootstrap refuses it
		}
	}
	e = model.Extent{JobID: uint32(job), Session: uint32(v[0]), SessionTime: uint32(v[1]), Volume: model.Literal(string(name)),
		MediaType: model.Literal(string(kind)), Storage: model.Literal(string(storage)), First: uint32(v[2]), Last: uint32(v[3]),
		From: v[4]<<32 | v[5], To: v[6]<<32 | v[7]}
	if slot > 0 && slot < math.MaxInt32 {
		e.Slot = int(slot)
	}
	return id, e, nil
}

func showStorage(name string) Command { return Command{`show storage="` + name + `"`} }

var storageShown = model.Pattern(`(?m)^(Storage|Autochanger): [Nn]ame=(.+?) address=(\S+) SDport=(\d+)[^\n]*\n` +
	`\s+DeviceName=(.+?) MediaType=(.+?) StorageId=`)

// shown is what a Director shows of each of some resources, in their order, in one session.
func (c Console) shown(ctx context.Context, names []string, show func(name string) Command) ([]string, error) {
	commands := make([]Command, 0, len(names)+2)
	for _, name := range names {
		if err := CheckName(name); err != nil {
			return nil, err
		}
		commands = append(commands, show(name))
	}
	commands = append(commands, api, StatusHeader)
	said, err := c.ask(ctx, commands...)
	if err != nil {
		return nil, err
	}
	if err := wasDenied(said); err != nil {
		return nil, faultOf(c.who(), err)
	}
	if _, err := readHeader(said); err != nil {
		return nil, faultOf(c.who(), err)
	}
	own := make([]string, len(names))
	for i := range names {
		own[i], _ = answer(said, commands[i], commands[i+1:]...)
	}
	return own, nil
}

// StorageResources are what the Director has loaded of Storage resources, which both generations show as Autochanger where they are one.
// One that it does not have says why.
func (c Console) StorageResources(ctx context.Context, names []string) ([]model.StorageResource, error) {
	shown, err := c.shown(ctx, names, showStorage)
	if err != nil {
		return nil, err
	}
	out := make([]model.StorageResource, 0, len(names))
	for i, name := range names {
		own := shown[i]
		s := model.StorageResource{Name: name, Why: "its Director does not show it: " + firstWords(own)}
		if m := storageShown().FindStringSubmatch(own); m != nil && m[2] == name {
			s = model.StorageResource{
				Name:      name,
				Changer:   m[1] == "Autochanger",
				Address:   model.Clean(m[3]),
				Port:      m[4],
				Device:    model.Literal(m[5]),
				MediaType: model.Literal(m[6]),
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// BackedUp is what a Director backs up of which hosts, as far as its resources tell: the addresses of its clients, and the paths that its
// FileSets include. Unsure are FileSets whose list is made when a job runs.
type BackedUp struct {
	Hosts  []string
	Paths  map[string][]string // by FileSet
	Unsure []string
}

var (
	showFileSets  = Command{"show filesets"}
	clientAddress = model.Pattern(`(?m)^Client: [Nn]ame=.+? [Aa]ddress=(\S+)`)
)

// BackedUp asks for all clients and FileSets.
func (c Console) BackedUp(ctx context.Context) (b BackedUp, err error) {
	said, err := c.ask(ctx, showClients, showFileSets, Version)
	if err != nil {
		return b, err
	}
	if err := wasDenied(said); err != nil {
		return b, faultOf(c.who(), err)
	}
	clients, _ := answer(said, showClients, showFileSets, Version)
	for _, m := range clientAddress().FindAllStringSubmatch(clients, -1) {
		if !slices.Contains(b.Hosts, m[1]) {
			b.Hosts = append(b.Hosts, m[1])
		}
	}
	sets, _ := answer(said, showFileSets, Version)
	b.Paths = map[string][]string{}
	set := ""
	for line := range strings.SplitSeq(sets, "\n") {
		if name, is := strings.CutPrefix(line, "FileSet: name="); is {
			set, _, _ = strings.Cut(name, " IgnoreFileSetChanges=")
			set = model.Clean(set)
			b.Paths[set] = nil
			continue
		}
		path, is := strings.CutPrefix(line, "      I ")
		switch {
		case !is || set == "":
		case strings.HasPrefix(path, "/"):
			b.Paths[set] = append(b.Paths[set], strings.TrimSpace(path))
		default:
			b.Unsure = append(b.Unsure, set)
		}
	}
	if len(b.Hosts) == 0 || len(b.Paths) == 0 {
		return b, faultOf(c.who(), fault(model.ErrAnswer, "it does not tell which clients and FileSets it has"))
	}
	return b, nil
}
