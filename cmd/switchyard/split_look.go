package main

import (
	"errors"

	"switchyard/backend/config"
	"switchyard/backend/mysql"
	"switchyard/backend/mysql/schema"
	"switchyard/model"
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
	own := []string{s.Login.User}
	for _, a := range []*config.Access{&cfg.Watch, &cfg.Act} {
		if u := a.Clusters[model.Blue].Catalog.User; u != "" && u != own[0] && u != own[len(own)-1] {
			own = append(own, u)
		}
	}
	for _, host := range append(append([]string{}, blue.Hosts...), s.Replicas...) {
		out = append(out, schema.Schema{Login: mysql.Login{Address: host, User: s.Login.User, Password: s.Login.Password.Resolve, TLS: tls},
			Name: blue.Database, Own: own, Known: s.Known, Now: model.Now})
	}
	return out, nil
}
