package routes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"switchyard/model"
)

// Options say what a document may hold.
type Options struct {
	Inventory  *model.Inventory // whose regions and chains a document may name; nil: names are not compared
	Extensions bool             // a list of rules for a region, and except_chains
}

const (
	maxText    = 8 << 20 // bytes; a record of the journal holds less
	maxNesting = 16      // the parser is recursive; a document needs four
)

// Parse reads a document: JSON in which comments and a comma behind the last entry may stand. The title is what errors call it. What is
// wrong is an *Error, of the kind model.ErrRoutes.
func Parse(title string, text []byte, o Options) (*Document, error) {
	p := &parser{o: o, wrong: &Error{title: title, source: strings.TrimPrefix(string(text), "\ufeff")}, doc: &Document{}}
	if root, ok := p.tree(); ok {
		p.document(root)
	}
	if err := p.wrong.err(); err != nil {
		return nil, err
	}
	return p.doc, nil
}

type parser struct {
	o     Options
	wrong *Error
	doc   *Document
}

func (p *parser) add(v *hujson.Value, path, says, do string) {
	p.wrong.put(fault{v.StartOffset, path, says, do})
}

// tree reads the text as JSON.
func (p *parser) tree() (root *hujson.Value, ok bool) {
	const do = "write JSON, in which comments and a comma behind the last entry may stand"
	source := p.wrong.source
	if len(source) > maxText {
		p.wrong.put(fault{0, "", fmt.Sprintf("the text is longer than %d MiB", maxText>>20), "is it a routes document?"})
		return nil, false
	}
	for i, r := range source {
		if _, n := utf8.DecodeRuneInString(source[i:]); r == utf8.RuneError && n == 1 {
			p.wrong.put(fault{i, "", "the text is not UTF-8", "save it as UTF-8"})
			return nil, false
		}
	}
	if at := tooDeep(source); at >= 0 {
		p.wrong.put(fault{at, "", "it is nested too deeply", "write clusters, their regions and a rule for each"})
		return nil, false
	}
	v, err := hujson.Parse([]byte(source))
	if err != nil {
		at, says := syntax(source, err)
		p.wrong.put(fault{at, "", says, do})
		return nil, false
	}
	return &v, true
}

// tooDeep is where brackets are nested too deeply, or -1.
func tooDeep(source string) int {
	depth := 0
	for i := 0; i < len(source); i++ {
		switch source[i] {
		case '[', '{':
			if depth++; depth > maxNesting {
				return i
			}
		case ']', '}':
			depth--
		case '"':
			for i++; i < len(source) && source[i] != '"'; i++ {
				if source[i] == '\\' {
					i++
				}
			}
		case '/':
			if end, comment := commentEnd(source[i:]); comment {
				i += end
			}
		}
	}
	return -1
}

func commentEnd(s string) (end int, comment bool) {
	closing := map[bool]string{true: "\n", false: "*/"}[strings.HasPrefix(s, "//")]
	if !strings.HasPrefix(s, "//") && !strings.HasPrefix(s, "/*") {
		return 0, false
	}
	at := strings.Index(s[2:], closing)
	if at < 0 {
		return len(s), true
	}
	return 2 + at + len(closing) - 1, true
}

// syntax is where the parser stopped, in bytes, and why.
func syntax(source string, err error) (at int, says string) {
	var line, column int
	if _, scan := fmt.Sscanf(err.Error(), "hujson: line %d, column %d:", &line, &column); scan == nil {
		for ; line > 1; line-- {
			at += strings.IndexByte(source[at:], '\n') + 1
		}
		at = min(at+column-1, len(source))
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	says = model.Clean(err.Error())
	if cut := []rune(says); len(cut) > 80 {
		says = string(cut[:80]) + "..."
	}
	return at, says
}

// member is an entry of an object.
type member struct {
	key         string
	name, value *hujson.Value
}

// members are the entries of an object, each key once.
func (p *parser) members(v *hujson.Value, path, do string) (out []member, ok bool) {
	obj, ok := v.Value.(*hujson.Object)
	if !ok {
		p.shape(v, path, do)
		return nil, false
	}
	first := make(map[string]int, len(obj.Members))
	for i := range obj.Members {
		m := &obj.Members[i]
		key := m.Name.Value.(hujson.Literal).String()
		if line, twice := first[key]; twice {
			p.add(&m.Name, join(path, key), fmt.Sprintf("it is there twice, first in line %d", line), "keep one")
			continue
		}
		first[key], _ = lineColumn(p.wrong.source, m.Name.StartOffset)
		out = append(out, member{key, &m.Name, &m.Value})
	}
	return out, true
}

func (p *parser) shape(v *hujson.Value, path, do string) {
	p.add(v, path, "it is "+shape(v), do)
}

func shape(v *hujson.Value) string {
	switch v.Value.Kind() {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (p *parser) document(root *hujson.Value) {
	do := fmt.Sprintf("write {%q: {...}, %q: {...}} with the regions of each", clusterKeys[model.Blue], clusterKeys[model.Green])
	clusters, _ := p.members(root, "", do)
	for _, m := range clusters {
		c := model.Cluster(slices.Index(clusterKeys[:], m.key))
		if !slices.Contains(clusterKeys[:], m.key) {
			p.unknown(m.name, "", m.key, "cluster", clusterKeys[:])
			continue
		}
		regions, ok := p.members(m.value, m.key, "write {} for none, or the regions that it takes")
		if !ok {
			continue
		}
		p.doc.takes[c] = make(map[string]region, len(regions))
		for _, m := range regions {
			path := join(clusterKeys[c], m.key)
			p.regionName(m, path)
			if r := p.region(m.value, path, m.key); !r.equal(region{}) {
				p.doc.takes[c][m.key] = r
			}
		}
	}
}

func (p *parser) unknown(v *hujson.Value, path, key, what string, known []string) {
	do := "write " + strings.Join(known, " or ")
	if best := model.Meant(key, known); best != "" {
		do = "did you mean " + best + "?"
	}
	p.add(v, join(path, key), "there is no such "+what, do)
}

func (p *parser) regionName(m member, path string) {
	if !p.name(m.name, path, "a region's name", m.key) || p.o.Inventory == nil {
		return
	}
	if known := p.o.Inventory.Regions; !slices.Contains(known, m.key) {
		p.add(m.name, path, "the inventory has no such region", "it has "+strings.Join(known, ", "))
	}
}

// name tells whether a text can be a name in an inventory.
func (p *parser) name(v *hujson.Value, path, what, name string) bool {
	err := model.CheckName(what, name, "")
	m := (*model.Mistake)(nil)
	switch {
	case name == "":
		p.add(v, path, what+" is empty", "write it")
	case errors.As(err, &m):
		p.add(v, path, m.Says, m.Do)
	default:
		return true
	}
	return false
}

// region reads the rule or, as an extension, the rules of a region.
func (p *parser) region(v *hujson.Value, path, name string) (r region) {
	const do = "write take_regular_backups, take_immutable_backups and, unless every chain is meant, chains"
	list, ok := v.Value.(*hujson.Array)
	if !ok {
		return p.rule(v, path, do, name)
	}
	switch {
	case !p.o.Extensions:
		p.add(v, path, "it is a list of rules, which is an extension that is not allowed here", "write one rule, or allow "+allow)
		return r
	case len(list.Elements) == 0:
		p.add(v, path, "the list of rules is empty", "leave the region out, or "+do)
		return r
	}
	for i := range list.Elements {
		of := p.rule(&list.Elements[i], path+"["+strconv.Itoa(i)+"]", do, name)
		for _, k := range model.Kinds {
			r[k] = r[k].union(of[k])
		}
	}
	return r
}

// allow is how the extensions are allowed.
const allow = "extensions: routes: {extensions: yes} in the configuration"

func (p *parser) rule(v *hujson.Value, path, do, regionName string) (r region) {
	members, ok := p.members(v, path, do)
	if !ok {
		return r
	}
	known := []string{kindKeys[0], kindKeys[1], "chains", "except_chains"}
	said := map[string]member{}
	for _, m := range members {
		switch {
		case !slices.Contains(known, m.key):
			p.unknown(m.name, path, m.key, "key here", known[:len(known)-1])
		case m.key == "except_chains" && !p.o.Extensions:
			p.add(m.name, join(path, m.key), "it is an extension that is not allowed here", "list the chains, or allow "+allow)
		default:
			said[m.key] = m
		}
	}
	c := p.chains(said, path, regionName)
	nobody := true
	for _, k := range model.Kinds {
		if p.takes(v, said, members, path, kindKeys[k]) {
			r[k], nobody = c, false
		}
	}
	if nobody {
		p.doc.said = append(p.doc.said, path+": it takes no kind: nobody")
	}
	return r
}

// takes reads whether a rule takes a kind.
func (p *parser) takes(rule *hujson.Value, said map[string]member, all []member, path, key string) bool {
	m, ok := said[key]
	if !ok {
		misspelt := slices.ContainsFunc(all, func(m member) bool { return m.key != key && model.Meant(m.key, kindKeys[:]) == key })
		if !misspelt { // else that is the fault
			p.add(rule, join(path, key), "it is missing", "write true or false")
		}
		return false
	}
	if k := m.value.Value.Kind(); k != 't' && k != 'f' {
		p.shape(m.value, join(path, key), "write true or false")
		return false
	}
	return m.value.Value.Kind() == 't'
}

// chains reads whom a rule is about.
func (p *parser) chains(said map[string]member, path, region string) chains {
	only, listed := said["chains"]
	except, excepted := said["except_chains"]
	switch {
	case listed && excepted:
		p.add(except.name, join(path, "except_chains"), "chains is there, too", "keep one of them")
	case listed:
		c := chains{names: p.names(only.value, join(path, "chains"), region)}
		if list, ok := only.value.Value.(*hujson.Array); ok && len(list.Elements) == 0 {
			p.doc.said = append(p.doc.said, join(path, "chains")+": the list is empty: it takes nobody")
		}
		return c
	case excepted:
		return chains{later: true, names: p.names(except.value, join(path, "except_chains"), region)}
	}
	return chains{later: true}
}

// names reads a list of chains, each of which must be there once.
func (p *parser) names(v *hujson.Value, path, region string) []string {
	const do = `write a list of chains, such as ["chain1", "chain2"]`
	list, ok := v.Value.(*hujson.Array)
	if !ok {
		p.shape(v, path, do)
		return nil
	}
	out := make([]string, 0, len(list.Elements))
	seen := make(map[string]bool, len(list.Elements))
	for i := range list.Elements {
		v, path := &list.Elements[i], path+"["+strconv.Itoa(i)+"]"
		if v.Value.Kind() != '"' {
			p.shape(v, path, "write the name of a chain in quotes")
			continue
		}
		name := v.Value.(hujson.Literal).String()
		switch {
		case !p.name(v, path, "a chain's name", name):
		case seen[name]:
			p.add(v, path, name+" is there twice", "write it once")
		case !p.known(name, region):
			p.add(v, path, "the inventory has no chain "+name+" in "+region, "correct the name, or bring the inventory up to date")
		default:
			out = append(out, name)
		}
		seen[name] = true
	}
	slices.Sort(out)
	return out
}

// known tells whether the inventory has a chain in a region, of whatever kind. Of a region that it does not have that is told once.
func (p *parser) known(chain, region string) bool {
	inv := p.o.Inventory
	if inv == nil || !slices.Contains(inv.Regions, region) {
		return true
	}
	for _, k := range model.Kinds {
		if _, ok := inv.Index(model.Cell{Chain: chain, Region: region, Kind: k}); ok {
			return true
		}
	}
	return false
}

// ParseRecord is Parse of the document of a journal's record, laid out so that what is wrong with it can be shown.
func ParseRecord(seq int64, document json.RawMessage, o Options) (*Document, error) {
	var b bytes.Buffer
	if err := json.Indent(&b, document, "", "  "); err != nil {
		b.Reset()
		b.Write(document)
	}
	return Parse(fmt.Sprintf("the routes of record %d", seq), b.Bytes(), o)
}
