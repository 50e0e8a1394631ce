package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// dropProgram gives back the pages of the program's own file that this process has mapped: code and tables, most of which only its start
// used. The next use of one maps it again, from the file or what the system keeps of it.
func dropProgram() {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer maps.Close()
	for _, m := range unchanged(maps, self) {
		// A page that was never written to is the file's.
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, m.from, m.to-m.from, syscall.MADV_DONTNEED)
	}
}

// largePages has the system use pages of 2 MiB for some of the heap's memory, or not any more. Where it has none, nothing changes.
func largePages(of mapped, on bool) {
	const size = 2 << 20
	advice := syscall.MADV_NOHUGEPAGE
	if on {
		advice = syscall.MADV_HUGEPAGE
	}
	if from, to := (of.from+size-1)&^(size-1), of.to&^(size-1); from < to {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, uintptr(advice))
	}
}

// unchanged are the mappings of a file, as /proc/PID/smaps lists them, that cannot be written to and hold nothing but what the file does,
// in memory and in swap: what a linker, a debugger or a probe put there would be lost.
func unchanged(smaps io.Reader, file string) (out []mapped) {
	var at mapped
	of, own := false, 0 // the lines are of a mapping of the file; in how many places it is seen to have nothing else
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		line := lines.Bytes()
		if key, size, ok := bytes.Cut(line, []byte(":")); ok && (string(key) == "Anonymous" || string(key) == "Swap") {
			if string(bytes.TrimSpace(size)) == "0 kB" {
				own++
			}
			if of && own == 2 {
				out = append(out, at)
			}
			of = of && string(key) != "Swap" // which is the last of the two: mappings of no file follow
			continue
		}
		f := strings.Fields(lines.Text())
		if len(f) < 6 || len(f[1]) != 4 {
			continue
		}
		from, to, ok := strings.Cut(f[0], "-")
		begin, err := strconv.ParseUint(from, 16, strconv.IntSize)
		end, err2 := strconv.ParseUint(to, 16, strconv.IntSize)
		of = ok && err == nil && err2 == nil && f[1][1] == '-' && f[1][3] == 'p' && strings.Join(f[5:], " ") == file
		at, own = mapped{uintptr(begin), uintptr(end)}, 0
	}
	return out
}
