package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
)

// Touches are what an action touches, as a tree of paths: routes, green/director/NAME, green/cell/CHAIN/REGION/KIND. Who touches a path
// touches all below it. The zero value touches nothing. It is never changed.
//
// It is written as few lines: what has the same below it is one list, names that count up are one span, and ^ stands for the start of the
// name before it, when both have one length: green/cell/chain00001~chain00250,^252/region1,region2/regular.
type Touches struct {
	root  *branch
	lines []string
}

// branch is what is below a path: names in order, each with what is below it; nil: all.
type branch struct {
	names []string
	below []*branch
}

// Touch is a path; its parts may hold any character.
func Touch(parts ...string) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = escape.Replace(p)
	}
	return strings.Join(out, "/")
}

var (
	escape   = strings.NewReplacer("%", "%25", "/", "%2F", ",", "%2C", "~", "%7E", "(", "%28", ")", "%29", "^", "%5E")
	unescape = strings.NewReplacer("%25", "%", "%2F", "/", "%2C", ",", "%7E", "~", "%28", "(", "%29", ")", "%5E", "^")
)

// TouchesOf are the paths that Touch made.
func TouchesOf(paths ...string) Touches {
	if !slices.IsSorted(paths) {
		paths = slices.Clone(paths)
		slices.Sort(paths)
	}
	split := make([][]string, 0, len(paths))
	for i, p := range paths {
		if p != "" && (i == 0 || p != paths[i-1]) {
			split = append(split, strings.Split(p, "/"))
		}
	}
	if !slices.IsSortedFunc(split, slices.Compare) {
		slices.SortFunc(split, slices.Compare)
	}
	return planted(grow(split, 0, map[string]*branch{}))
}

// TouchesEach are paths by their parts, as Touch would make them; in order they are taken as they are.
func TouchesEach(paths [][]string) Touches {
	for _, parts := range paths {
		for i, p := range parts {
			if !unescaped(p) {
				parts[i] = escape.Replace(p)
			}
		}
	}
	if !slices.IsSortedFunc(paths, slices.Compare) {
		slices.SortFunc(paths, slices.Compare)
	}
	paths = slices.CompactFunc(paths, slices.Equal)
	return planted(grow(paths, 0, map[string]*branch{}))
}

// unescaped tells that nothing of a part must be escaped.
func unescaped(part string) bool {
	for i := range len(part) {
		switch part[i] {
		case '%', '/', ',', '~', '(', ')', '^':
			return false
		}
	}
	return true
}

// Union touches all that they touch.
func Union(all ...Touches) Touches {
	sum := &branch{}
	same, seen := map[string]*branch{}, map[*branch]*branch{}
	for _, t := range all {
		if t.root != nil {
			sum = join(sum, t.root.among(same, seen, 0), same, 0)
		}
	}
	if len(sum.names) == 0 {
		return Touches{}
	}
	return planted(sum)
}

// among is the same branch, made of those that were met before.
func (b *branch) among(same map[string]*branch, seen map[*branch]*branch, depth int) *branch {
	if b == nil || seen[b] != nil {
		return seen[b]
	}
	out := &branch{names: b.names, below: make([]*branch, len(b.below))}
	for i, sub := range b.below {
		out.below[i] = sub.among(same, seen, depth+1)
	}
	if depth > 0 {
		out = out.once(same)
	}
	seen[b] = out
	return out
}

func join(a, b *branch, same map[string]*branch, depth int) *branch {
	if a == nil || b == nil { // all below one of them
		return nil
	}
	if a == b {
		return a
	}
	out := &branch{}
	add := func(name string, below *branch) {
		out.names, out.below = append(out.names, name), append(out.below, below)
	}
	i, j := 0, 0
	for i < len(a.names) && j < len(b.names) {
		switch c := strings.Compare(a.names[i], b.names[j]); {
		case c < 0:
			add(a.names[i], a.below[i])
			i++
		case c > 0:
			add(b.names[j], b.below[j])
			j++
		default:
			add(a.names[i], join(a.below[i], b.below[j], same, depth+1))
			i++
			j++
		}
	}
	for ; i < len(a.names); i++ {
		add(a.names[i], a.below[i])
	}
	for ; j < len(b.names); j++ {
		add(b.names[j], b.below[j])
	}
	if depth == 0 {
		return out
	}
	return out.once(same)
}

func planted(root *branch) Touches {
	if root == nil {
		return Touches{}
	}
	return Touches{root, root.write()}
}

// grow makes the branch of paths that are sorted and agree up to a depth. Branches that are written the same are one.
func grow(paths [][]string, depth int, same map[string]*branch) *branch {
	if len(paths) == 0 || len(paths[0]) == depth { // the path itself is the shortest, and touches all that is longer
		return nil
	}
	n := 1
	for i := 1; i < len(paths); i++ {
		if paths[i][depth] != paths[i-1][depth] {
			n++
		}
	}
	b := &branch{names: make([]string, 0, n), below: make([]*branch, 0, n)}
	for from := 0; from < len(paths); {
		to := from
		for to < len(paths) && paths[to][depth] == paths[from][depth] {
			to++
		}
		b.names = append(b.names, paths[from][depth])
		b.below = append(b.below, grow(paths[from:to], depth+1, same))
		from = to
	}
	if depth == 0 {
		return b
	}
	return b.once(same)
}

// once gives the branch that is written the same and was met before.
func (b *branch) once(same map[string]*branch) *branch {
	key := make([]byte, 0, 64)
	for i, n := range b.names {
		if key = append(key, n...); b.below[i] != nil {
			key = fmt.Appendf(key, " %p", b.below[i])
		}
		key = append(key, ',')
	}
	if known := same[string(key)]; known != nil {
		return known
	}
	same[string(key)] = b
	return b
}

// write is the branch as lines, one for each different thing below its names.
func (b *branch) write() []string {
	var order []*branch
	by := map[*branch][]string{}
	for i, sub := range b.below {
		if by[sub] == nil {
			order = append(order, sub)
		}
		by[sub] = append(by[sub], b.names[i])
	}
	lines := make([]string, len(order))
	for i, sub := range order {
		lines[i] = spans(by[sub])
		if sub == nil {
			continue
		}
		switch below := sub.write(); len(below) {
		case 1:
			lines[i] += "/" + below[0]
		default:
			lines[i] += "/(" + strings.Join(below, ")(") + ")"
		}
	}
	return lines
}

// spans writes sorted names, those that count up as first~last.
func spans(names []string) string {
	var out strings.Builder
	for from := 0; from < len(names); {
		to := from + 1
		for to < len(names) && names[to] == next(names[to-1]) {
			to++
		}
		if from == 0 {
			out.WriteString(names[0])
		} else {
			out.WriteString("," + tail(names[from-1], names[from]))
		}
		switch to - from {
		case 1:
		case 2:
			out.WriteString("," + tail(names[from], names[to-1]))
		default:
			out.WriteString("~" + tail(names[from], names[to-1]))
		}
		from = to
	}
	return out.String()
}

// worthMark is how much must be shared: short names are easier to read whole.
const worthMark = 8

// tail is a name after another, without the start that they share when that is worth a mark.
func tail(before, name string) string {
	same := 0
	for same < min(len(before), len(name)) && before[same] == name[same] {
		same++
	}
	if len(before) != len(name) || same < worthMark {
		return name
	}
	return "^" + name[same:]
}

// next is a name with the number at its end counted up by one in as many digits; empty when there is none.
func next(name string) string {
	b := []byte(name)
	for i := len(b) - 1; i >= 0 && b[i] >= '0' && b[i] <= '9'; i-- {
		if b[i] < '9' {
			if i >= 2 && b[i-2] == '%' || i >= 1 && b[i-1] == '%' { // the digits of an escape
				return ""
			}
			b[i]++
			return string(b)
		}
		b[i] = '0'
	}
	return ""
}

// None tells whether nothing is touched.
func (t Touches) None() bool { return t.root == nil }

// Lines are the touches as they are written.
func (t Touches) Lines() []string { return slices.Clone(t.lines) }

// String is for people: the lines, as many as they like to read.
func (t Touches) String() string {
	out := unescape.Replace(strings.Join(t.lines, ", "))
	if r := []rune(out); len(r) > 300 {
		return string(r[:300]) + "..."
	}
	return out
}

// Only is the one path that is touched; empty when there are more or none.
func (t Touches) Only() string {
	if len(t.lines) == 1 && !strings.ContainsAny(t.lines[0], ",~(") {
		return t.lines[0]
	}
	return ""
}

// Equal tells whether both touch the same.
func (t Touches) Equal(u Touches) bool { return slices.Equal(t.lines, u.lines) }

// Meets tells whether there is something that both touch.
func (t Touches) Meets(u Touches) bool {
	if t.root == nil || u.root == nil {
		return false
	}
	return meets(t.root, u.root, map[[2]*branch]bool{})
}

// meets walks both side by side; clear are pairs that were seen not to meet.
func meets(a, b *branch, clear map[[2]*branch]bool) bool {
	for i, j := 0, 0; i < len(a.names) && j < len(b.names); {
		switch c := strings.Compare(a.names[i], b.names[j]); {
		case c < 0:
			i++
			continue
		case c > 0:
			j++
			continue
		}
		x, y := a.below[i], b.below[j]
		if x == nil || y == nil {
			return true
		}
		if pair := [2]*branch{x, y}; !clear[pair] {
			if meets(x, y, clear) {
				return true
			}
			clear[pair] = true
		}
		i++
		j++
	}
	return false
}

// MarshalJSON writes the lines.
func (t Touches) MarshalJSON() ([]byte, error) {
	if t.lines == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(t.lines)
}

// UnmarshalJSON reads lines. What is no such line is an error.
func (t *Touches) UnmarshalJSON(raw []byte) error {
	var lines []string
	if err := json.Unmarshal(raw, &lines); err != nil {
		return err
	}
	for i, l := range lines {
		lines[i] = model.Clean(l)
	}
	r := reader{same: map[string]*branch{}}
	root, err := r.all(lines)
	if err != nil {
		return err
	}
	if len(root.names) == 0 {
		root = nil
	}
	*t = planted(root)
	return nil
}
