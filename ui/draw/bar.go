package draw

import (
	"charm.land/bubbles/v2/progress"
)

// stillBar is Bubbles' bar without its colours, which a role gives, and without its animation: it moves when what it tells of does.
var stillBar = func() progress.Model {
	m := progress.New(progress.WithFillCharacters('█', '░'), progress.WithoutPercentage())
	m.FullColor, m.EmptyColor = nil, nil
	return m
}()

// Bar draws in w columns how much of something is done. It is full only when all is, and empty only when nothing is.
func Bar(w, done, of int) string {
	if w < 1 || of < 1 {
		return ""
	}
	done = max(0, min(done, of))
	cells := float64(done) / float64(of) * float64(w)
	if done > 0 && done < of && w > 1 {
		cells = max(1, min(cells, float64(w-1)))
	}
	bar := stillBar
	bar.SetWidth(w)
	return bar.ViewAs(cells / float64(w))
}
