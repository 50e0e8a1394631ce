//go:build !linux

package main

// dropProgram does nothing where nobody tells which pages are the program's.
func dropProgram() {}

// largePages does nothing where nobody knows how to ask for them.
func largePages(mapped, bool) {}
