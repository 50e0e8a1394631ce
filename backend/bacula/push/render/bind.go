package render

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"switchyard/model"
)

// defaultFileSet names one for each cell, so that no two kinds share one.
var defaultFileSet, _ = model.ParseNameTemplate("fs-{chain}-{region}-{kind}")

// filled are the settings with what is said of nothing.
func (s Settings) filled() Settings {
	if s.FileSet.String() == "" {
		s.FileSet = defaultFileSet
	}
	for kind, level := range [2]string{"Incremental", "Full"} {
		if s.Levels[kind] == "" {
			s.Levels[kind] = level
		}
	}
	if s.Port == 0 {
		s.Port = 9102
	}
	if s.Jobs == 0 {
		s.Jobs = 1
	}
	if s.Address == "" {
		s.Address = "{client}"
	}
	return s
}

func (s *Settings) client(pattern, client string) string {
	return strings.ReplaceAll(pattern, "{client}", client)
}

func (s *Settings) cell(pattern string, c model.Cell) string {
	pattern = strings.ReplaceAll(pattern, "{chain}", c.Chain) // no name holds a brace
	return strings.ReplaceAll(strings.ReplaceAll(pattern, "{region}", c.Region), "{kind}", c.Kind.String())
}

// binder gives cells their names and remembers who has which.
type binder struct {
	in *Input
	by map[string]map[string]model.Cell // by kind of resource and name
}

// job is the Job of a cell but for its schedule. What a template may set anywhere is refused here unless it is harmless without quotes.
func (b *binder) job(p model.Placement) (j Job, err error) {
	s := &b.in.Settings
	c := p.Cell
	j = Job{
		Name: b.in.Names.Name(c), JobDefs: s.JobDefs, Level: s.Levels[c.Kind], Client: p.Client, FileSet: s.FileSet.Name(c),
		Storage: p.Storage, Pool: p.Pool, Messages: s.Messages, Chain: c.Chain, Region: c.Region, Kind: c.Kind.String(), Tier: p.Tier,
	}
	if j.Pool == "" {
		j.Pool = s.Pool
	}
	if j.Storage == "" {
		j.Storage = s.Storage
	}
	for _, n := range []struct {
		what, name, more string
		need             bool
	}{
		{"the chain", c.Chain, "", true},
		{"the region", c.Region, "", true},
		{"the Job's name", j.Name, "", true},
		{"the Client", j.Client, " ", true},
		{"the FileSet's name", j.FileSet, "", true},
		{"the Pool", j.Pool, " ", true},
		{"the Storage", j.Storage, " ", false},
		{"the Messages", j.Messages, " ", true},
		{"the Catalog", s.Catalog, " ", true},
		{"the JobDefs", j.JobDefs, " ", false},
	} {
		if n.name == "" && n.need {
			return j, fmt.Errorf("cell %s: %s has no name: write it in the inventory or under push", model.Clean(c.String()), n.what)
		}
		if err := model.CheckName(n.what, n.name, n.more); err != nil {
			return j, fmt.Errorf("cell %s: %w", model.Clean(c.String()), err)
		}
		if strings.HasSuffix(n.name, " ") {
			return j, fmt.Errorf("cell %s: %s %q ends with a blank", model.Clean(c.String()), n.what, n.name)
		}
	}
	for _, n := range [][2]string{{"Job", j.Name}, {"FileSet", j.FileSet}} {
		what, name := n[0], n[1]
		if b.by[what] == nil {
			b.by[what] = map[string]model.Cell{}
		}
		if first, taken := b.by[what][name]; taken && first != c {
			return j, fmt.Errorf("cells %s and %s would share the %s %s", first, c, what, name)
		}
		b.by[what][name] = c
	}
	return j, nil
}

// printable refuses values that are made of patterns and could end the quotes that a template puts around them.
func (v *view) printable() error {
	for _, c := range v.Clients {
		for _, n := range [][2]string{{"address", c.Address}, {"password's file", c.Password}} {
			if err := harmless(n[1]); err != nil {
				return fmt.Errorf("client %s: its %s %w", c.Name, n[0], err)
			}
		}
		if !strings.HasPrefix(c.Password, "/") {
			return fmt.Errorf("client %s: its password's file %q is no whole path", c.Name, c.Password)
		}
	}
	for _, f := range v.FileSets {
		if err := harmless(f.Data); err != nil {
			return fmt.Errorf("cell %s %s %s: what its FileSet holds %w", f.Chain, f.Region, f.Kind, err)
		}
	}
	return nil
}

func harmless(text string) error {
	switch {
	case text == "":
		return errors.New("is not said")
	case len(text) > 1000 || !utf8.ValidString(text) || model.Clean(text) != text || strings.ContainsAny(text, "\"\\\t{}|<"):
		return fmt.Errorf(`cannot hold line breaks, quotes, braces, backslashes, | or < : %q`, model.Clean(text))
	}
	return nil
}
