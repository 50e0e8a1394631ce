package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"switchyard/model"
)

// cacheDir is where what was read of journals is remembered.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	if !filepath.IsAbs(dir) { // it would be another one in every directory that one works in
		return "", fmt.Errorf("%s is no place of its own: HOME is no absolute path", model.Clean(dir))
	}
	dir = filepath.Join(dir, "switchyard")
	return dir, ownDir(dir)
}

// ownDir makes a directory and refuses one that is another user's, or that others may write to: what is found there could be anybody's, and
// what is put there could be read or replaced.
func ownDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || !info.IsDir():
		return fmt.Errorf("%s is no directory", model.Clean(dir))
	case int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to user %d, and this is user %d", model.Clean(dir), st.Uid, os.Geteuid())
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%s may be written to by others (%v)", model.Clean(dir), info.Mode().Perm())
	}
	return nil
}
