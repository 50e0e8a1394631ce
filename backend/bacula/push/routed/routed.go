// Package routed reads a Director's file of routed jobs where it lies on this machine. It writes nothing.
package routed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// Most bounds what is read of a file of routed jobs.
const Most = 32 << 20

// Read gives the text of a file, which is no symbolic link.
func Read(path string) (string, error) {
	f, err := open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return whole(f)
}

func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
}

func whole(f io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(f, Most+1))
	if err == nil && len(text) > Most {
		err = fmt.Errorf("it has more than %d bytes", Most)
	}
	return string(text), err
}

// JobsIn are the jobs of a text, and its canary; none where it cannot be read as a Director would.
func JobsIn(text string) (jobs []string, canary string) {
	f, err := conf.Parse(text, conf.Options{})
	if err != nil {
		return nil, ""
	}
	for i, r := range f.Resources {
		if r.Kind != "Job" {
			continue
		}
		jobs = append(jobs, r.Name)
		if i == len(f.Resources)-1 && model.IsCanary(r.Name) && r.Name == model.CanaryName(text[:r.Offset]) {
			canary = r.Name
		}
	}
	return jobs, canary
}

// File is one that is looked at again and again. It is not safe for concurrent use.
type File struct {
	Path string

	was  os.FileInfo // as it was read last; nil: it was not
	at   time.Time   // when
	seen model.RoutedFile
}

// again is how often a file is read although it seems to be as it was: who puts an old one in its place may give it any time.
const again = time.Minute

// Look reads the file when it is another one than at the look before, or was changed since. The error says in few words why it cannot.
func (f *File) Look() (model.RoutedFile, error) {
	is, err := os.Lstat(f.Path)
	if err == nil && f.was != nil && same(f.was, is) && time.Since(f.at) < again {
		return f.seen, nil
	}
	f.was = nil
	if err == nil {
		is, err = f.read()
	}
	if err != nil {
		return model.RoutedFile{}, short(err)
	}
	f.was, f.at = is, time.Now()
	return f.seen, nil
}

// same tells that nobody wrote to the file, nor put another one in its place.
func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
}

// read reads what a push wrote piece by piece, as it may be long, and anything else whole.
func (f *File) read() (os.FileInfo, error) {
	file, err := open(f.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	is, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !is.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	}
	canary, err := pushed(file, is.Size())
	if err == nil && canary != "" {
		f.seen = model.RoutedFile{Sum: canary, Canary: canary}
		return is, nil
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	var text string
	if err == nil {
		text, err = whole(file)
	}
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(text))
	if sum := hex.EncodeToString(digest[:]); f.seen.Sum != sum {
		f.seen = model.RoutedFile{Sum: sum}
		f.seen.Jobs, f.seen.Canary = JobsIn(text)
	}
	return is, nil
}

// tail is more than a canary's Job resource has.
const tail = 4096

// pushed gives the canary of a file that ends with one made of all that stands before it; empty: it is another file, or that is not told
// without reading it as a Director does.
func pushed(file io.ReaderAt, size int64) (string, error) {
	from := max(0, size-tail)
	end := make([]byte, size-from)
	if n, err := file.ReadAt(end, from); err != nil && (err != io.EOF || n < len(end)) {
		return "", err
	}
	at := strings.LastIndex(string(end), "\nJob {\n") + 1
	last := string(end[at:])
	if at == 0 || !strings.HasSuffix(last, "}\n") || strings.Count(last, "{") != 1 || strings.Count(last, "}") != 1 || size > Most {
		return "", nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, from+int64(at))); err != nil {
		return "", err
	}
	if canary := model.CanaryOfSum(sum.Sum(nil)); strings.Contains(last, "\n  Name = \""+canary+"\"\n") {
		return canary, nil
	}
	return "", nil
}

// short is an error without the path, which is told beside it.
func short(err error) error {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is none on this machine")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("this account may not")
	case errors.Is(err, syscall.ELOOP):
		return errors.New("it is a symbolic link, and not a regular file")
	case errors.As(err, &at):
		return at.Err
	}
	return err
}
