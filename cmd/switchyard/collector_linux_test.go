package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const smapsOfOurs = `00400000-015e4000 r-xp 00000000 fe:00 9978411                            /opt/a b/switchyard
Size:              18320 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me
015e4000-026cd000 r--p 011e4000 fe:00 9978411                            /opt/a b/switchyard
Size:              17316 kB
Anonymous:             4 kB
Swap:                  0 kB
026cd000-026ce000 r--p 022cd000 fe:00 9978411                            /opt/a b/switchyard
Anonymous:             0 kB
Swap:                  0 kB
026cf000-027f3000 rw-p 022cf000 fe:00 9978411                            /opt/a b/switchyard
Anonymous:             0 kB
Swap:                  0 kB
026ce000-026cf000 r--p 022ce000 fe:00 9978411                            /opt/a b/switchyard
Anonymous:             0 kB
Swap:                  8 kB
027f3000-04a77000 r--p 00000000 00:00 0
Anonymous:             0 kB
Swap:                  0 kB
7f476d544000-7f476d69a000 r-xp 00026000 fe:00 326269                     /usr/lib/x86_64-linux-gnu/libc.so.6
Anonymous:             0 kB
Swap:                  0 kB
7ffc7e3f0000-7ffc7e3f2000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             0 kB
Swap:                  0 kB
`

// What was written to, be it in swap by now, what can be, and what is another file's stays.
func TestOnlyPagesOfTheProgramAsItsFileHasThemAreDropped(t *testing.T) {
	got := unchanged(strings.NewReader(smapsOfOurs), "/opt/a b/switchyard")
	if want := []mapped{{0x400000, 0x15e4000}, {0x26cd000, 0x26ce000}}; !slices.Equal(got, want) {
		t.Errorf("%x", got)
	}
}

// A session gives back what only its start took.
func TestASessionSettles(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	d := s.sitAt(80, 24, "watch")
	d.see("live")
	pages := func() int { return residentFile(t, d.cmd.Process.Pid) }
	most := pages()
	s.until("it has given pages of the program back", func() bool {
		now := pages()
		most = max(most, now)
		return now < most*9/10
	})
	d.press("?")
	d.see("HELP")
}

// residentFile is how many kilobytes of files a process has in memory: of a program that itself lies in memory the kernel counts them
// apart.
func residentFile(t *testing.T, pid int) (kb int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		key, of, _ := strings.Cut(line, ":")
		if key != "RssFile" && key != "RssShmem" {
			continue
		}
		n, err := strconv.Atoi(strings.Fields(of)[0])
		if err != nil {
			t.Fatal(err)
		}
		kb += n
	}
	if kb == 0 {
		t.Skip("SKIPPED: this kernel does not tell how much of a process's memory is of files")
	}
	return kb
}
