package model

import "testing"

// TestWhyARestoreEndedBadly is told by the words of its log, what tells more first.
func TestWhyARestoreEndedBadly(t *testing.T) {
	for says, want := range map[string]string{
		`Please mount read Volume "v1" for: Job: r.2026`: "a volume is missing",
		`Warning: acquire.c:275 Read open File device "FileDev" (/v) Volume "v1" failed: ` +
			`ERR=Could not open(/v/v1): No such file`: "a volume is missing or cannot be opened",
		`Read open File device "FileDev" failed / Please mount read Volume "v1" for:`:         "a volume is missing",
		"Fatal error: bsock.c:520 Network error with FD during Restore: ERR=Connection reset": "the client was gone while it ran",
		"Fatal error: Unable to connect to Client: x on x:9102. ERR=Connection refused":       "the client's file daemon does not answer",
		"Write error: ERR=No space left on device":                                            "the client's disk is full",
		"Block checksum mismatch in block=7":                                                  "a volume is damaged",
		"it had errors":                                                                       "",
	} {
		if got := RestoreCause(says); got != want {
			t.Errorf("%q: %q, want %q", says, got, want)
		}
	}
}
