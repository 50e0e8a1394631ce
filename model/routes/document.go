// Package routes holds the routes document: who takes which cell, what is missing, and how cells are shifted.
package routes

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchyard/model"
)

// Document says which chains of each region and kind a cluster takes. Two documents that mean the same are equal and written alike, however
// they were read. It is never changed. The zero Document has everything untaken.
type Document struct {
	takes [2]map[string]region // by model.Cluster and region; a region of which nothing is taken is not there
	said  []string
}

// region is what a cluster takes of a region, by model.Kind.
type region [2]chains

// Route is who takes a cell, known or not to an inventory: blue, both, green, or none.
func (d *Document) Route(c model.Cell) (r model.Route) {
	for _, cluster := range model.Clusters {
		r[cluster] = verdict(d.takes[cluster][c.Region][c.Kind].has(c.Chain))
	}
	return r
}

// Later is who takes the chains that are added to a region later, and that no rule names.
func (d *Document) Later(region string, k model.Kind) (r model.Route) {
	for _, cluster := range model.Clusters {
		r[cluster] = verdict(d.takes[cluster][region][k].later)
	}
	return r
}

func verdict(is bool) model.Verdict {
	if is {
		return model.Holds
	}
	return model.Fails
}

// Said tells what stands in a document that was read and takes nobody: "bacula-green.region2.chains: the list is empty: it takes nobody".
// It is no part of what the document means.
func (d *Document) Said() []string { return d.said }

// Equal tells whether two documents mean the same for every chain there is or may be.
func (d *Document) Equal(o *Document) bool {
	for _, c := range model.Clusters {
		if !maps.EqualFunc(d.takes[c], o.takes[c], region.equal) {
			return false
		}
	}
	return true
}

func (r region) equal(o region) bool {
	return r[model.Regular].equal(o[model.Regular]) && r[model.Immutable].equal(o[model.Immutable])
}

// clusterKeys are the clusters' names in a document.
var clusterKeys = [2]string{model.Blue: "bacula-blue", model.Green: "bacula-green"}

// kindKeys are the keys that say whether a rule takes a kind.
var kindKeys = [2]string{model.Regular: "take_regular_backups", model.Immutable: "take_immutable_backups"}

// rule is one rule of a region, as it is written.
type rule struct {
	takes  [2]bool // by model.Kind
	chains chains
}

// rules are what a region is written with: one where that can say it, else one of each kind, which is an extension.
func (r region) rules() []rule {
	regular, immutable := r[model.Regular], r[model.Immutable]
	switch {
	case regular.equal(immutable):
		return []rule{{[2]bool{true, true}, regular}}
	case immutable.empty():
		return []rule{{[2]bool{true, false}, regular}}
	case regular.empty():
		return []rule{{[2]bool{false, true}, immutable}}
	}
	return []rule{{[2]bool{true, false}, regular}, {[2]bool{false, true}, immutable}}
}

// excepts tells whether a chain list is written with except_chains, which is an extension.
func (c chains) excepts() bool { return c.later && len(c.names) > 0 }

// plain tells whether a region can be written without extensions.
func (r region) plain() bool {
	rules := r.rules()
	return len(rules) == 1 && !rules[0].chains.excepts()
}

// Extended names the clusters and regions that only extensions can say, as "bacula-blue.region1"; none: the document is plain.
func (d *Document) Extended() (out []string) {
	for _, c := range model.Clusters {
		for _, name := range slices.Sorted(maps.Keys(d.takes[c])) {
			if !d.takes[c][name].plain() {
				out = append(out, clusterKeys[c]+"."+name)
			}
		}
	}
	return out
}

// wide is how long a line with a list of chains may become before each chain has a line of its own, in characters.
const wide = 100

// Text is the document in its one canonical form, JSON with a line break at its end.
func (d *Document) Text() string {
	var b strings.Builder
	b.WriteString("{\n")
	for i, c := range model.Clusters {
		fmt.Fprintf(&b, "  %q: {", clusterKeys[c])
		names := slices.Sorted(maps.Keys(d.takes[c]))
		for j, name := range names {
			fmt.Fprintf(&b, "\n    %q: ", name)
			writeRules(&b, d.takes[c][name].rules())
			if j < len(names)-1 {
				b.WriteByte(',')
			}
		}
		if len(names) > 0 {
			b.WriteString("\n  ")
		}
		b.WriteByte('}')
		if i < len(model.Clusters)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
	return b.String()
}

func writeRules(b *strings.Builder, rules []rule) {
	if len(rules) == 1 {
		rules[0].write(b, "    ")
		return
	}
	b.WriteString("[\n")
	for i, r := range rules {
		b.WriteString("      ")
		r.write(b, "      ")
		if i < len(rules)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("    ]")
}

func (r rule) write(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "{\n%s  %q: %v,\n%s  %q: %v", indent, kindKeys[0], r.takes[0], indent, kindKeys[1], r.takes[1])
	switch {
	case !r.chains.later:
		r.chains.write(b, indent+"  ", "chains")
	case r.chains.excepts():
		r.chains.write(b, indent+"  ", "except_chains")
	}
	fmt.Fprintf(b, "\n%s}", indent)
}

func (c chains) write(b *strings.Builder, indent, key string) {
	size := len(indent) + len(key) + len(`"": []`)
	for _, n := range c.names {
		size += len(n) + len(`"", `)
	}
	open, between, end := "", ", ", ""
	if size > wide {
		open, between, end = "\n"+indent+"  ", ",\n"+indent+"  ", "\n"+indent
	}
	fmt.Fprintf(b, ",\n%s%q: [%s", indent, key, open)
	for i, n := range c.names {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteByte('"')
		b.WriteString(n) // a name of the inventory's alphabet, which needs no escapes
		b.WriteByte('"')
	}
	b.WriteString(end + "]")
}

// MarshalJSON writes the canonical form.
func (d *Document) MarshalJSON() ([]byte, error) { return []byte(d.Text()), nil }

var _ json.Marshaler = (*Document)(nil)
