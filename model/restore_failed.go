package model

import "strings"

// Words of Bacula's logs by which a restore that ended badly tells what it was. Those of volumes are the backup's own; those of the place
// that it was to go to, and of the way there, say nothing of the backup.
var (
	ofVolumes = []string{"volume data error", "checksum mismatch", "please mount read", "read open", "could not open",
		"cannot find", "could not find volume", "no such volume", "wrong volume",
		"unable to open archive", "could not open device", "mount", "read error", "invalid block", "restored nothing",
		"files are missing", "files more than", "decompress", "uncompress", "no key", "decrypt", "digest"}
	ofThePlace = []string{"no space left", "write error", "disk quota", "read-only file system", "network error", "connection reset",
		"connection refused", "timed out", "failed to connect", "unable to connect", "unable to authenticate", "bad response from client",
		"canceled", "permission denied", "it wrote nothing", "its log says that they are in", "ended with status", "did not end",
		"printed more than"}
)

// surely is how many of ofVolumes tell of nothing else, whatever else is said: what waits for a volume that is not there is canceled at
// last.
const surely = 5

// RestoreFailed judges what went wrong with a restore test by the words of it: Fails when it is a verdict of the backup, Unknown when the
// test could not be carried out. What tells neither is a verdict: nobody may count on such a backup.
func RestoreFailed(says string) Verdict {
	says = strings.ToLower(says)
	has := func(words []string) bool {
		for _, w := range words {
			if strings.Contains(says, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has(ofThePlace) && !has(ofVolumes[:surely]):
		return Unknown
	case has(ofVolumes):
		return Fails
	case strings.HasPrefix(says, "unknown: "):
		return Unknown
	}
	return Fails
}

// restoreCauses are the causes of a restore that ended badly by the words of its log, what tells more first.
var restoreCauses = []struct{ words, cause string }{
	{"no space left", "the client's disk is full"},
	{"disk quota", "the client's disk quota is used up"},
	{"read-only file system", "the client's file system is read-only"},
	{"checksum mismatch", "a volume is damaged"},
	{"volume data error", "a volume is damaged"},
	{"please mount read", "a volume is missing"},
	{"read open file device", "a volume is missing or cannot be opened"}, // and nobody waited until the mount was asked for
	{"unable to authenticate with", "the client's file daemon does not trust the Director"},
	{"unable to connect to client", "the client's file daemon does not answer"},
	{"network error with fd", "the client was gone while it ran"},
	{"connection reset", "the client was gone while it ran"},
}

// RestoreCause says in a few words why a restore ended badly, to stand before those of its log; empty: they tell of nothing that is known.
func RestoreCause(says string) string {
	says = strings.ToLower(says)
	for _, c := range restoreCauses {
		if strings.Contains(says, c.words) {
			return c.cause
		}
	}
	return ""
}
