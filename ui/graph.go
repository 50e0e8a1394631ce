package ui

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"switchyard/model"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// leastGraph is how many columns a graph keeps before its largest value gives way.
const leastGraph = 8

// graph is a series, a column for each step of its time.
type graph struct {
	of     model.Series
	step   time.Duration
	top    float64              // the graph is at least that high
	format func(float64) string // its largest value
}

func percents(s model.Series) graph { return graph{s, time.Minute, 100, percent} }
func counts(s model.Series) graph   { return graph{s, time.Minute, 0, count} }
func rates(s model.Series) graph    { return graph{s, time.Minute, 0, perSecond} }
func lags(s model.Series) graph     { return graph{s, 10 * time.Second, 1, lasting} }

func percent(f float64) string   { return fmt.Sprintf("%.0f %%", f) }
func count(f float64) string     { return strconv.FormatFloat(f, 'f', 0, 64) }
func perSecond(f float64) string { return model.Size(f) + "/s" }
func lasting(f float64) string   { return model.Age(time.Duration(f * float64(time.Second))) }

// beside draws the graph n columns wide between what stands before and after it on a line of w. Where the line has room its largest value
// follows; else the graph gives up columns for it, as long as it stays one.
func (g graph) beside(before []draw.Piece, n, w int, now time.Time, after ...draw.Piece) []draw.Piece {
	spare := max(0, w-draw.Width(draw.PiecesText(before))-n-draw.Width(draw.PiecesText(after)))
	values := g.columns(n, now)
	label := g.largest(values)
	if over := draw.Width(label) - spare; over > 0 {
		if n-over < leastGraph {
			label = ""
		} else {
			values = g.columns(n-over, now)
			label = g.largest(values) // of fewer, and no longer
		}
	}
	out := append(before[:len(before):len(before)], draw.As(themes.Graph, draw.Spark(values, len(values), g.top)), muted(label))
	return append(out, after...)
}

// largest is the largest of some values; nothing where there is none.
func (g graph) largest(values []float64) string {
	most := math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			most = max(most, v)
		}
	}
	if math.IsInf(most, -1) {
		return ""
	}
	return " ≤" + g.format(most) + ","
}

// columns are the n newest steps that can have a point, placed by their time and counted back from the newest: a step without one is a gap,
// and a source that fell silent ends its graph in gaps.
func (g graph) columns(n int, now time.Time) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = draw.NoValue
	}
	last, ok := g.of.Last()
	if !ok {
		return values
	}
	end := last.At
	if late := now.Sub(end); late > 3*g.step && late > 3*time.Minute {
		end = now
	}
	for _, p := range g.of {
		if back := int(math.Round(float64(end.Sub(p.At)) / float64(g.step))); back >= 0 && back < n {
			values[n-1-back] = p.Value
		}
	}
	return values
}
