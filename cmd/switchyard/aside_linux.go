package main

import "syscall"

// replace makes descriptor to the same as from.
func replace(from, to int) error { return syscall.Dup3(from, to, 0) }
