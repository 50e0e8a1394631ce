package push

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"strings"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// Catalog says where a Director's Catalog resource points, and where it is to point.
type Catalog struct {
	From, To           string // host:port; no From: whatever it points at
	User, PasswordFile string // the account from then on, and the file of the host that holds its password in quotes; empty: as before
}

// said is the value of a directive in the one Catalog resource of a configuration; empty: it does not say.
func said(text string, directive *regexp.Regexp) string {
	block := catalogBlock().FindString(bare(text))
	if m := directive.FindStringSubmatch(block); m != nil {
		return strings.Trim(m[2], `"`)
	}
	return ""
}

// CatalogUser is the account that the Catalog resource of a configuration logs in with; empty: it does not say.
func CatalogUser(text string) string { return said(text, dbUser()) }

// CatalogCA is the file of the certificates that may sign the server's, as the Catalog resource names it; empty: it does not say.
func CatalogCA(text string) string { return said(text, dbCA()) }

// as is a configuration whose one Catalog resource logs in with another account.
func (c *Catalog) as(text string) (string, error) {
	if c.User == "" {
		return text, nil
	}
	if model.CheckName("the account", c.User, "-._") != nil || !path.IsAbs(c.PasswordFile) ||
		strings.ContainsAny(c.PasswordFile, " \t\n;,#=\"{}") {
		return "", fmt.Errorf("%s with its password in %s can be no account in a configuration", model.Clean(c.User), model.Clean(c.PasswordFile))
	}
	for _, d := range []struct {
		of          *regexp.Regexp
		name, value string
	}{{dbUser(), "DB User", `"` + c.User + `"`}, {dbPassword(), "DB Password", "@" + c.PasswordFile}} {
		plain := bare(text)
		at := catalogBlock().FindStringIndex(plain)
		if at == nil {
			return "", fmt.Errorf("it has no Catalog resource")
		}
		block := plain[at[0]:at[1]]
		if m := d.of.FindStringSubmatchIndex(block); m != nil {
			text = text[:at[0]+m[4]] + d.value + text[at[0]+m[5]:]
			continue
		}
		from := at[0] + strings.IndexByte(block, '{') + 1
		text = text[:from] + "\n  " + d.name + " = " + d.value + text[from:]
	}
	if CatalogUser(text) != c.User || said(text, dbPassword()) != "@"+c.PasswordFile {
		return "", fmt.Errorf("it would not log in as %s", model.Clean(c.User))
	}
	if _, err := conf.Parse(text, conf.Options{Path: "bacula-dir.conf", Leave: true}); err != nil {
		return "", err
	}
	return text, nil
}

// Repoint writes another server, and perhaps another account, into the Catalog resource of a Director's own configuration: once bacula-dir
// -t has taken it, which logs in by it, and once the certificates that it trusts cover the server.
func (t *Target) Repoint(ctx context.Context, file string, c Catalog) error {
	doing := "pointing the catalog of " + t.Director + " at " + c.To
	refused := func(err error) error { return fmt.Errorf("%s: %w: %w", doing, model.ErrNotDone, err) }
	live, err := t.Files.Read(ctx, file)
	if err != nil {
		return refused(err)
	}
	text, err := Repointed(live, c.From, c.To)
	if err == nil {
		text, err = c.as(text)
	}
	if err != nil {
		return refused(err)
	}
	like, err := t.Files.Stat(ctx, file)
	if err == nil && like.Type != regular {
		err = fmt.Errorf("%s is a %s, and not a regular file", file, like.Type)
	}
	if err == nil {
		err = t.trusts(ctx, text, c.To)
	}
	if err == nil {
		err = t.tested(ctx, file, live, text)
	}
	if err != nil {
		return refused(err)
	}
	if err := t.put(ctx, file, text, like, live); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// trusts refuses a configuration whose own certificates do not cover the server: it would be refused by it, or not encrypt.
func (t *Target) trusts(ctx context.Context, text, to string) error {
	ca := CatalogCA(text)
	if ca == "" || t.Covers == nil {
		return nil
	}
	pem, err := t.Files.Read(ctx, ca)
	if err != nil {
		return fmt.Errorf("reading DB SSL CA: %w", err)
	}
	if err := t.Covers(ctx, to, []byte(pem)); err != nil {
		return fmt.Errorf("the certificates of DB SSL CA (%s) are not proven to cover %s: %w", model.Clean(ca), model.Clean(to), err)
	}
	return nil
}

// tested lets bacula-dir -t read the Director's whole configuration with the new text in its place.
func (t *Target) tested(ctx context.Context, file, live, text string) error {
	if t.Test == nil || t.Own == nil {
		return fmt.Errorf("there is no bacula-dir -t to prove it: write conf and test in push")
	}
	own, err := t.Own(ctx)
	if err != nil {
		return err
	}
	o := conf.Options{Path: "the Director's own configuration", Leave: true}
	whole := text
	if strings.TrimSpace(own) != strings.TrimSpace(live) { // it is included by the Director's own
		if whole, err = conf.Splice(o, own, file, "\n"+text); err != nil {
			return err
		}
	}
	if routed, err := t.Files.Read(ctx, t.File); err == nil { // the test may run where that file is not
		if spliced, err := conf.Splice(o, whole, t.File, "\n"+routed); err == nil {
			whole = spliced
		}
	}
	switch v, says := t.Test(ctx, whole); v {
	case model.Holds:
		return nil
	case model.Fails:
		return fmt.Errorf("bacula-dir -t refuses it: %s", says)
	default:
		return fmt.Errorf("bacula-dir -t could not prove it: %s", says)
	}
}
