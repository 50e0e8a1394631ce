package rehearsal

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"switchyard/model"
)

var tenantFaultCases = map[string]faultCase{
	"catalog-shared":  {"blue", livesAlone, nil},
	"catalog-crowded": {"blue", isUncrowded, nil},
	"catalog-burst":   {"blue", isSteady, nil},
}

func livesAlone(t *testing.T, w *World) error {
	in, err := catalog(t, w, model.Blue).Tenants(t.Context())
	if uses, _ := in.Others([]string{watchUser, actUser, "bacula"}); err == nil && len(uses) > 0 {
		err = errors.New(uses[0])
	}
	return err
}

func isUncrowded(t *testing.T, w *World) error {
	f, err := catalog(t, w, model.Blue).Figures(t.Context())
	if err == nil && f.MostAtOnce > f.MayAtOnce/2 {
		err = fmt.Errorf("%d of %d connections", f.MostAtOnce, f.MayAtOnce)
	}
	return err
}

func isSteady(t *testing.T, w *World) error {
	cat := catalog(t, w, model.Blue)
	was, err := cat.Figures(t.Context())
	w.Clock().Advance(time.Minute)
	is, again := cat.Figures(t.Context())
	if err := errors.Join(err, again); err != nil {
		return err
	}
	questions, connects := is.Questions-was.Questions, is.Connects-was.Connects // of a minute of the world
	if questions < 60*50 || questions > 60*200 || connects < 12 || connects > 60 {
		return fmt.Errorf("%d statements and %d connections in a minute", questions, connects)
	}
	return nil
}
