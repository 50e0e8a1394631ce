package config

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"switchyard/model"
)

const routesTimeout = 30 * time.Second

// Routes is how routes documents are written here, and who else owns the one in force. The zero value: nobody, and without extensions.
type Routes struct {
	Extensions bool     // a list of rules for a region, and except_chains: whatever reads the document must understand them
	Get        []string // argument vector that prints the document of the organisation's control plane; nil: the journal's is in force
}

func (l *loader) routes(n *node) {
	f, ok := l.fields(n, "extensions", "get")
	if !ok {
		return
	}
	if n := f.get("extensions"); n != nil {
		l.c.Routes.Extensions = l.word(n, "no", "yes") == "yes"
	}
	if n := f.get("get"); n != nil {
		l.c.Routes.Get = l.argv(n, "write an argument vector that prints the routes document of your control plane")
	}
}

// FetchRoutes runs the command that prints the control plane's document, for as long as ctx lasts and at most 30 s. It gives the text and
// what to call it in errors; ErrNone when no command is configured.
func (c *Config) FetchRoutes(ctx context.Context) (title string, text []byte, err error) {
	if c.Routes.Get == nil {
		return "", nil, fmt.Errorf("fetching the routes: %w: no routes.get in %s", model.ErrNone, model.Clean(c.Path))
	}
	text, err = output(ctx, c.Routes.Get, c.loader.dir, maxText, routesTimeout, true)
	if err != nil {
		return "", nil, fmt.Errorf("fetching the routes: %w", err)
	}
	if len(text) == 0 {
		return "", nil, errors.New("fetching the routes: " + model.Clean(c.Routes.Get[0]) + " printed nothing; run it by hand")
	}
	return "output of " + filepath.Base(c.Routes.Get[0]), text, nil
}
