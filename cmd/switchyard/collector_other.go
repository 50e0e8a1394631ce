//go:build !linux

package main

// dropProgram does nothing where nobody tells which pages are the program's.
func dropProgram() {}
