package port

const soReusePort = 0xf // SO_REUSEPORT, which the syscall package lacks on amd64
