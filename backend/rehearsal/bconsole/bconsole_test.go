package bconsole

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigurations(t *testing.T) {
	for text, want := range map[string]conf{
		"Director { Name = d; DIRport = 39101; address = 127.0.0.1; Password = \"dirpw\" " +
			"}": {"127.0.0.1:39101", "*UserAgent*", "dirpw"},
		"# one that only reads\nDirector {\n  Name = d\n  DIR port = 9101\n  Address = dir1.example\n  Password = unused\n}\nConsole { Name = " +
			"ro-mon; Password = \"mon pw\" }\n": {"dir1.example:9101", "ro-mon", "mon pw"},
		"Console { Name = first; Password = p }\nDirector { Name = d; DIRport = 1; address = h; Password = x " +
			"}": {"h:1", "first", "p"},
	} {
		file := filepath.Join(t.TempDir(), "bconsole.conf")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readConf(file); err != nil || got != want {
			t.Errorf("%s\n got %+v, %v\nwant %+v", text, got, err, want)
		}
	}
}

func TestWithoutAConfiguration(t *testing.T) {
	var out bytes.Buffer
	if status := Run(
		[]string{"bconsole", "-n", "-c", "/nonexistent"},
		strings.NewReader(""),
		&out,
	); status != 1 ||
		!strings.Contains(out.String(), "Config error") {
		t.Errorf("status %d, %s", status, &out)
	}
}

func TestFrames(t *testing.T) {
	a, b := net.Pipe()
	go func() {
		_ = Send(a, "hello\n")
		_ = Send(a, "")
		_ = Signal(a, EOD)
		_, _ = a.Write([]byte{0x7f, 0xff, 0xff, 0xff})
	}()
	for _, want := range []struct {
		text   string
		signal int
	}{{"hello\n", 0}, {"", 0}, {"", EOD}} {
		if text, signal, err := Receive(b); err != nil || text != want.text || signal != want.signal {
			t.Errorf("%q, %d, %v; want %+v", text, signal, err, want)
		}
	}
	if _, _, err := Receive(b); err == nil {
		t.Error("a message of two gigabytes was taken")
	}
}
