package config

import (
	"context"
	"fmt"
	"io/fs"
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
	Files     map[string][]byte `json:"files"`     // certificates, templates and classes, by path
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
	for _, t := range c.loader.trusts {
		pem, err := t.Certificates()
		switch {
		case err != nil:
			lacks = append(lacks, err.Error())
		case pem != nil:
			k.Files[t.CA] = pem
		}
	}
	named := []string{c.Clusters[0].Push.Template, c.Clusters[1].Push.Template}
	if c.RDS != nil {
		named = append(named, c.RDS.Classes)
	}
	for _, path := range named {
		if path == "" {
			continue
		}
		if k.Files[path], err = os.ReadFile(path); err != nil {
			delete(k.Files, path)
			lacks = append(lacks, model.Clean(err.Error()))
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

// read is what a file that the configuration names holds; of a configuration that was kept, what it held.
func (k *Kept) read(path string) ([]byte, error) {
	if k == nil {
		return os.ReadFile(path)
	}
	if text, there := k.Files[path]; there {
		return text, nil
	}
	return nil, fmt.Errorf("it was not kept: %w", fs.ErrNotExist)
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

// bounded reads a regular file of so many bytes at most.
func (k *Kept) bounded(path string, most int64) ([]byte, error) {
	if k == nil {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if info.Size() > most || !info.Mode().IsRegular() {
			return nil, fmt.Errorf("it is no file under %d bytes", most)
		}
	}
	return k.read(path)
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
