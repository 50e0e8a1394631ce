package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push"
	"switchyard/model"
	"switchyard/model/plan"
)

// Drilled is how the Director that a drill brings up is seen to be able to do no harm.
type Drilled struct {
	Is     plan.Apart                            // as the configuration has it
	Conf   func(context.Context) (string, error) // prints the Director's whole configuration
	Read   func(context.Context) (bacula.DirectorSight, error)
	Copy   *bacula.Catalog
	Others []*bacula.Catalog // those that are in use
}

// unwritten are the statuses of volumes that no Director has anything written to, nor recycles.
var unwritten = append([]string{"Error", "Cleaning"}, sealed...)

// look judges a Director before it is started, and once it runs.
func (d *Drilled) look(ctx context.Context, a *plan.Apart) (Sight, error) {
	is := *a
	if is.Runs = false; is != d.Is {
		return Sight{}, fmt.Errorf("the configuration has another Director for a drill: %s at %s on %s", d.Is.Director, d.Is.At, d.Is.Database)
	}
	_, port, err := net.SplitHostPort(a.At)
	if err != nil {
		return Sight{}, fmt.Errorf("where a drill's Director listens: %w", err)
	}
	text, err := d.Conf(ctx)
	if err != nil {
		return Sight{}, fmt.Errorf("reading the configuration of %s: %w", a.Director, err)
	}
	alone := push.Alone{Director: a.Director, Port: port, Catalog: a.Catalog, Database: a.Database}
	harms, restores, err := alone.Harms(text)
	switch {
	case err != nil:
		return Sight{}, fmt.Errorf("reading the configuration of %s: %w", a.Director, err)
	case len(harms) > 0:
		return Sight{Verdict: model.Fails, Says: strings.Join(harms, "; ")}, nil
	case len(restores) == 0:
		return Sight{Verdict: model.Fails, Says: "it has no restore job"}, nil
	}
	if a.Runs {
		return d.running(ctx, a, restores)
	}
	return d.copied(ctx, a)
}

// copied wants the copy to be none of the catalogs that are in use, nor on a server of theirs, and none of its volumes to be one that can
// be written to.
func (d *Drilled) copied(ctx context.Context, a *plan.Apart) (Sight, error) {
	identity := func(c *bacula.Catalog) (string, error) {
		if _, err := c.Clock(ctx); err != nil {
			return "", err
		}
		_, _, id := c.Host()
		if id == "" {
			return "", errors.New("its server does not tell who it is")
		}
		return id, nil
	}
	is, err := identity(d.Copy)
	if err != nil {
		return Sight{}, fmt.Errorf("which catalog the copy is: %w", err)
	}
	for _, other := range d.Others {
		id, err := identity(other)
		if err != nil {
			return Sight{}, fmt.Errorf("whether the copy is a catalog that is in use: %w", err)
		}
		if harm := besides(is, id); harm != "" {
			return Sight{Verdict: model.Fails, Says: model.Clean(harm)}, nil
		}
	}
	volumes, err := d.Copy.Space(ctx)
	if err != nil {
		return Sight{}, err
	}
	open := 0
	for i := range volumes {
		if !slices.Contains(unwritten, volumes[i].Status) {
			open++
		}
	}
	if open > 0 {
		return Sight{Verdict: model.Fails, Says: fmt.Sprintf("%d of %s in the copy can be written to: mark them Read-Only there", open,
			model.Plural(len(volumes), "volume"))}, nil
	}
	says := fmt.Sprintf("%s; its %s are Read-Only there", is, model.Plural(len(volumes), "volume"))
	return Sight{Verdict: model.Holds, Says: model.Clean(says)}, nil
}

// besides tells what is wrong with a copy by its identity and that of a catalog which is in use: on the same server it would take the
// place and the time of that. Empty: nothing.
func besides(is, used string) string {
	if is == used {
		return "it is no copy: " + is + " is in use"
	}
	server, _, _ := strings.Cut(is, " / ")
	if of, _, _ := strings.Cut(used, " / "); of == server {
		return "its server is in use: " + is + " is beside " + used
	}
	return ""
}

// running wants the Director to say the same of itself.
func (d *Drilled) running(ctx context.Context, a *plan.Apart, restores []string) (Sight, error) {
	sight, err := d.Read(ctx)
	if err != nil {
		return Sight{}, err
	}
	of := &sight.Director
	wants, err := useOf(a)
	switch {
	case err != nil:
		return Sight{}, err
	case of.Name != a.Director:
		return Sight{Verdict: model.Fails, Says: model.Clean("it calls itself " + of.Name)}, nil
	case of.Uses.Database == "" || !of.OffKnown:
		return Sight{}, errors.New("it does not tell which catalog it uses, or which jobs are switched off")
	case of.Uses.At() != wants.At():
		return Sight{Verdict: model.Fails, Says: model.Clean("its catalog is " + of.Uses.At())}, nil
	}
	for _, job := range of.Jobs {
		if !slices.Contains(restores, job) && !slices.Contains(of.Off, job) {
			return Sight{Verdict: model.Fails, Says: model.Clean("job " + job + " is not switched off")}, nil
		}
	}
	return Sight{Verdict: model.Holds, Says: model.Clean(fmt.Sprintf("its catalog is %s; of %s all but %s are off", of.Uses.At(),
		model.Plural(len(of.Jobs), "job"), model.Plural(len(restores), "restore")))}, nil
}

// useOf is the copy as a Director names it.
func useOf(a *plan.Apart) (u model.CatalogUse, err error) {
	host, port, err := net.SplitHostPort(a.Catalog)
	if err != nil {
		return u, fmt.Errorf("where the copy of the catalog is: %w", err)
	}
	u = model.CatalogUse{Address: host, Database: a.Database}
	if _, err := fmt.Sscanf(port, "%d", &u.Port); err != nil {
		return u, fmt.Errorf("where the copy of the catalog is: %w", err)
	}
	return u, nil
}
