package bacula

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // Bacula's own challenge is made of it
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"switchyard/model"
)

// Knocked is what a Storage Daemon answered to a greeting.
type Knocked struct {
	Answers model.Verdict // a Storage Daemon is there
	Knows   model.Verdict // it lets that Director in with that password; unknown where it was not asked
	Why     string        // why one of them does not hold
}

// Doorbell is with what a Storage Daemon is greeted: in a Director's name, as of its Storage resource. It starts nothing there.
type Doorbell struct {
	Director string
	Address  string // host:port
	Password string // as it stands in the Storage resource; empty: only whether something answers is asked
	Timeout  time.Duration
}

// maxPacket bounds what is read of a daemon: each answer of the greeting is a line.
const maxPacket = 4096

// Knock greets a Storage Daemon as a Director does, proves the password to it and has it prove its own, and says goodbye. The greeting is
// always brought to its end, as a daemon whose peer goes in the middle of the challenge may wait for it for ever.
func (d *Doorbell) Knock(ctx context.Context) (k Knocked) {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.Address)
	var name *net.DNSError
	switch {
	case errors.As(err, &name): // the name servers may be what is gone
		return Knocked{Why: model.Clean("its name " + name.Name + " leads nowhere from here: " + name.Err)}
	case err != nil:
		return Knocked{Answers: model.Fails, Why: model.Clean("it does not answer from here: " + causeOf(err))}
	}
	defer conn.Close()
	if at, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(at)
	}
	b := &bsock{Conn: conn, in: bufio.NewReader(conn)}
	k.Answers, k.Knows, err = d.greet(b)
	if err != nil {
		k.Why = model.Clean(causeOf(err))
	}
	return k
}

var (
	errUnproven = errors.New("it lets this Director not in: its name, or the password of the Storage resource, is not the one there")
	errForeign  = errors.New("what answers proves no knowledge of the password: it is not the Storage Daemon that it should be")
)

func (d *Doorbell) greet(b *bsock) (answers, knows model.Verdict, err error) {
	name := strings.ReplaceAll(d.Director, " ", "\x01")
	if err := b.send(fmt.Sprintf("Hello SD: Bacula Director %s calling 100\n", name)); err != nil {
		return model.Unknown, model.Unknown, err
	}
	line, err := b.receive()
	if err != nil {
		return model.Unknown, model.Unknown, err
	}
	var challenge string
	var ssl int
	newer := strings.HasPrefix(line, "auth cram-md5c ")
	form := "auth cram-md5 %s ssl=%d"
	if newer {
		form = "auth cram-md5c %s ssl=%d"
	}
	if _, err := fmt.Sscanf(line, form, &challenge, &ssl); err != nil {
		return model.Holds, model.Fails, fmt.Errorf("%w (%s)", errUnproven, model.Clean(strings.TrimSpace(line)))
	}
	key := md5hex(d.Password)
	if err := b.send(digest64(key, challenge, newer) + "\x00"); err != nil {
		return model.Holds, model.Unknown, err
	}
	line, err = b.receive()
	switch {
	case d.Password == "":
		return model.Holds, model.Unknown, nil
	case err != nil:
		return model.Holds, model.Unknown, err
	case line != "1000 OK auth\n":
		return model.Holds, model.Fails, errUnproven
	}
	return d.proven(b, key)
}

// proven has the daemon prove that it knows the password, too.
func (d *Doorbell) proven(b *bsock, key string) (answers, knows model.Verdict, err error) {
	var random [4]byte
	_, _ = rand.Read(random[:])
	ours := fmt.Sprintf("<%d.%d@switchyard>", binary.BigEndian.Uint32(random[:]), time.Now().Unix())
	if err := b.send("auth cram-md5c " + ours + " ssl=0\n"); err != nil {
		return model.Holds, model.Unknown, err
	}
	line, err := b.receive()
	if err != nil {
		return model.Holds, model.Unknown, err
	}
	got := strings.TrimRight(line, "\x00")
	if got != digest64(key, ours, true) && got != digest64(key, ours, false) {
		_ = b.send("1999 Authorization failed.\n")
		return model.Holds, model.Fails, errForeign
	}
	if err := b.send("1000 OK auth\n"); err != nil {
		return model.Holds, model.Unknown, err
	}
	if line, err = b.receive(); err != nil || !strings.HasPrefix(line, "3000 OK Hello") {
		return model.Holds, model.Unknown, errors.Join(err, fmt.Errorf("it does not greet: %s", model.Clean(strings.TrimSpace(line))))
	}
	return model.Holds, model.Holds, b.signal(terminate)
}

// bsock speaks in packets: four bytes of length, the most significant one first, and so much text. A negative length is a signal.
type bsock struct {
	net.Conn
	in *bufio.Reader
}

// terminate is the signal BNET_TERMINATE: the conversation is over.
const terminate = -4

func (b *bsock) send(text string) error {
	packet := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	_, err := b.Write(append(packet, text...))
	return err
}

func (b *bsock) signal(n int32) error {
	_, err := b.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
	return err
}

func (b *bsock) receive() (string, error) {
	var head [4]byte
	if _, err := io.ReadFull(b.in, head[:]); err != nil {
		return "", err
	}
	n := int32(binary.BigEndian.Uint32(head[:]))
	if n < 0 || n > maxPacket {
		return "", fmt.Errorf("what answers speaks no protocol of Bacula's: %w", model.ErrAnswer)
	}
	text := make([]byte, n)
	_, err := io.ReadFull(b.in, text)
	return string(text), err
}

func md5hex(password string) string {
	sum := md5.Sum([]byte(password)) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

const digits64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// digest64 is the HMAC of a challenge as Bacula writes it: in base 64 without padding. What older daemons speak extends the sign of each
// byte over what is left of the one before it.
func digest64(key, challenge string, newer bool) string {
	mac := hmac.New(md5.New, []byte(key))
	mac.Write([]byte(challenge))
	var out strings.Builder
	var reg uint32
	rem := 0
	sum := mac.Sum(nil)
	for i := 0; i < len(sum); {
		if rem < 6 {
			reg <<= 8
			if newer {
				reg |= uint32(sum[i])
			} else {
				reg |= uint32(int32(int8(sum[i])))
			}
			i++
			rem += 8
		}
		out.WriteByte(digits64[reg>>(rem-6)&0x3f])
		rem -= 6
	}
	if rem > 0 {
		last := reg & (1<<rem - 1)
		if newer {
			last <<= 6 - rem
		}
		out.WriteByte(digits64[last])
	}
	return out.String()
}

// causeOf is an error of the network without its operation and addresses.
func causeOf(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &op) && op.Timeout():
		return "no answer in time"
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return "it hangs up"
	case op != nil && op.Err != nil:
		var sys *os.SyscallError
		if errors.As(op.Err, &sys) {
			return sys.Err.Error()
		}
		return op.Err.Error()
	}
	return err.Error()
}
