package draw

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// CutMark stands where text was cut.
const CutMark = '~'

// foldRune makes a rune fit for the grid: every rune that is left stands alone and takes the same number of cells in every
// terminal, whether it counts code points or grapheme clusters. Right-to-left letters go too: a terminal that reorders
// them would drag the frame along.
func foldRune(r rune, ascii bool) (rune, int) {
	if r >= 0x20 && r < 0x7f {
		return r, 1
	}
	if ascii {
		return asciiTwin(r), 1
	}
	for _, b := range safeBlocks {
		if r >= b.from && r <= b.to {
			if unicode.Is(unicode.M, r) || !unicode.IsPrint(r) && r != '\u3000' {
				return '?', 1
			}
			return r, b.width
		}
	}
	return '?', 1
}

// safeBlocks are the blocks whose letters neither combine, reorder, nor have an emoji form.
var safeBlocks = []struct {
	from, to rune
	width    int
}{
	{0x00a1, 0x00a8, 1}, {0x00aa, 0x00ac, 1}, {0x00af, 0x024f, 1}, // Latin, without © and ®, which have an emoji form
	{0x0370, 0x03ff, 1}, {0x0400, 0x0482, 1}, {0x048a, 0x052f, 1}, // Greek, Cyrillic
	{0x1e00, 0x1fbc, 1}, // Latin and Greek with more marks
	{0x2010, 0x2015, 1}, {0x2018, 0x201f, 1}, {0x2020, 0x2022, 1}, {0x2026, 0x2026, 1}, {0x2030, 0x2030, 1}, {0x20ac, 0x20ac, 1},
	{0x2190, 0x2193, 1}, {0x2260, 0x2265, 1}, {0x2500, 0x259f, 1}, // arrows, relations, box drawing and blocks
	{0x25b2, 0x25b2, 1}, {0x25bc, 0x25bc, 1}, {0x25cb, 0x25cb, 1}, {0x25cf, 0x25cf, 1}, {0x2713, 0x2713, 1}, {0x2717, 0x2717, 1},
	{0x3000, 0x3002, 2}, {0x3008, 0x3011, 2}, {0x3041, 0x3096, 2}, {0x309b, 0x30ff, 2}, {0x3105, 0x312f, 2}, // kana and their points
	{0x3400, 0x4dbf, 2}, {0x4e00, 0x9fff, 2}, {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2}, {0xff01, 0xff60, 2}, {0x20000, 0x2fa1d, 2},
}

var asciiTwins = map[rune]rune{'✓': '+', '✗': 'x', '●': '*', '○': 'o', '▲': '^', '▼': 'v', '→': '>', '≤': '<', '─': '-', '│': '|',
	'┌': '+', '┐': '+', '└': '+', '┘': '+', '├': '+', '┤': '+', '·': '-', '–': '-', '—': '-', '…': CutMark,
	'▁': '_', '▂': '.', '▃': ',', '▄': ':', '▅': '+', '▆': '*', '▇': '%', '█': '#', '░': '.'}

func asciiTwin(r rune) rune {
	if t, ok := asciiTwins[r]; ok {
		return t
	}
	return '?'
}

// plainASCII tells whether every byte is printable ASCII, so that bytes are columns.
func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// Width counts the columns that the text takes once it is folded.
func Width(s string) int {
	if plainASCII(s) {
		return len(s)
	}
	n := 0
	for _, r := range s {
		_, w := foldRune(r, false)
		n += w
	}
	return n
}

// Wrap breaks text into lines of at most w columns, at spaces where it can.
func Wrap(s string, w int) []string {
	if w < 1 {
		return nil
	}
	var lines []string
	for Width(s) > w {
		head, rest := SplitAt(s, w)
		if i := strings.LastIndexByte(head, ' '); i > len(head)/2 && !strings.HasPrefix(rest, " ") {
			head, rest = head[:i], s[i:]
		}
		lines = append(lines, strings.TrimRight(head, " "))
		s = strings.TrimLeft(rest, " ")
	}
	return append(lines, s)
}

// keptOfWord is how much of a long word is left at least when words are cut.
const keptOfWord = 13 // "AccessDenied:"

// Squeeze makes text take at most w columns: the longest words are cut first, as long as enough of them is left to be known, then the end.
func Squeeze(s string, w int) string {
	words := strings.Split(s, " ")
	for over := Width(s) - w; over > 0; {
		long := 0
		for i := range words {
			if Width(words[i]) > Width(words[long]) {
				long = i
			}
		}
		was := Width(words[long])
		if was <= keptOfWord+1 {
			break
		}
		keep := max(keptOfWord, was-over-1)
		words[long] = Cut(words[long], keep+1)
		over -= was - Width(words[long])
	}
	if s = strings.Join(words, " "); Width(s) <= w {
		return s
	}
	return Cut(s, w)
}

// Cut makes text take at most w columns: where it takes more, its end gives way to CutMark. Where not even the first rune fits beside
// the mark, only the mark is left.
func Cut(s string, w int) string {
	if w < 1 {
		return ""
	}
	if Width(s) <= w {
		return s
	}
	head, _ := SplitAt(s, w-1)
	if Width(head) > w-1 {
		head = ""
	}
	return strings.TrimRight(head, " ") + string(CutMark)
}

// SplitAt cuts text after at most w columns; it always takes at least one rune.
func SplitAt(s string, w int) (string, string) {
	n := 0
	for i, r := range s {
		_, c := foldRune(r, false)
		if n += c; n > w && i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// overlay puts part over line, from column x on; part is pw columns wide and line is lw. Of a wide rune that the edge of part
// cuts in half a blank is left.
func overlay(line, part string, x, pw, lw int) string {
	left := ansi.Truncate(line, x, "")
	if ansi.StringWidth(left) < x {
		left += off + " "
	}
	right := ""
	if rest := lw - x - pw; rest > 0 {
		if right = ansi.TruncateLeft(line, x+pw, ""); ansi.StringWidth(right) > rest {
			right = off + " " + ansi.TruncateLeft(line, x+pw+1, "")
		}
	}
	return left + off + part + right
}

// Count writes a number with thousands separated.
func Count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Percent writes a share so that 100 % means all of it.
func Percent(f float64) string {
	if f >= 1 {
		return "100%"
	}
	return strconv.FormatFloat(min(f*100, 99.9), 'f', 1, 64) + "%"
}
