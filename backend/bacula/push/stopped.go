package push

import (
	"context"
	"fmt"
	"regexp"
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
		return fmt.Errorf("%s: %w", doing, refuse("it is not proven: %s", model.Clean(strings.Join(against[:min(len(against), mostNamed)], " / "))))
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
	catalogBlock = regexp.MustCompile(`(?is)\bcatalog\s*\{[^{}]*\}`)
	dbAddress    = regexp.MustCompile(`(?im)([{;\n]\s*d\s*b\s*address\s*=\s*)("[^"\n]*"|[^\s;#}"]+)`)
	dbPort       = regexp.MustCompile(`(?im)([{;\n]\s*d\s*b\s*port\s*=\s*)("[^"\n]*"|[^\s;#}"]+)`)
)

// CatalogAt is the address and port that the Catalog resources of a configuration name, host:port, once each; the port is 3306 where none
// is said.
func CatalogAt(text string) (at []string) {
	for _, block := range catalogBlock.FindAllString(text, -1) {
		host, port := dbAddress.FindStringSubmatch(block), dbPort.FindStringSubmatch(block)
		if host == nil {
			continue
		}
		p := "3306"
		if port != nil {
			p = strings.Trim(port[2], `"`)
		}
		at = append(at, strings.Trim(host[2], `"`)+":"+p)
	}
	return at
}

// Repointed is a configuration with another server in its one Catalog resource. The error says what it lacks.
func Repointed(text, from, to string) (string, error) {
	at := CatalogAt(text)
	if len(at) != 1 {
		return "", fmt.Errorf("it has %d Catalog resources with a DB Address, and not one", len(at))
	}
	if at[0] == to {
		return text, nil
	}
	if at[0] != from {
		return "", fmt.Errorf("its Catalog resource names %s, and not %s: look at it, and begin anew", model.Clean(at[0]), from)
	}
	host, port, ok := cutLast(to)
	if !ok || model.CheckName("the host", host, "-:") != nil {
		return "", fmt.Errorf("%s is no host:port", model.Clean(to))
	}
	out := catalogBlock.ReplaceAllStringFunc(text, func(block string) string {
		if dbAddress.FindStringIndex(block) == nil {
			return block
		}
		if dbPort.FindStringIndex(block) == nil {
			block = strings.Replace(block, "{", "{\n  DB Port = "+port, 1)
		}
		block = dbAddress.ReplaceAllString(block, `${1}"`+host+`"`)
		return dbPort.ReplaceAllString(block, "${1}"+port)
	})
	if now := CatalogAt(out); len(now) != 1 || now[0] != to {
		return "", fmt.Errorf("it would name %v, and not %s", now, to)
	}
	for _, s := range []string{text, out} { // what it was read with before must still read it
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

// Repoint writes another server into the Catalog resource of a Director's own configuration.
func (t *Target) Repoint(ctx context.Context, file, from, to string) error {
	doing := "pointing the catalog of " + t.Director + " at " + to
	live, err := t.Files.Read(ctx, file)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	text, err := Repointed(live, from, to)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	like, err := t.Files.Stat(ctx, file)
	if err == nil && like.Type != regular {
		err = fmt.Errorf("%s is a %s, and not a regular file", file, like.Type)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err)
	}
	if err := t.put(ctx, file, text, like, live); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
