package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

const holding = `      hold:
        take: [ssh, dir-new, manager-hold, take, "{lease}", "{until}"]
        release: [ssh, dir-new, manager-hold, release, "{lease}"]
        look: [ssh, dir-new, manager-hold, show]
`

func TestHowAConfigurationManagerIsHeld(t *testing.T) {
	c, err := loadText(withPush(t, pushed+holding))
	if err != nil {
		t.Fatal(err)
	}
	h := c.Clusters[model.Green].Push.Hold
	if h.Life != 30*time.Minute || h.Take[5] != "{until}" || h.Release[4] != "{lease}" ||
		!slices.Equal(h.Look, []string{"ssh", "dir-new", "manager-hold", "show"}) {
		t.Errorf("%+v", h)
	}
	if c, err = loadText(withPush(t, pushed+holding+"        life: 5m\n")); err != nil ||
		c.Clusters[model.Green].Push.Hold.Life != 5*time.Minute {
		t.Errorf("%v", err)
	}
	if c, err = loadText(withPush(t, pushed)); err != nil || c.Clusters[model.Green].Push.Hold.Life != 0 {
		t.Errorf("nothing is said of it: %v", err)
	}
	for _, c := range []struct{ old, with, want string }{
		{`, "{until}"`, "", "it does not say where {until} goes; write such as [ssh, dir-new, manager-hold, take"},
		{`release, "{lease}"`, "release", "it does not say where {lease} goes"},
		{"        look: [ssh, dir-new, manager-hold, show]\n", "", "look"},
		{"manager-hold, show]\n", "manager-hold, show]\n        life: 4m\n", "is not a duration of 5 minutes to 2 hours"},
		{"manager-hold, show]\n", "manager-hold, show]\n        life: 1d\n", "is not a duration of 5 minutes to 2 hours"},
		{"look:", "see:", "see"},
	} {
		_, err := loadText(withPush(t, pushed+holding, c.old, c.with))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.with, err)
		}
	}
}
