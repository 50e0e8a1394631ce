package run

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// Archiver makes archives with configured commands, in two directories of this machine.
type Archiver struct {
	Dump, Pack, Unpack, Load []string // argument vectors, as configured; a plan that names others is refused
	Places                   []plan.Place
}

// trailer is what mysqldump and mariadb-dump write last: what lacks it is cut off, whatever they ended with.
const trailer = "-- Dump completed"

// Files are those of an archive in both places, each read whole; lacks says that they are not there, or not the same.
func (a *Archiver) Files(of *plan.Archiving) (files []record.FoundFile, lacks string, err error) {
	for _, p := range of.Places {
		path := filepath.Join(p.Dir, filepath.Base(of.Name))
		sum, err := sumOf(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil, model.Clean(path + " is not there"), nil
		case err != nil:
			return nil, "", fmt.Errorf("reading %s: %w", model.Clean(path), err)
		}
		files = append(files, record.FoundFile{Host: p.On, Path: path, SHA256: sum})
	}
	if len(files) != 2 || files[0].SHA256 != files[1].SHA256 {
		return nil, "the files in the two places are not the same", nil
	}
	return files, "", nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Make writes both files at once, and names them once nothing speaks against what was read meanwhile. Nothing is left of one that did not
// come to its end.
func (a *Archiver) Make(ctx context.Context, of *plan.Archiving, still func() error) (err error) {
	if !slices.Equal(a.Dump, of.Dump) || !slices.Equal(a.Pack, of.Pack) || !slices.Equal(a.Places, of.Places) {
		return errors.New("the configuration has other commands or places by now: make the plan anew")
	}
	if err := apart(of.Places); err != nil {
		return err
	}
	var out []*os.File
	var paths, named []string
	defer func() {
		for _, f := range out {
			_ = f.Close()
			if err != nil {
				_ = os.Remove(f.Name())
			}
		}
		if err != nil {
			for _, path := range named {
				_ = os.Remove(path)
			}
		}
	}()
	for _, p := range of.Places {
		path := filepath.Join(p.Dir, filepath.Base(of.Name))
		f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("opening it: %w", err)
		}
		out, paths = append(out, f), append(paths, path)
	}
	end := &tail{}
	if err := pipe(ctx, nil, io.MultiWriter(out[0], out[1]), end, a.Dump, a.Pack); err != nil {
		return err
	}
	if !strings.Contains(string(end.text), trailer) {
		return fmt.Errorf("what %s printed does not end with %q: it is cut off, or --skip-comments hides it", model.Clean(a.Dump[0]), trailer)
	}
	for _, f := range out {
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("writing %s: %w", model.Clean(f.Name()), err)
		}
	}
	if err := still(); err != nil {
		return err
	}
	for i, f := range out {
		if err := os.Rename(f.Name(), paths[i]); err != nil {
			return fmt.Errorf("naming it: %w", err)
		}
		named = append(named, paths[i])
		if err := settled(filepath.Dir(paths[i])); err != nil {
			return fmt.Errorf("naming it: %w", err)
		}
	}
	return nil
}

// apart wants both places to be there, and to be two: mounted, and on two devices, unless people account for what they lie on.
func apart(places []plan.Place) error {
	root, err := os.Stat("/")
	if err != nil {
		return fmt.Errorf("looking at /: %w", err)
	}
	var seen []os.FileInfo
	for _, p := range places {
		info, err := os.Stat(p.Dir)
		switch {
		case err != nil || !info.IsDir():
			return fmt.Errorf("%s is no directory here: make or mount it", model.Clean(p.Dir))
		case !p.Plain && device(info) == device(root):
			return fmt.Errorf("nothing is mounted on %s: mount it, or write plain: true for it in act.split.archive.to", model.Clean(p.Dir))
		}
		for j, other := range seen {
			switch {
			case os.SameFile(info, other):
				return fmt.Errorf("%s and %s are one directory", model.Clean(places[j].Dir), model.Clean(p.Dir))
			case device(info) == device(other) && !(p.Plain && places[j].Plain):
				return fmt.Errorf("%s and %s lie on one device: mount another one", model.Clean(places[j].Dir), model.Clean(p.Dir))
			}
		}
		seen = append(seen, info)
	}
	if len(seen) != 2 {
		return fmt.Errorf("an archive lies in two places, not %d", len(seen))
	}
	return nil
}

func device(info os.FileInfo) uint64 {
	if s, is := info.Sys().(*syscall.Stat_t); is {
		return uint64(s.Dev)
	}
	return 0 // as that of every other: it is refused
}

// settled waits until names of a directory are on its disk.
func settled(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Intact wants both files to be what they were when they were made.
func (a *Archiver) Intact(files []record.FoundFile) error {
	if len(files) != 2 {
		return errors.New("its two files are not known")
	}
	for _, f := range files {
		switch sum, err := sumOf(f.Path); {
		case err != nil:
			return fmt.Errorf("reading the archive on %s: %w", model.Clean(f.Host), err)
		case sum != f.SHA256:
			return fmt.Errorf("%s on %s is not what was archived: its SHA-256 is %s, it was %s; archive it anew", model.Clean(f.Path),
				model.Clean(f.Host), sum, f.SHA256)
		}
	}
	return nil
}

// Restore loads the archive, from its second place: the one that is looked at less.
func (a *Archiver) Restore(ctx context.Context, c *plan.Comparing) error {
	if !slices.Equal(a.Load, c.Load) || !slices.Equal(a.Unpack, c.Unpack) {
		return errors.New("the configuration has other commands by now: make the plan anew")
	}
	f, err := os.Open(c.Files[1].Path)
	if err != nil {
		return fmt.Errorf("opening the archive: %w", err)
	}
	defer f.Close()
	vectors := [][]string{a.Unpack, a.Load}
	return pipe(ctx, f, io.Discard, nil, vectors...)
}

// pipe runs commands one behind the other, and tells which of them did not end with 0: a shell would tell of the last alone. What the first
// prints is noted by end, too. An empty vector is none.
func pipe(ctx context.Context, in io.Reader, out io.Writer, end io.Writer, vectors ...[]string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	vectors = slices.DeleteFunc(slices.Clone(vectors), func(v []string) bool { return len(v) == 0 })
	cmds, said := make([]*exec.Cmd, len(vectors)), make([]*head, len(vectors))
	ends := make([]func() error, len(vectors))
	var wrote errOnce
	for i, argv := range vectors {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		cmd.WaitDelay = archiveLimit
		said[i] = &head{}
		cmd.Stdin, cmd.Stderr, cmds[i] = in, said[i], cmd
		var to io.Writer = &wrote
		wrote.to = out
		if i < len(vectors)-1 {
			r, w := io.Pipe()
			in, to = r, w
			ends[i] = w.Close
		}
		if end != nil && i == 0 {
			to = io.MultiWriter(to, end)
		}
		cmd.Stdout = to
	}
	results := make(chan [2]any, len(cmds))
	for i, cmd := range cmds {
		go func() {
			err := cmd.Run()
			if ends[i] != nil {
				_ = ends[i]()
			}
			if r, is := cmd.Stdin.(*io.PipeReader); is {
				_ = r.CloseWithError(errors.New("what it is piped to has ended"))
			}
			results <- [2]any{i, err}
		}()
	}
	var bad []string
	for range cmds {
		got := <-results
		if err, _ := got[1].(error); err != nil {
			i, _ := got[0].(int)
			bad = append(bad, fmt.Sprintf("%s: %v: %.300s", vectors[i][0], err, strings.Join(strings.Fields(string(said[i].text)), " ")))
		}
	}
	switch {
	case wrote.err != nil:
		return fmt.Errorf("writing the archive: %w", wrote.err)
	case ctx.Err() != nil:
		return fmt.Errorf("it did not end in its time: %w", ctx.Err())
	case len(bad) > 0:
		return errors.New(model.Clean("a command of the pipe did not end with 0: " + strings.Join(bad, "; ")))
	}
	return nil
}

// errOnce keeps the first error of writing: the command that meets it only sees its pipe break.
type errOnce struct {
	to  io.Writer
	err error
}

func (w *errOnce) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if err != nil && w.err == nil {
		w.err = err
	}
	return n, err
}

// tail keeps the end of what is written.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 4 << 10
	t.text = append(t.text, p[max(0, len(p)-most):]...)
	t.text = bytes.Clone(t.text[max(0, len(t.text)-most):])
	return len(p), nil
}
