package main

import (
	"context"
	"errors"
	"slices"

	"switchyard/backend/config"
	"switchyard/backend/mysql"
	"switchyard/backend/mysql/schema"
	"switchyard/model"
	"switchyard/model/board"
)

var errNoSplit = errors.New("the configuration has no act.split: nobody may look at who uses blue's schema")

// leaving are blue's schema on its servers, as the login of act.split sees them, which is read for nothing else.
func leaving(cfg *config.Config) (out []schema.Schema, err error) {
	s := &cfg.Act.Split
	if s.Login.User == "" {
		return nil, errNoSplit
	}
	blue := cfg.Clusters[model.Blue].Catalog
	tls, err := serverTLS(blue.TLS)
	if err != nil {
		return nil, err
	}
	own := ownAccounts(cfg)
	for _, host := range append(append([]string{}, blue.Hosts...), s.Replicas...) {
		out = append(out, schema.Schema{Login: mysql.Login{Address: host, User: s.Login.User, Password: s.Login.Password.Resolve, TLS: tls},
			Name: blue.Database, Own: own, Known: s.Known, Now: model.Now})
	}
	return out, nil
}

// ownAccounts are this program's on blue's server, that of act.split first.
func ownAccounts(cfg *config.Config) []string {
	own := []string{cfg.Act.Split.Login.User}
	for _, a := range []*config.Access{&cfg.Watch, &cfg.Act} {
		if u := a.Clusters[model.Blue].Catalog.User; u != "" && u != own[0] && u != own[len(own)-1] {
			own = append(own, u)
		}
	}
	return own
}

// tenants asks who lives on the server of blue's catalog with the login of act.split, which is shown everybody. It is of the server that
// takes writes, as the watch account found it.
func tenants(ctx context.Context, cfg *config.Config, snap *board.Snapshot) *board.Snapshot {
	at, err := leaving(cfg)
	v := snap.Clusters[model.Blue]
	if err != nil || v == nil || v.Catalog.Tenants.Why != "" || !v.Catalog.Tenants.Seen() {
		return snap
	}
	i := slices.IndexFunc(at, func(s schema.Schema) bool { return s.Login.Address == v.Catalog.Host })
	if i < 0 {
		return snap
	}
	limited, cancel := context.WithTimeout(ctx, cfg.Policy.Answer)
	defer cancel()
	t, err := at[i].Tenants(limited)
	if err != nil {
		return snap.WithTenants(model.Reading[*model.Tenants]{Why: model.Clean(err.Error())})
	}
	return snap.WithTenants(model.Reading[*model.Tenants]{Value: &t, At: model.Now()})
}
