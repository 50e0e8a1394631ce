//go:build darwin || freebsd

package port

import "syscall"

const soReusePort = syscall.SO_REUSEPORT
