package bacula

import (
	"bufio"
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal/daemon"
	"switchyard/model"
)

// TestKnock greets a Storage Daemon of the world that is well, with another password, in another name, hung and down.
func TestKnock(t *testing.T) {
	t.Parallel()
	d, err := daemon.New("sd-1", "dir one")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, c := range []struct {
		says           string
		bell           Doorbell
		fault          daemon.Fault
		answers, knows model.Verdict
		why            string
	}{
		{"well", Doorbell{Director: "dir one", Password: daemon.Password}, daemon.Fault{}, model.Holds, model.Holds, ""},
		{"no password", Doorbell{Director: "dir one"}, daemon.Fault{}, model.Holds, model.Unknown, ""},
		{"another password", Doorbell{Director: "dir one", Password: "x"}, daemon.Fault{}, model.Holds, model.Fails, "lets this Director not in"},
		{"another name", Doorbell{Director: "dir2", Password: daemon.Password}, daemon.Fault{}, model.Holds, model.Fails,
			"unknown Director dir2"},
		{"hung", Doorbell{Director: "dir one", Password: daemon.Password, Timeout: 200 * time.Millisecond}, daemon.Fault{Hang: true},
			model.Unknown,
			model.Unknown, "no answer in time"},
		{"down", Doorbell{Director: "dir one", Password: daemon.Password}, daemon.Fault{Down: true}, model.Fails, model.Unknown,
			"connection refused"},
		{"back", Doorbell{Director: "dir one", Password: daemon.Password}, daemon.Fault{}, model.Holds, model.Holds, ""},
	} {
		if err := d.Set(c.fault); err != nil {
			t.Fatal(err)
		}
		c.bell.Address = d.Addr()
		if c.bell.Timeout == 0 {
			c.bell.Timeout = time.Minute
		}
		k := c.bell.Knock(t.Context())
		if k.Answers != c.answers || k.Knows != c.knows || !strings.Contains(k.Why, c.why) || (c.why == "") != (k.Why == "") {
			t.Errorf("%s: %v %v %q", c.says, k.Answers, k.Knows, k.Why)
		}
		if strings.Contains(k.Why, daemon.Password) {
			t.Errorf("%s: the password is told", c.says)
		}
	}
}

// TestWhoOnlyEchoes: what sends our own challenge back knows no password, and what speaks no protocol is no Storage Daemon.
func TestWhoOnlyEchoes(t *testing.T) {
	t.Parallel()
	answer := func(with func(net.Conn)) string {
		lis, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { lis.Close() })
		go func() {
			c, err := lis.Accept()
			if err == nil {
				with(c)
				c.Close()
			}
		}()
		return lis.Addr().String()
	}
	liar := answer(func(c net.Conn) {
		b := &bsock{Conn: c, in: bufio.NewReader(c)}
		_, _ = b.receive()
		_ = b.send("auth cram-md5c <1.2@liar> ssl=0\n")
		_, _ = b.receive()
		_ = b.send("1000 OK auth\n")
		_, _ = b.receive()
		_ = b.send("AAAAAAAAAAAAAAAAAAAAAA\x00")
		_, _ = b.receive()
	})
	other := answer(func(c net.Conn) {
		_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
	})
	bell := Doorbell{Director: "d", Address: liar, Password: "p", Timeout: time.Minute}
	if k := bell.Knock(t.Context()); k.Knows != model.Fails || !strings.Contains(k.Why, "not the Storage Daemon that it should be") {
		t.Errorf("the liar: %+v", k)
	}
	bell.Address = other
	if k := bell.Knock(t.Context()); k.Answers == model.Holds || !strings.Contains(k.Why, "speaks no protocol of Bacula's") {
		t.Errorf("something else: %+v", k)
	}
	bell.Address = "storage.invalid:9103"
	if k := bell.Knock(t.Context()); k.Answers != model.Unknown || !strings.Contains(k.Why, "leads nowhere from here") {
		t.Errorf("no such name: %+v", k)
	}
}

// TestDigest64: the newer way is base 64 without padding; the older one is as long, and is the same where no byte has its highest bit.
func TestDigest64(t *testing.T) {
	t.Parallel()
	key := md5hex("secret")
	for n := range 200 {
		challenge := strings.Repeat("<", n) + "1.2@sd>"
		mac := hmac.New(md5.New, []byte(key))
		mac.Write([]byte(challenge))
		if newer, want := digest64(key, challenge, true), base64.RawStdEncoding.EncodeToString(mac.Sum(nil)); newer != want {
			t.Fatalf("%q: %q, want %q", challenge, newer, want)
		}
		if older := digest64(key, challenge, false); len(older) != 22 {
			t.Fatalf("%q: %q", challenge, older)
		}
	}
}
