package push

import (
	"context"
	"fmt"
	"strings"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// Place gives a Director that does not run the file that is wanted, proven: whoever starts it loads it.
func (t *Target) Place(ctx context.Context, want func(context.Context) (*Wanted, error), lastGood string) error {
	doing := "writing the file of " + t.Director
	w, err := want(ctx)
	if err == nil && w.Text == "" {
		err = fmt.Errorf("there is nothing to be written")
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	if against := t.Prove(ctx, w); len(against) > 0 {
		return fmt.Errorf(
			"%s: %w",
			doing,
			refuse("it is not proven: %s", model.Clean(strings.Join(against[:min(len(against), model.MostNamed)], " / "))),
		)
	}
	live, err := t.Files.Read(ctx, t.File)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	if err := t.place(ctx, live, w.Text, lastGood); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// PlaceBack puts the file of a hash back into the place of a Director that does not run.
func (t *Target) PlaceBack(ctx context.Context, hash string) error {
	doing := "putting the last good file back for " + t.Director
	text, err := t.Last(ctx, hash)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	live, err := t.Files.Read(ctx, t.File)
	if err == nil {
		err = t.place(ctx, live, text, hash)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// Bacula reads a keyword without its spaces, and whatever its case.
var (
	catalogBlock = model.Pattern(`(?is)\bcatalog\s*\{[^{}]*\}`)
	dbAddress    = model.Pattern(`(?im)([{;\n]\s*d\s*b\s*address\s*=\s*)("[^"\n]*"|[^\s;#}"]+)`)
	dbUser       = model.Pattern(`(?im)([{;\n]\s*(?:d\s*b\s*)?user\s*=\s*)("[^"\n]*"|[^\s;#}"]+)`)
	dbPassword   = model.Pattern(`(?im)([{;\n]\s*(?:d\s*b\s*)?password\s*=\s*)(@"[^"\n]*"|"[^"\n]*"|[^\s;#}"]+)`)
	dbCA         = model.Pattern(`(?im)([{;\n]\s*d\s*b\s*s\s*s\s*l\s*c\s*a\s*=\s*)("[^"\n]*"|[^\s;#}"]+)`)
	dbPort       = model.Pattern(`(?im)([{;\n]\s*d\s*b\s*port\s*=\s*)("[^"\n]*"|[^\s;#}"]+)`)
)

// bare is a text with blanks in place of its comments, as long as it is.
func bare(text string) string {
	b, quoted, told := []byte(text), false, false
	for i, c := range b {
		switch {
		case c == '\n':
			quoted, told = false, false
		case told:
			b[i] = ' '
		case c == '"':
			quoted = !quoted
		case c == '#' && !quoted:
			b[i], told = ' ', true
		}
	}
	return string(b)
}

// catalogResource is a Catalog resource with an address: where its directives begin, and where its values are; port[0] is -1 without one.
type catalogResource struct {
	from       int
	host, port [2]int
}

func catalogResources(text string) (out []catalogResource) {
	text = bare(text)
	for _, at := range catalogBlock().FindAllStringIndex(text, -1) {
		block := text[at[0]:at[1]]
		host, port := dbAddress().FindStringSubmatchIndex(block), dbPort().FindStringSubmatchIndex(block)
		if host == nil {
			continue
		}
		r := catalogResource{
			from: at[0] + strings.IndexByte(block, '{') + 1,
			host: [2]int{at[0] + host[4], at[0] + host[5]},
			port: [2]int{-1, -1},
		}
		if port != nil {
			r.port = [2]int{at[0] + port[4], at[0] + port[5]}
		}
		out = append(out, r)
	}
	return out
}

// CatalogAt is the address and port that the Catalog resources of a configuration name, host:port, once each; the port is 3306 where none
// is said.
func CatalogAt(text string) (at []string) {
	for _, r := range catalogResources(text) {
		port := "3306"
		if r.port[0] >= 0 {
			port = strings.Trim(text[r.port[0]:r.port[1]], `"`)
		}
		at = append(at, strings.Trim(text[r.host[0]:r.host[1]], `"`)+":"+port)
	}
	return at
}

// Repointed is a configuration with another server in its one Catalog resource, which names from; empty: whatever it names. The error says
// what it lacks.
func Repointed(text, from, to string) (string, error) {
	at := CatalogAt(text)
	if len(at) != 1 {
		return "", fmt.Errorf("it has %d Catalog resources with a DB Address, and not one", len(at))
	}
	if at[0] == to {
		return text, nil
	}
	if from != "" && at[0] != from {
		return "", fmt.Errorf("its Catalog resource names %s, and not %s: look at it, and begin anew", model.Clean(at[0]), from)
	}
	host, port, ok := cutLast(to)
	if !ok || model.CheckName("the host", host, "-:") != nil {
		return "", fmt.Errorf("%s is no host:port", model.Clean(to))
	}
	r := catalogResources(text)[0]
	put := func(at [2]int, value string) { text = text[:at[0]] + value + text[at[1]:] }
	was, address := text, `"`+host+`"`
	switch {
	case r.port[0] < 0:
		put(r.host, address)
		text = text[:r.from] + "\n  DB Port = " + port + text[r.from:]
	case r.port[0] > r.host[0]:
		put(r.port, port)
		put(r.host, address)
	default:
		put(r.host, address)
		put(r.port, port)
	}
	out := text
	if now := CatalogAt(out); len(now) != 1 || now[0] != to {
		return "", fmt.Errorf("it would name %v, and not %s", now, to)
	}
	for _, s := range []string{was, out} { // what it was read with before must still read it
		if _, err := conf.Parse(s, conf.Options{Path: "bacula-dir.conf", Leave: true}); err != nil {
			return "", err
		}
	}
	return out, nil
}

func cutLast(at string) (host, port string, ok bool) {
	i := strings.LastIndexByte(at, ':')
	if i < 1 {
		return "", "", false
	}
	return at[:i], at[i+1:], strings.Trim(at[i+1:], "0123456789") == "" && at[i+1:] != ""
}
