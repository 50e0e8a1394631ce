package draw

import "math"

// NoValue marks a minute without an answer in a series; it is drawn as a blank, never as a zero.
var NoValue = math.NaN()

var bars = []rune("▁▂▃▄▅▆▇█")

// Spark draws the newest w values, oldest left, from zero to the largest of them or to top when that is larger.
func Spark(values []float64, w int, top float64) string {
	if w <= 0 {
		return ""
	}
	if len(values) > w {
		values = values[len(values)-w:]
	}
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			top = max(top, v)
		}
	}
	out := make([]rune, 0, w)
	for range w - len(values) {
		out = append(out, ' ')
	}
	for _, v := range values {
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			out = append(out, ' ')
		case top <= 0 || v <= 0:
			out = append(out, bars[0])
		default:
			out = append(out, bars[min(len(bars)-1, int(v/top*float64(len(bars)-1)+0.5))])
		}
	}
	return string(out)
}
