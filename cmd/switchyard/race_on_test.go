//go:build race

package main

// racing tells that the race detector runs: what it remembers of memory that was mapped and unmapped counts as resident.
const racing = true
