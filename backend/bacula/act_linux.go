package bacula

import "syscall"

// dieWithParent ends bconsole when this process is killed: whoever resumes its work must not meet it.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
