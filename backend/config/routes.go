package config

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"switchyard/model"
)

const routesTimeout = 30 * time.Second

// Routes is how routes documents are written here, and who else owns the one in force. The zero value: nobody, and without extensions.
type Routes struct {
	Extensions bool     // a list of rules for a region, and except_chains: whatever reads the document must understand them
	Get        []string // argument vector that prints the document of the organisation's control plane; nil: the journal's is in force
	Put        []string // argument vector that puts another one in place of the one that is told beside it; nil: a person does
}

func (l *loader) routes(n *node) {
	f, ok := l.fields(n, "extensions", "get", "put")
	if !ok {
		return
	}
	if n := f.get("extensions"); n != nil {
		l.c.Routes.Extensions = l.word(n, "no", "yes") == "yes"
	}
	if n := f.get("get"); n != nil {
		l.c.Routes.Get = l.argv(n, "write an argument vector that prints the routes document of your control plane")
	}
	if n := f.get("put"); n != nil {
		l.c.Routes.Put = l.argv(n, `write an argument vector that reads {"was": ..., "is": ...} and puts is in the place of was`)
		if f.get("get") == nil {
			l.addMissing(f.n, "get", "write what prints the document: what is put there is compared with it")
		}
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

// PutRoutes lets the control plane put a document in the place of another one, for as long as ctx lasts and at most 30 s: routes.put reads
// {"was": ..., "is": ...}, and ends 0 when it did, 1 when it surely did not because another one is there. The error is ErrNotDone then, and
// where no command is configured.
func (c *Config) PutRoutes(ctx context.Context, was, is json.RawMessage) error {
	if c.Routes.Put == nil {
		return fmt.Errorf("putting the routes: %w: no routes.put in %s", model.ErrNotDone, model.Clean(c.Path))
	}
	told, err := json.Marshal(map[string]json.RawMessage{"was": was, "is": is})
	if err != nil {
		return fmt.Errorf("putting the routes: %w: %w", model.ErrNotDone, err)
	}
	_, err = answer(ctx, bytes.NewReader(told), c.Routes.Put, c.loader.dir, maxText, routesTimeout, true)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && (errors.As(err, &exit) && exit.ExitCode() == 1 || errors.Is(err, exec.ErrNotFound)):
		return fmt.Errorf("putting the routes: %w: %w", model.ErrNotDone, err)
	}
	return fmt.Errorf("putting the routes: %w", err)
}
