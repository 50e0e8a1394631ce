package cluster

import (
	"crypto/md5"
	"database/sql"
	"encoding/base64"
	"errors"
	"strings"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// Derived are the tables of file records of a cluster's catalog: they follow from the rows of Job, so that none is kept. The cluster is
// made after the servers.
func Derived(of func() *Cluster) map[string]sqlsim.Derive {
	return map[string]sqlsim.Derive{
		"file": func(in *sqlsim.Instance, ids []int64) ([][]any, error) {
			return of().records(in, ids, (*Cluster).fileRow)
		},
		"path": func(in *sqlsim.Instance, ids []int64) ([][]any, error) {
			return of().records(in, ids, (*Cluster).pathRow)
		},
		"filename": func(in *sqlsim.Instance, ids []int64) ([][]any, error) {
			return of().records(in, ids, (*Cluster).nameRow)
		},
	}
}

// records are rows made from the file records of some jobs, each once by its first column. A job whose files are pruned has none.
func (c *Cluster) records(in *sqlsim.Instance, ids []int64, row func(*Cluster, *picked) []any) (out [][]any, err error) {
	seen := map[any]bool{}
	for _, id := range ids {
		s, err := c.savedIn(in, uint32(id))
		if errors.Is(err, sql.ErrNoRows) || err == nil && s.purged {
			continue
		}
		if err != nil {
			return nil, err
		}
		for i, e := range s.entries() {
			if r := row(c, &picked{s, e, i + 1}); !seen[r[0]] {
				seen[r[0]] = true
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// split is the path of a record with its slash, and its name; a directory has none.
func (e *entry) split() (path, name string) {
	i := strings.LastIndexByte(e.path, '/') + 1
	return e.path[:i], e.path[i:]
}

// numberOf stands for the number that the catalog would have given a path or a name.
func numberOf(text string) int64 { return 1 + int64(hashOf(text)>>33) }

func (p *picked) fileID() int64 { return int64(p.id)<<16 | int64(p.index) }

// fileRow is a row of File. Since 1026 the name stands in it.
func (c *Cluster) fileRow(p *picked) []any {
	path, name := p.split()
	named := any(name)
	if c.o.Cluster == model.Blue {
		named = numberOf(name)
	}
	return []any{p.fileID(), int64(p.index), int64(p.id), numberOf(path), named, int64(0), int64(0), p.lstat(), c.digest(p)}
}

func (c *Cluster) pathRow(p *picked) []any {
	path, _ := p.split()
	return []any{numberOf(path), path}
}

func (c *Cluster) nameRow(p *picked) []any {
	_, name := p.split()
	return []any{numberOf(name), name}
}

// digest is the MD5 of what a restore of the record writes; 0 for a directory, as Bacula notes it.
func (c *Cluster) digest(p *picked) string {
	if p.dir() {
		return "0"
	}
	sum := md5.Sum(p.text(c.o.Cluster, &p.entry))
	return base64.RawStdEncoding.EncodeToString(sum[:])
}

// lstat is what the file daemon saw, in Bacula's words: device, inode, mode, links, user, group, device, size, block size, blocks, times of
// access, change and status, link, flags, data stream.
func (p *picked) lstat() string {
	mode, links, stream := int64(0o100640), int64(1), int64(29) // a file, compressed
	if p.dir() {
		mode, links, stream = 0o40755, 2, 2
	}
	at := p.modified().Unix()
	var b strings.Builder
	for i, n := range []int64{64_768, int64(hashOf(p.path) >> 40), mode, links, 105, 105, 0, int64(p.size), 4096, (int64(p.size) + 511) / 512,
		at, at, at, 0, 0, stream} {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(base64Of(n))
	}
	return b.String()
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// base64Of is a number as Bacula writes it in a file's attributes: in digits of 64, the highest first.
func base64Of(n int64) string {
	out := []byte{digits[n%64]}
	for n /= 64; n > 0; n /= 64 {
		out = append([]byte{digits[n%64]}, out...)
	}
	return string(out)
}
