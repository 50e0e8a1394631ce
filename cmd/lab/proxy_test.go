package main

import (
	"bytes"
	"io"
	"testing"
)

// talk feeds what a client says, one packet for each answer of the server, and counts the statements that were held back.
func talk(t *testing.T, packets ...[]byte) (held int, sent []byte) {
	t.Helper()
	answered := make(chan struct{}, 1)
	from, client := io.Pipe()
	var to bytes.Buffer
	done := make(chan struct{})
	go func() {
		passStatements(&to, from, answered, func() { held++ })
		close(done)
	}()
	for _, p := range packets {
		answered <- struct{}{}
		if _, err := client.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	client.Close()
	<-done
	return held, to.Bytes()
}

func TestProxyHoldsStatements(t *testing.T) {
	plain := []byte{60, 0, 0, 1, 0x85, 0xa6, 0xff, 0x01}
	withTLS := []byte{32, 0, 0, 1, 0x85, 0xae, 0xff, 0x01}
	query := []byte{9, 0, 0, 0, 3, 'S', 'E', 'L', 'E', 'C', 'T', ' ', '1'}
	if held, sent := talk(t, plain, query, query); held != 2 || !bytes.Equal(sent, bytes.Join([][]byte{plain, query, query}, nil)) {
		t.Errorf("without TLS %d of 2 statements were held back, %d bytes passed", held, len(sent))
	}
	record := func(kind byte, n int) []byte { return append([]byte{kind, 3, 3, 0, byte(n)}, make([]byte, n)...) }
	begin := append(withTLS, make([]byte, 28)...)
	hello, changed, data := record(22, 200), record(20, 1), record(23, 90)
	for name, packets := range map[string][][]byte{
		"a record a packet":    {begin, hello, changed, data, data, data, data, data},
		"as few as there are":  {append(begin, hello...), bytes.Join([][]byte{changed, data, data, data}, nil), data, data},
		"in pieces":            {begin[:36], hello[:3], hello[3:], changed, data[:2], data[2:50], data[50:], data, data, data, data},
		"one more in a packet": {begin, hello, changed, data, data, data, data, append(data, data...)},
	} {
		if held, sent := talk(t, packets...); held != 2 || !bytes.Equal(sent, bytes.Join(packets, nil)) {
			t.Errorf("with TLS, %s: %d of 2 statements were held back, %d bytes passed", name, held, len(sent))
		}
	}
}
