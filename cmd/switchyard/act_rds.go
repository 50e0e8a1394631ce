package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"switchyard/backend/config"
	"switchyard/backend/rds"
	"switchyard/backend/rds/act"
	runner "switchyard/backend/run"
)

// actOptions say how AWS is asked by who may change instances: by a profile of its own, or by what the runner finds.
func actOptions(cfg *config.Config) rds.Options {
	o := awsOptions(cfg)
	o.Profile = cfg.AWS.ActProfile
	if o.Endpoint != "" {
		o.Credentials = credentials.NewStaticCredentialsProvider(act.RehearsalKey, "rehearsal", "")
	}
	return o
}

// pairHand is the hand for the RDS pair; nil where none is configured. Closes ends its connections.
func pairHand(ctx context.Context, s *site, r *runner.Runner) (h *runner.Amazon, closes func(), err error) {
	closes = func() {}
	cfg := s.cfg
	if cfg.RDS == nil {
		return nil, closes, nil
	}
	h = &runner.Amazon{Servers: map[string]*rds.Server{}, Now: r.Now, Sleep: r.Sleep}
	closes = func() {
		for _, s := range h.Servers {
			_ = s.Close()
		}
	}
	o := actOptions(cfg)
	if h.Reader, err = rds.New(ctx, o); err == nil {
		h.Acts, err = act.New(ctx, o, h.Reader)
	}
	if err != nil {
		return nil, closes, fmt.Errorf("aws: %w", err)
	}
	login := &cfg.Act.RDS
	if login.User == "" {
		login = &cfg.Watch.RDS
	}
	for _, at := range []*config.Instance{&cfg.RDS.Primary, &cfg.RDS.Replica} {
		if at.ID == "" || login.User == "" {
			continue
		}
		server, err := s.server(at, login, h.Reader)
		if err != nil {
			return nil, closes, err
		}
		h.Servers[runner.AtInstance(at.ID, at.AWSRegion)] = server
	}
	return h, closes, nil
}
