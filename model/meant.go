package model

// Meant is the known word that a person probably meant; empty when there is none.
func Meant(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if n := edits(word, k); n < least && n < len(k) {
			best, least = k, n
		}
	}
	return best
}

// edits is the Levenshtein distance of two short words, at most 3.
func edits(a, b string) int {
	if len(a) > len(b)+2 || len(b) > len(a)+2 {
		return 3
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal, row[j+1] = row[j+1], min(change, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], 3)
}
