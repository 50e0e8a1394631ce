package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// serviceWords are what a Director's service takes, as a service manager would.
var serviceWords = []string{"state", "stop", "start", "mask", "unmask"}

// serviceCommand is the argument vector that tells a daemon's service a word.
func (l *lab) serviceCommand(daemon, word string) []string {
	return []string{l.path("bin", "lab"), "--dir", l.dir, "--port-offset", strconv.Itoa(l.offset), "service", daemon, word}
}

func (l *lab) maskFile(daemon string) string { return l.path("run", "masked-"+daemon) }

// service stands for the service manager of a Director's host. One that is masked is not started by it, but by "lab up", which unmasks it.
func (l *lab) service(ctx context.Context, daemon, word string) error {
	all := l.daemons()
	i := slices.IndexFunc(all, func(p process) bool { return p.name == daemon && strings.HasSuffix(p.name, "-dir") })
	if i < 0 {
		return fmt.Errorf("%w: there is no Director %q", errNeeds, daemon)
	}
	masked := !modified(l.maskFile(daemon)).IsZero()
	switch word {
	case "state":
		active, file := "inactive", "enabled"
		if _, runs := l.alive(daemon); runs {
			active = "active"
		}
		if masked {
			file = "masked"
		}
		l.say("LoadState=loaded\nActiveState=%s\nUnitFileState=%s", active, file)
		return nil
	case "stop":
		return l.stop(ctx, all[i])
	case "start":
		if masked {
			return fmt.Errorf("starting %s: it is masked", daemon)
		}
		return l.start(ctx, all[i])
	case "mask":
		_, err := write(l.maskFile(daemon), "masked\n", 0o644, me)
		return err
	case "unmask":
		return os.RemoveAll(l.maskFile(daemon))
	}
	return fmt.Errorf("%w: a service takes %s", errNeeds, strings.Join(serviceWords, ", "))
}

// unmaskAll lets every Director be started again.
func (l *lab) unmaskAll(context.Context) error {
	masks, err := filepath.Glob(l.maskFile("*"))
	for _, m := range masks {
		err = errors.Join(err, os.RemoveAll(m))
	}
	return err
}
