//go:build !linux

package bacula

import "syscall"

// dieWithParent is Linux's alone; elsewhere a resumed runner waits for what may still be on its way.
func dieWithParent(*syscall.SysProcAttr) {}
