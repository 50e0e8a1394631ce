package model

import (
	"errors"
	"fmt"
	"strings"
)

// ErrTemplate is the kind of every job-name template that cannot be used.
var ErrTemplate = errors.New("job name")

// NameTemplate makes job names: fixed text with {chain}, {region} and {kind}. The zero value makes none.
type NameTemplate struct {
	text  string
	parts []namePart
}

type namePart struct {
	holder string // chain, region or kind; empty for fixed text
	fixed  string
}

// ParseNameTemplate reads the template of backup jobs, which must have {chain}, {region} and {kind} once each, with text
// between them. The error is a *Mistake.
func ParseNameTemplate(text string) (NameTemplate, error) {
	t, err := parseNameTemplate(text)
	if err != nil {
		return NameTemplate{}, err
	}
	for _, holder := range []string{"chain", "region", "kind"} {
		if !t.has(holder) {
			return NameTemplate{}, &Mistake{Kind: ErrTemplate, Text: text, Line: 1, Column: len(text) + 1,
				Says: "{" + holder + "} is missing: cells would share a name", Do: "write such as backup-{chain}-{region}-{kind}"}
		}
	}
	return t, nil
}

// ParseRestoreTemplate reads the template of restore jobs, which may leave out any placeholder. The error is a *Mistake.
func ParseRestoreTemplate(text string) (NameTemplate, error) { return parseNameTemplate(text) }

func parseNameTemplate(text string) (NameTemplate, error) {
	t := NameTemplate{text: text}
	fail := func(column int, says, do string) (NameTemplate, error) {
		return NameTemplate{}, &Mistake{Kind: ErrTemplate, Text: text, Line: 1, Column: column, Says: says, Do: do}
	}
	const example = "write such as backup-{chain}-{region}-{kind}"
	if text == "" {
		return fail(1, "it is empty", example)
	}
	if len(text) > nameLimit {
		return fail(nameLimit+1, fmt.Sprintf("it has %d bytes", len(text)), "keep names short: Bacula cuts them")
	}
	for i := 0; i < len(text); {
		if text[i] != '{' {
			end := i
			for end < len(text) && text[end] != '{' {
				end++
			}
			fixed := text[i:end]
			lead := ""
			if i > 0 {
				lead = "x" // what may not start a name may stand within one
			}
			if bad := nameFault(lead+fixed, ""); bad >= 0 {
				at := i + bad - len(lead)
				return fail(at+1, quoteFirst(text[at:])+" cannot stand there in a name",
					"write ASCII letters and digits, and after the first of them also _ - . : +")
			}
			t.parts = append(t.parts, namePart{fixed: fixed})
			i = end
			continue
		}
		holder, _, closed := strings.Cut(text[i+1:], "}")
		switch {
		case !closed:
			return fail(i+1, "the brace is not closed", example)
		case holder != "chain" && holder != "region" && holder != "kind":
			return fail(i+1, fmt.Sprintf("{%s} is not a placeholder", Clean(holder)), "write {chain}, {region} or {kind}")
		case t.has(holder):
			return fail(i+1, "{"+holder+"} is there twice", "leave one out")
		case len(t.parts) > 0 && t.parts[len(t.parts)-1].holder != "":
			return fail(i+1, fmt.Sprintf("nothing separates {%s} from {%s}: two cells could share a name", t.parts[len(t.parts)-1].holder, holder),
				"put text between them, such as -")
		}
		t.parts = append(t.parts, namePart{holder: holder})
		i += len(holder) + 2
	}
	return t, nil
}

func (t NameTemplate) has(holder string) bool {
	for _, p := range t.parts {
		if p.holder == holder {
			return true
		}
	}
	return false
}

// String is the template as it was written.
func (t NameTemplate) String() string { return t.text }

// Name is the job name of a cell.
func (t NameTemplate) Name(c Cell) string {
	var b strings.Builder
	b.Grow(len(t.text) + len(c.Chain) + len(c.Region))
	for _, p := range t.parts {
		switch p.holder {
		case "chain":
			b.WriteString(c.Chain)
		case "region":
			b.WriteString(c.Region)
		case "kind":
			b.WriteString(c.Kind.String())
		default:
			b.WriteString(p.fixed)
		}
	}
	return b.String()
}

// Told is what a restore job's name tells; what its template leaves out is empty.
type Told struct {
	Chain   string
	Region  string
	Kind    Kind
	HasKind bool
}

func (t NameTemplate) tells(c Cell) (told Told) {
	if t.has("chain") {
		told.Chain = c.Chain
	}
	if t.has("region") {
		told.Region = c.Region
	}
	if t.has("kind") {
		told.Kind, told.HasKind = c.Kind, true
	}
	return told
}

// Names maps the cells of one inventory to job names and back, exactly: a name is that of one cell or of none.
type Names struct {
	inv             *Inventory
	backup, restore NameTemplate
	cells           map[string]Cell
	told            map[string]Told
}

// Inventory is the one that the names are of.
func (n *Names) Inventory() *Inventory { return n.inv }

// BindNames makes every name of an inventory, and refuses templates under which two cells, or a backup and a restore, share
// one, or under which a name is longer than Bacula keeps it. The zero restore template names no restore jobs.
func BindNames(inv *Inventory, backup, restore NameTemplate) (*Names, error) {
	n := &Names{inv: inv, backup: backup, restore: restore, cells: make(map[string]Cell, len(inv.Cells)), told: map[string]Told{}}
	for _, p := range inv.Cells {
		name := backup.Name(p.Cell)
		if err := checkLength(backup, name); err != nil {
			return nil, err
		}
		if other, taken := n.cells[name]; taken {
			return nil, shared(backup, name, other.String(), p.Cell.String(), "change what stands between the placeholders")
		}
		n.cells[name] = p.Cell
	}
	if restore.text == "" {
		return n, nil
	}
	for _, p := range inv.Cells {
		name, told := restore.Name(p.Cell), restore.tells(p.Cell)
		if err := checkLength(restore, name); err != nil {
			return nil, err
		}
		if other, taken := n.told[name]; taken && other != told {
			return nil, shared(restore, name, other.String(), told.String(), "change what stands between the placeholders")
		}
		if c, taken := n.cells[name]; taken {
			return nil, shared(restore, name, "the backup of "+c.String(), "a restore", "give restores another name")
		}
		n.told[name] = told
	}
	return n, nil
}

func checkLength(t NameTemplate, name string) error {
	if len(name) <= jobNameLimit {
		return nil
	}
	return &Mistake{Kind: ErrTemplate, Text: t.text, Line: 1, Column: 1, Says: fmt.Sprintf("%s has %d bytes", name, len(name)),
		Do: fmt.Sprintf("keep names within %d: Bacula cuts them to form the unique name of a job", jobNameLimit)}
}

func shared(t NameTemplate, name, a, b, do string) error {
	return &Mistake{Kind: ErrTemplate, Text: t.text, Line: 1, Column: 1, Says: fmt.Sprintf("%s would name %s and %s", name, a, b), Do: do}
}

func (t Told) String() string {
	words := []string{"restores"}
	for _, w := range []string{t.Chain, t.Region} {
		if w != "" {
			words = append(words, w)
		}
	}
	if t.HasKind {
		words = append(words, t.Kind.String())
	}
	return strings.Join(words, " ")
}

// Name is the name of a cell's backup job.
func (n *Names) Name(c Cell) string { return n.backup.Name(c) }

// Cell gives the cell that a backup job of that name backs up; false when it is no cell's.
func (n *Names) Cell(job string) (Cell, bool) {
	c, ok := n.cells[job]
	return c, ok
}

// RestoreName is the name of the job that restores a cell; false when restores have no template.
func (n *Names) RestoreName(c Cell) (string, bool) { return n.restore.Name(c), n.restore.text != "" }

// Told says what the name of a restore job tells; false when it is not the name of one.
func (n *Names) Told(job string) (Told, bool) {
	t, ok := n.told[job]
	return t, ok
}

// JobName takes the start time and number off a unique Job name, name.2026-11-22_06.06.37_03; false when it has none.
func JobName(unique string) (string, bool) {
	const shape = ".dddd-dd-dd_dd.dd.dd"
	cut := strings.LastIndexByte(unique, '_')
	if cut <= len(shape) || len(unique)-cut < 3 {
		return unique, false
	}
	for _, c := range []byte(unique[cut+1:]) {
		if c < '0' || c > '9' {
			return unique, false
		}
	}
	start := cut - len(shape)
	for i, c := range []byte(unique[start:cut]) {
		if want := shape[i]; want == 'd' && (c < '0' || c > '9') || want != 'd' && c != want {
			return unique, false
		}
	}
	return unique[:start], true
}
