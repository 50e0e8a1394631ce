package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// stamp names what was built, in git's words; make sets it. Without it the Go tool's own record is read.
var stamp string

// version is what --version tells: which source this is, and what it was built with.
func version() string {
	what := stamp
	if info, ok := debug.ReadBuildInfo(); ok && what == "" {
		what = commitOf(info)
	}
	return fmt.Sprintf("%s (%s, %s/%s)", what, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// commitOf is the module's version, or the commit it was built from; a build of neither says so.
func commitOf(info *debug.BuildInfo) string {
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	revision := set["vcs.revision"]
	switch v := info.Main.Version; {
	case v != "" && v != "(devel)":
		return v
	case revision == "":
		return "unversioned"
	}
	out := revision[:min(len(revision), 12)]
	if set["vcs.modified"] == "true" {
		out += "-dirty"
	}
	return out
}
