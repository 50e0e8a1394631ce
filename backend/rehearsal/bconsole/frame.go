// Package bconsole is the console of a rehearsal's Directors: what the program does when it is started under that name.
package bconsole

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
)

// Signals are what Bacula sends in place of a length.
const (
	EOD       = -1  // the end of an answer
	Terminate = -4  // the end of the session
	ErrorMsg  = -21 // an error follows; a console takes it for the end of the answer
	Prompt    = -27
)

const maxFrame = 32 << 20

// Send writes a message as Bacula frames it: a length of four bytes, then the bytes.
func Send(w io.Writer, text string) error {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(text)), uint32(len(text)))
	_, err := w.Write(append(b, text...))
	return err
}

// Signal writes a negative length.
func Signal(w io.Writer, signal int) error {
	_, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(int32(signal))))
	return err
}

// Receive reads a message or a signal; signal is 0 for a message.
func Receive(r io.Reader) (text string, signal int, err error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", 0, err
	}
	n := int32(binary.BigEndian.Uint32(head[:]))
	switch {
	case n < 0:
		return "", int(n), nil
	case n > maxFrame:
		return "", 0, fmt.Errorf("a message of %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", 0, err
	}
	return string(b), 0, nil
}

// Answer proves a password without sending it.
func Answer(challenge, password string) string {
	mac := hmac.New(sha256.New, []byte(password))
	mac.Write([]byte(challenge))
	return hex.EncodeToString(mac.Sum(nil))
}
