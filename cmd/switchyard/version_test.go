package main

import (
	"runtime/debug"
	"testing"
)

func TestWhatWasBuiltIsNamed(t *testing.T) {
	git := []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}}
	for want, info := range map[string]debug.BuildInfo{
		"v1.2.3":             {Main: debug.Module{Version: "v1.2.3"}, Settings: git},
		"0123456789ab":       {Main: debug.Module{Version: "(devel)"}, Settings: git},
		"0123456789ab-dirty": {Settings: append(git[:2:2], debug.BuildSetting{Key: "vcs.modified", Value: "true"})},
		"unversioned":        {Main: debug.Module{Version: "(devel)"}},
	} {
		if got := commitOf(&info); got != want {
			t.Errorf("%+v is called %q, want %q", info, got, want)
		}
	}
}
