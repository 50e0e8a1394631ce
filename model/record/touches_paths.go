package record

import (
	"iter"
	"strings"
)

// Paths are the parts of each path that is touched with all below it, in the order of the tree. A span is short and may stand for very
// many: whoever reads one that somebody else wrote counts.
func (t Touches) Paths() iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		if t.root != nil {
			t.root.walk(nil, yield)
		}
	}
}

func (b *branch) walk(above []string, yield func([]string) bool) bool {
	for i, name := range b.names {
		if strings.IndexByte(name, '%') >= 0 {
			name = unescape.Replace(name)
		}
		path := append(above[:len(above):len(above)], name)
		if below := b.below[i]; below == nil && !yield(path) || below != nil && !below.walk(path, yield) {
			return false
		}
	}
	return true
}
