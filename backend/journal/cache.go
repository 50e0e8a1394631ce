package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"switchyard/model/record"
)

// cache keeps the records that were read, which never change, in one file of lines: hash and
// record. It is a convenience and a memory, never the
// truth: several processes add to it without asking each other, and what does not continue the chain is skipped.
type cache struct {
	f  *os.File
	at []span // by number, from 1
}

type span struct {
	off int64
	n   int
}

// openCache returns nil when the file cannot be used: the journal then reads everything from its store.
func openCache(path string) *cache {
	if path == "" || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil
	}
	return &cache{f: f}
}

// remembered is how many records a cache has; it makes none.
func remembered(path string) int {
	if _, err := os.Stat(path); path == "" || err != nil {
		return 0
	}
	c := openCache(path)
	defer c.close()
	rs, _ := c.load()
	return len(rs)
}

func (c *cache) close() {
	if c != nil {
		c.f.Close()
	}
}

// load returns the records that continue each other from the first on.
func (c *cache) load() (rs []record.Record, raws [][]byte) {
	if c == nil {
		return nil, nil
	}
	in := bufio.NewReaderSize(c.f, 1<<16)
	var head record.Head
	for off := int64(0); ; {
		line, err := in.ReadBytes('\n')
		if err != nil { // an unfinished last line too: a later one would be glued to it
			if len(line) > 0 {
				_, _ = c.f.Write([]byte{'\n'})
			}
			return rs, raws
		}
		sum, raw, _ := bytes.Cut(line, []byte{' '})
		if r, err := record.Decode(raw); err == nil && r.Hash == string(sum) && r.Seq == head.Seq+1 && r.Prev == head.Hash {
			rs, raws, head = append(rs, r), append(raws, raw), record.Head{Seq: r.Seq, Hash: r.Hash}
			c.at = append(c.at, span{off + int64(len(sum)) + 1, len(raw)})
		}
		off += int64(len(line))
	}
}

// keep adds the record after the last one that is kept.
func (c *cache) keep(r record.Record, raw []byte) {
	if c == nil || r.Seq != int64(len(c.at))+1 {
		return
	}
	line := append([]byte(r.Hash+" "), raw...)
	if n, err := c.f.Write(line); err != nil || n != len(line) {
		return
	}
	// Others append too: only the position after one's own write is certain.
	if end, err := c.f.Seek(0, io.SeekCurrent); err == nil {
		c.at = append(c.at, span{end - int64(len(raw)), len(raw)})
	}
}

// read returns up to n records from a number on, or none.
func (c *cache) read(from int64, n int) [][]byte {
	if c == nil {
		return nil
	}
	var raws [][]byte
	for i := from - 1; i < from-1+int64(n) && i < int64(len(c.at)); i++ {
		raw := make([]byte, c.at[i].n)
		if _, err := c.f.ReadAt(raw, c.at[i].off); err != nil {
			break
		}
		raws = append(raws, raw)
	}
	return raws
}

// fromCache starts from what this user has seen before, provided that the store still has its last record; or only tells up to where that
// was, when all is to be read from the store: an older record may have been changed there, and the one after it is not read to tell.
func (j *Journal) fromCache(ctx context.Context) (known []record.Record, err error) {
	j.cache = openCache(j.o.Cache)
	rs, raws := j.cache.load()
	next, _ := record.Fold(nil, rs...) // what cannot follow is read again, from the store
	if next.Head.Seq == 0 {
		return nil, nil
	}
	if err := j.expected(next); err != nil {
		return nil, fmt.Errorf("the cache %s: %w", j.o.Cache, err)
	}
	if rs = rs[:next.Head.Seq]; !j.o.Whole {
		j.advance(rs, raws, next)
	}
	return rs, j.inMemory(j.stillThere(ctx, j.store, next.Head))
}

// remembered refuses a journal that is whole and not the one that this user has seen.
func (j *Journal) remembered(known []record.Record) error {
	for i, r := range known {
		if i >= len(j.hashes) || hex.EncodeToString(j.hashes[i][:]) != r.Hash {
			return j.inMemory(&record.Bad{Seq: r.Seq, Err: fmt.Errorf("%w: it is not the one that was there before", record.ErrChain)})
		}
	}
	return nil
}

// inMemory says of a bad record that the cache is what remembers it.
func (j *Journal) inMemory(err error) error {
	if errors.As(err, new(*record.Bad)) {
		err = fmt.Errorf("%w (as %s remembers; remove that file only when you know why)", err, j.o.Cache)
	}
	return err
}
