package model

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strings"
)

// CanaryPrefix begins the name of the Job resource that tells which configuration a Director has loaded.
const CanaryPrefix = "switchyard-"

const canaryDigits = 16

// CanaryName is the name of the Job that stands at the end of a rendered configuration: made of all that stands before it, so a Director
// that has this job has loaded just that text.
func CanaryName(before string) string {
	sum := sha256.Sum256([]byte(before))
	return CanaryOfSum(sum[:])
}

// CanaryOfSum is the name that is made of what has a SHA-256.
func CanaryOfSum(sum []byte) string { return CanaryPrefix + hex.EncodeToString(sum[:canaryDigits/2]) }

// IsCanary tells whether a job's name is one that CanaryName makes.
func IsCanary(job string) bool {
	digits, ok := strings.CutPrefix(job, CanaryPrefix)
	return ok && len(digits) == canaryDigits && strings.Trim(digits, "0123456789abcdef") == ""
}

// CanaryOf finds the canary among sorted names; empty when there is none: the Director has not loaded what Switchyard renders.
func CanaryOf(jobs []string) string {
	for i := sort.SearchStrings(jobs, CanaryPrefix); i < len(jobs) && strings.HasPrefix(jobs[i], CanaryPrefix); i++ {
		if IsCanary(jobs[i]) {
			return jobs[i]
		}
	}
	return ""
}
