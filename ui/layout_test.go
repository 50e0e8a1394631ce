package ui

import (
	"testing"

	"pgregory.net/rapid"
)

// The panes of any layout cover the screen between the second and the last two lines, each spot once, from left to right.
func TestLayoutsTileTheScreen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, h := rapid.IntRange(minWidth, 400).Draw(rt, "w"), rapid.IntRange(minHeight, 150).Draw(rt, "h")
		zoom := rapid.SampledFrom([]paneID{paneNone, paneNone, paneCells}).Draw(rt, "zoom")
		strip, foot := rapid.Bool().Draw(rt, "strip"), 2
		if strip {
			foot++
		}
		l := arrange(w, h, rapid.Bool().Draw(rt, "rds"), strip, zoom)
		end := make([]int, h) // how far each line is covered
		seen := map[paneID]bool{}
		for _, s := range l.slots {
			if s.h < 1 || s.w < 1 || seen[s.pane] {
				rt.Fatalf("pane %d is %dx%d, seen %t", s.pane, s.w, s.h, seen[s.pane])
			}
			if !s.bare && (s.h < 3 || s.w < 20) {
				rt.Fatalf("pane %d has no room for a row: %dx%d", s.pane, s.w, s.h)
			}
			seen[s.pane] = true
			for y := s.y; y < s.y+s.h; y++ {
				if end[y] != s.x {
					rt.Fatalf("pane %d begins at %d of line %d, which is covered to %d", s.pane, s.x, y, end[y])
				}
				end[y] += s.w
			}
		}
		for y := 2; y < h-foot; y++ {
			if end[y] != w {
				rt.Fatalf("line %d of %d is covered to %d of %d", y, h, end[y], w)
			}
		}
		if end[0]+end[1]+end[h-foot]+end[h-2]+end[h-1] != 0 {
			rt.Fatal("a pane lies over the lines that are always there")
		}
		if zoom == paneNone && (!seen[paneBlue] || !seen[paneGreen]) {
			rt.Fatal("a cluster is not on the screen")
		}
	})
}

func TestEveryPaneIsThereAtHome(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {200, 60}} {
		l := arrange(size[0], size[1], true, false, paneNone)
		for id := paneBlue; id <= paneAlerts; id++ {
			if !l.has(id) {
				t.Errorf("%dx%d has no pane %d", size[0], size[1], id)
			}
		}
		if l.has(paneSide) != (size[0] >= sideFrom) {
			t.Errorf("%dx%d: detail beside the panes is %t", size[0], size[1], l.has(paneSide))
		}
	}
}
