package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"switchyard/backend/export"
	"switchyard/backend/feed"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
)

// exportedCells is of how many cells each has series of its own: four for each, and one more for each cluster that has a good backup of it.
const exportedCells = 5000

// exportFlags are what export is told.
type exportFlags struct {
	listen, cert, key string
	public            bool
	dashboard, rules  bool
	cells             int
}

func exportCommand() *cobra.Command {
	var flags exportFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "tell Prometheus what is known, at /metrics; print a dashboard and alert rules for it",
		Long: "Export looks at the sources as the cockpit does, and answers each scrape of /metrics from what it saw last: a scrape asks " +
			"nobody anything. What is not known is absent, or has a series that says so; it is never 0.\n\n" +
			"Cells have series of their own, those that " +
			"need somebody first, up to --cells; everything else is bounded by the number of clusters, regions, kinds, sources and gates.\n\n" +
			"An address that others can reach is refused without a certificate, unless --public says that something else protects it.\n\n" +
			"Exit status: 0 it was ended; 2 it cannot run.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case flags.dashboard:
				return export.Dashboard(cmd.OutOrStdout())
			case flags.rules:
				return export.Rules(cmd.OutOrStdout())
			case flags.listen == "":
				return errors.New("say where to listen, such as --listen 127.0.0.1:9742, or --dashboard, or --rules")
			case flags.cells < 0:
				return errors.New("--cells: want a number of cells, 0 for none")
			}
			secure, err := flags.secure()
			if err != nil {
				return err
			}
			s, err := open(cmd)
			if err != nil {
				return err
			}
			return flags.serve(cmd, s, secure)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.listen, "listen", "", "answer scrapes at this `HOST:PORT`")
	f.StringVar(&flags.cert, "tls-cert", "", "`FILE` with the certificate to answer with, in PEM form")
	f.StringVar(&flags.key, "tls-key", "", "`FILE` with its key")
	f.BoolVar(&flags.public, "public", false, "answer without TLS also where others can reach the address")
	f.IntVar(&flags.cells, "cells", exportedCells, "of how `many` cells each has series of its own")
	f.BoolVar(&flags.dashboard, "dashboard", false, "print a dashboard for Grafana, with a variable for the cluster")
	f.BoolVar(&flags.rules, "rules", false, "print alert rules for Prometheus, absence first")
	cmd.MarkFlagsMutuallyExclusive("listen", "dashboard", "rules")
	cmd.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	return cmd
}

// secure is nil where no certificate is given, which is refused where others can reach the address.
func (f *exportFlags) secure() (*tls.Config, error) {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: want HOST:PORT, such as 127.0.0.1:9742", model.Clean(f.listen))
	}
	if f.cert != "" {
		pair, err := tls.LoadX509KeyPair(f.cert, f.key)
		if err != nil {
			return nil, fmt.Errorf("reading --tls-cert and --tls-key: %w", err)
		}
		return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) && !f.public {
		return nil, fmt.Errorf("--listen %s: others can reach it, and what is told says what is not backed up: give --tls-cert and --tls-key, "+
			"listen at 127.0.0.1, or say --public where something else protects it", model.Clean(f.listen))
	}
	return nil, nil
}

// serve answers scrapes until it is ended.
func (f *exportFlags) serve(cmd *cobra.Command, s *site, secure *tls.Config) error {
	at, err := net.Listen("tcp", f.listen)
	if err != nil {
		return fmt.Errorf("listening for scrapes: %w", err)
	}
	if secure != nil {
		at = tls.NewListener(at, secure)
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	from, stop := s.follow(ctx)
	defer stop()
	var newest atomic.Pointer[board.Snapshot]
	done := make(chan struct{})
	var space atomic.Pointer[model.Space]
	read := make(chan struct{})
	go func() { defer close(done); keepNewest(ctx, from, &newest) }()
	go func() { defer close(read); s.keepSpace(ctx, from, &newest, &space) }()
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", export.Handler(export.Options{
		Newest: newest.Load, Gates: func(snap *board.Snapshot) *gate.Report { return gate.Evaluate(s.gates(snap)) }, Cells: f.cells,
		Version: version(), Space: space.Load, Log: func(err error) {
			fmt.Fprintln(cmd.ErrOrStderr(), "switchyard: a scrape is not whole:", err)
		},
	}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	fmt.Fprintf(cmd.ErrOrStderr(), "switchyard: answers scrapes at %s/metrics\n", at.Addr())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(at) }()
	select {
	case err = <-ended:
		err = fmt.Errorf("answering scrapes: %w", err)
	case <-ctx.Done():
		err = server.Close()
	}
	cancel()
	<-done
	<-read
	return err
}

// How often every volume is read, and how often it is seen whether it can be.
const (
	spaceEvery = 10 * time.Minute
	spaceTries = 5 * time.Second
)

// keepSpace holds how full the storages are. It is read by itself, whoever scrapes; what could not be read leaves what was, which ages.
func (s *site) keepSpace(ctx context.Context, f *feed.Feed, newest *atomic.Pointer[board.Snapshot], space *atomic.Pointer[model.Space]) {
	tick := time.NewTicker(spaceTries)
	defer tick.Stop()
	var last time.Time
	for {
		if snap := newest.Load(); snap != nil && time.Since(last) >= spaceEvery {
			last = time.Now()
			if told := s.space(ctx, f, snap); len(told.Unread) < len(model.Clusters) {
				space.Store(told)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// keepNewest holds the newest snapshot of which every source was heard or failed: what was not asked yet is no news.
func keepNewest(ctx context.Context, f *feed.Feed, newest *atomic.Pointer[board.Snapshot]) {
	var beat uint64
	whole := false
	for {
		s, err := f.Next(ctx, beat)
		if err != nil {
			return
		}
		beat = s.Beat
		if whole = whole || len(unheard(s)) == 0; whole {
			newest.Store(s)
		}
	}
}
