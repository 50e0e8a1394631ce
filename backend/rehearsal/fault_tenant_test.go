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
	"catalog-plain":   {"green", isSealed, nil},
}

// isSealed asks the server whether it lets in encrypted sessions only, and which of the Director's account's are not.
func isSealed(t *testing.T, w *World) error {
	db := openDB(t, w, model.Green)
	var only, open int
	err := db.QueryRowContext(t.Context(), "SELECT @@require_secure_transport").Scan(&only)
	if err != nil {
		return err
	}
	for _, st := range closedList(model.Green) {
		if st.Name != "ciphers of sessions" {
			continue
		}
		rows, err := db.QueryContext(t.Context(), st.Text)
		if err != nil {
			return err
		}
		for rows.Next() {
			var user, cipher string
			if err := rows.Scan(&user, &cipher); err != nil {
				return err
			}
			if user == "bacula" && cipher == "" {
				open++
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	if only != 1 || open > 0 {
		return fmt.Errorf("%d sessions of the Director's are not encrypted", open)
	}
	return nil
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
