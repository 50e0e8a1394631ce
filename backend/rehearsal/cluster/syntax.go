package cluster

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// resource is one of a Director's configuration: directives by their names as Bacula compares them, in lower case without spaces. What
// stands in a block of it has the block's name before it, such as "include.file".
type resource struct {
	kind, name string
	at         string // where it begins
	says       []said
}

// said is a directive and one of its values. A Director of a full world has tens of thousands, and four Directors stand in a world: a list
// of them takes a third of what a map would.
type said struct{ directive, value string }

// get is a directive's value, or nothing.
func (r *resource) get(directive string) string {
	for _, s := range r.says {
		if s.directive == directive {
			return s.value
		}
	}
	return ""
}

// has tells whether a resource says a directive at all.
func (r *resource) has(directive string) bool {
	return slices.ContainsFunc(r.says, func(s said) bool { return s.directive == directive })
}

// every is all values of a directive, in their order.
func (r *resource) every(directive string) (values []string) {
	for _, s := range r.says {
		if s.directive == directive {
			values = append(values, s.value)
		}
	}
	return values
}

// mostIncluded is how deep files may include one another.
const mostIncluded = 10

// resources reads a configuration file with what it includes, in Bacula's syntax.
func resources(path string, read func(string) ([]byte, error)) ([]*resource, error) {
	p := &parser{read: read, texts: map[string]string{}}
	if err := p.file(path, 0); err != nil {
		return nil, err
	}
	if p.in != nil {
		return nil, fmt.Errorf("end of file in resource %s that begins at %s", p.in.kind, p.in.at)
	}
	return p.out, nil
}

type parser struct {
	read   func(path string) ([]byte, error)
	out    []*resource
	in     *resource
	blocks []string
	texts  map[string]string
}

// once is a text that all who say the same share, without the line that it stood in.
func (p *parser) once(text string) string {
	kept, ok := p.texts[text]
	if !ok {
		kept = strings.Clone(text)
		p.texts[kept] = kept
	}
	return kept
}

func (p *parser) file(path string, depth int) error {
	text, err := p.read(path)
	if err != nil {
		//lint:ignore ST1005 These are Bacula's own words.
		return fmt.Errorf("Cannot open config file %s: %w", path, errors.Unwrap(err))
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		at := fmt.Sprintf("line %d of file %s", n, path)
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "@"); ok {
			name = strings.Trim(name, `"`)
			switch {
			case strings.HasPrefix(name, "|"):
				return fmt.Errorf("%s: the rehearsal includes no command's output", at)
			case depth == mostIncluded:
				return fmt.Errorf("%s: files include one another more than %d deep", at, mostIncluded)
			case !filepath.IsAbs(name):
				name = filepath.Join(filepath.Dir(path), name)
			}
			if err := p.file(name, depth+1); err != nil {
				return fmt.Errorf("%w: %s", err, at)
			}
			continue
		}
		statements, err := split(line)
		if err != nil {
			return fmt.Errorf("%w: %s", err, at)
		}
		for _, s := range statements {
			if err := p.statement(s, at); err != nil {
				return fmt.Errorf("%w: %s", err, at)
			}
		}
	}
	return nil
}

// keyword is a directive's name as Bacula compares it.
func keyword(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }

func (p *parser) statement(s, at string) error {
	key, value, set := strings.Cut(s, "=")
	opens := strings.HasSuffix(s, "{")
	switch {
	case s == "}" && len(p.blocks) > 0:
		p.blocks = p.blocks[:len(p.blocks)-1]
	case s == "}" && p.in != nil:
		p.in.name = p.in.get("name")
		p.in.says = slices.Clip(p.in.says)
		p.out, p.in = append(p.out, p.in), nil
	case opens && p.in == nil && !set:
		kind := keyword(strings.TrimSuffix(s, "{"))
		if _, known := kinds[kind]; !known {
			return fmt.Errorf("expected resource name, got: %s", strings.TrimSpace(strings.TrimSuffix(s, "{")))
		}
		p.in = &resource{kind: kind, at: at}
	case opens && p.in != nil:
		name := keyword(strings.TrimSuffix(strings.TrimSuffix(s, "{"), "= "))
		if err := p.permitted(strings.TrimSuffix(name, "=")); err != nil {
			return err
		}
		p.blocks = append(p.blocks, strings.TrimSuffix(name, "="))
	case set && p.in != nil:
		name := keyword(key)
		if err := p.permitted(name); err != nil {
			return err
		}
		name = strings.Join(append(slices.Clone(p.blocks), name), ".")
		p.in.says = append(p.in.says, said{p.once(name), p.once(strings.Trim(strings.TrimSpace(value), `"`))})
	default:
		return fmt.Errorf("expected a resource or a directive, got: %s", s)
	}
	return nil
}

// permitted refuses a directive that a resource of this kind does not have. What stands in a block is not looked at.
func (p *parser) permitted(name string) error {
	if len(p.blocks) > 0 || slices.Contains(kinds[p.in.kind].permits, name) {
		return nil
	}
	//lint:ignore ST1005 These are Bacula's own words.
	return fmt.Errorf(
		"Keyword %q not permitted in this resource. Perhaps you left the trailing brace off of the previous resource.", name)
}

// split takes a line apart at what separates statements: a semicolon, and braces, which are statements themselves.
func split(line string) ([]string, error) {
	var out []string
	var b strings.Builder
	end := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			out = append(out, s)
		}
		b.Reset()
	}
	quoted := false
scan:
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
			b.WriteRune(r)
		case quoted:
			b.WriteRune(r)
		case r == '#':
			break scan
		case r == ';':
			end()
		case r == '{':
			b.WriteRune(r)
			end()
		case r == '}':
			end()
			out = append(out, "}")
		default:
			b.WriteRune(r)
		}
	}
	if quoted {
		return nil, errors.New("unterminated string")
	}
	end()
	return out, nil
}
