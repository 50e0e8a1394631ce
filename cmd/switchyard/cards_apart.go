package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"switchyard/model"
)

// cardsApart refuses a directory that the clusters back up, and one of which they cannot tell: what a card is needed for takes with it what
// is in the backups alone.
func cardsApart(ctx context.Context, s *site, dir string) error {
	h := hereNow(ctx)
	for _, c := range model.Clusters {
		is, err := s.clusters[c].Directors[0].Reader.Console.BackedUp(ctx)
		if err != nil {
			return fmt.Errorf("whether %s backs up %s is not known: %w", c, model.Clean(dir), err)
		}
		client, err := h.among(ctx, is.Hosts, s.cfg.Clusters[c].Active.Address)
		if err != nil {
			return fmt.Errorf("whether %s backs up this host is not known: %w", c, err)
		}
		if client < 0 {
			continue
		}
		at := model.Clean(is.Hosts[client])
		for set, paths := range is.Paths {
			for _, p := range paths {
				if within(dir, p) {
					return fmt.Errorf("this host is a client of %s (%s), and its FileSet %s backs up %s: choose what is not backed up", c, at, set,
						model.Clean(p))
				}
			}
		}
		if len(is.Unsure) > 0 {
			return fmt.Errorf("this host is a client of %s (%s), and what its FileSet %s backs up is told only when it runs: choose another host", c,
				at, is.Unsure[0])
		}
	}
	return nil
}

// within tells whether a directory lies below a path that is backed up, whatever links lead there.
func within(dir, path string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	path = filepath.Clean(path)
	return path == "/" || dir == path || strings.HasPrefix(dir, path+"/")
}

// thisHost is by which names and addresses this host is known.
type thisHost struct {
	names []string
	addrs []net.IP
}

func hereNow(ctx context.Context) (h thisHost) {
	if name, err := os.Hostname(); err == nil {
		h.names = append(h.names, name)
		if cname, err := net.DefaultResolver.LookupCNAME(ctx, name); err == nil {
			h.names = append(h.names, strings.TrimSuffix(cname, "."))
		}
	}
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() {
			h.addrs = append(h.addrs, n.IP)
		}
	}
	return h
}

// among is the place of the first client that is this host; -1: none is. A loopback address is that of its Director's host. A name that
// does not resolve here is no name of this host; one of which nobody can tell is an error.
func (h thisHost) among(ctx context.Context, hosts []string, director string) (int, error) {
	if i := slices.IndexFunc(hosts, h.named); i >= 0 {
		return i, nil
	}
	at, _, err := net.SplitHostPort(director)
	if err != nil {
		at = director
	}
	all, errs := resolvedAll(ctx, append(slices.Clone(hosts), at))
	directs := h.named(at) || slices.ContainsFunc(all[len(hosts)], func(ip net.IP) bool { return ip.IsLoopback() || h.has(ip) })
	for i := range hosts {
		if slices.ContainsFunc(all[i], func(ip net.IP) bool { return h.has(ip) || directs && ip.IsLoopback() }) {
			return i, nil
		}
	}
	for i, err := range errs[:len(hosts)] {
		if err != nil {
			return -1, fmt.Errorf("client address %s: %w", model.Clean(hosts[i]), err)
		}
	}
	return -1, nil
}

func (h thisHost) has(ip net.IP) bool { return slices.ContainsFunc(h.addrs, ip.Equal) }

func (h thisHost) named(host string) bool {
	return slices.ContainsFunc(h.names, func(n string) bool { return strings.EqualFold(n, host) })
}

// What resolving the names of all clients may take.
const (
	resolvers    = 32
	resolveLimit = 20 * time.Second
)

// resolvedAll are the addresses of some hosts, many asked for at once. An error is of one of which nobody can tell.
func resolvedAll(ctx context.Context, hosts []string) (ips [][]net.IP, errs []error) {
	ctx, cancel := context.WithTimeout(ctx, resolveLimit)
	defer cancel()
	ips, errs = make([][]net.IP, len(hosts)), make([]error, len(hosts))
	var wg sync.WaitGroup
	turns := make(chan struct{}, resolvers)
	for i, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			ips[i] = []net.IP{ip}
			continue
		}
		if strings.HasSuffix(host, ".example") || strings.HasSuffix(host, ".invalid") { // no host has such a name (RFC 2606)
			continue
		}
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			var none *net.DNSError
			if ips[i], errs[i] = net.DefaultResolver.LookupIP(ctx, "ip", host); errors.As(errs[i], &none) && none.IsNotFound {
				errs[i] = nil
			}
		})
	}
	wg.Wait()
	return ips, errs
}
