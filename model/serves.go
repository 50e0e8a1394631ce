package model

import (
	"strconv"
)

var majorMinor = Pattern(`^(\d{1,4})\.(\d{1,4})(?:\D|$)`)

// Serves tells whether a Director of a version can serve a file daemon of another: Bacula promises that of one that is not newer than its
// Director, patch releases aside. Unknown when a version tells nothing; versions are as the daemons say them, such as
// "9.6.7 (10 December 2020)".
func Serves(director, client string) Verdict {
	var of [2][2]int
	for i, v := range []string{director, client} {
		m := majorMinor().FindStringSubmatch(v)
		if m == nil {
			return Unknown
		}
		of[i][0], _ = strconv.Atoi(m[1])
		of[i][1], _ = strconv.Atoi(m[2])
	}
	if of[1][0] > of[0][0] || of[1][0] == of[0][0] && of[1][1] > of[0][1] {
		return Fails
	}
	return Holds
}
