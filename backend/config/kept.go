package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"switchyard/model"
)

// Kept is what a configuration and what it refers to were, for a place that has neither its files nor its environment nor its commands.
type Kept struct {
	Dir       string            `json:"dir"` // from which its paths go
	Source    []byte            `json:"source"`
	Inventory []byte            `json:"inventory"` // as its file or its command gave it
	Files     map[string][]byte `json:"files"`     // certificates, by path
	Secrets   map[string]string `json:"secrets"`   // by what refers to them
}

// Keep reads all of it. Lacks says what could not be read, a sentence each; nothing secret is in it.
func (c *Config) Keep(ctx context.Context) (k Kept, lacks []string, err error) {
	k = Kept{Dir: c.loader.dir, Files: map[string][]byte{}, Secrets: map[string]string{}}
	if k.Source, err = os.ReadFile(c.Path); err != nil {
		return k, nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if k.Inventory, err = c.inventory.raw(ctx); err != nil {
		return k, nil, err
	}
	tls := []TLS{c.Clusters[0].Catalog.TLS, c.Clusters[1].Catalog.TLS}
	if c.RDS != nil {
		tls = append(tls, c.RDS.TLS)
	}
	for _, t := range tls {
		pem, err := t.Certificates()
		switch {
		case err != nil:
			lacks = append(lacks, err.Error())
		case pem != nil:
			k.Files[t.CA] = pem
		}
	}
	for _, s := range c.secrets() {
		value, err := s.Resolve(ctx)
		if err != nil {
			lacks = append(lacks, model.Clean(err.Error()))
			continue
		}
		k.Secrets[s.key()] = value
	}
	return k, lacks, nil
}

// secrets are those of every account, in watch and in act.
func (c *Config) secrets() (out []Secret) {
	for _, a := range []*Access{&c.Watch, &c.Act} {
		for _, l := range []*Login{&a.Clusters[0].Catalog, &a.Clusters[1].Catalog, &a.RDS} {
			if !l.Password.IsZero() {
				out = append(out, l.Password)
			}
		}
	}
	for _, s := range []Secret{c.Act.Fence.Login.Password, c.Act.Fence.Next.Password, c.Act.Numbers.Password,
		c.Act.Split.Login.Password, c.Act.Split.Archive.Restored.Login.Password} {
		if !s.IsZero() {
			out = append(out, s)
		}
	}
	return out
}

// LoadKept reads and checks a configuration that was kept. Its secrets, certificates and inventory are those that were kept with it, and
// nothing of this machine is read for them.
func LoadKept(path string, k *Kept) (*Config, error) {
	if !filepath.IsAbs(k.Dir) {
		return nil, fmt.Errorf("reading the configuration that was kept: %q is no directory of its own", model.Clean(k.Dir))
	}
	l := &loader{document: parse(path, k.Source, false, false), dir: k.Dir, kept: k}
	if len(l.faults) == 0 {
		l.config(path)
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	at := []*TLS{&l.c.Clusters[0].Catalog.TLS, &l.c.Clusters[1].Catalog.TLS}
	if l.c.RDS != nil {
		at = append(at, &l.c.RDS.TLS)
	}
	for _, t := range at {
		if t.Off || t.CA == "" {
			continue
		}
		if t.Kept = k.Files[t.CA]; t.Kept == nil {
			return nil, fmt.Errorf("the certificates of tls.ca, %s, were not kept: %w", model.Clean(t.CA), model.ErrNone)
		}
	}
	return &l.c, nil
}

// key tells two references to secrets apart.
func (s Secret) key() string {
	switch {
	case s.env != "":
		return "env:" + s.env
	case s.file != "":
		return "file:" + s.file
	}
	return "command:" + strings.Join(s.command, "\x00")
}
