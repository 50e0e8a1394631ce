package feed

import (
	"context"
	"net"
	"testing"
	"time"

	"switchyard/model"
)

// TestBefore: who listens is heard, who refuses is gone, and of who is silent or has no name nothing is known.
func TestBefore(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := Before{Source: model.DirectorOf(model.Green, "dir-old (before)"), Address: l.Addr().String()}
	if _, err := at.read(t.Context()); err != nil {
		t.Errorf("it listens: %v", err)
	}
	_ = l.Close()
	if _, err := at.read(t.Context()); model.TroubleOf(err) != model.TroubleGone {
		t.Errorf("it refuses: %v", err)
	}
	late, stop := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer stop()
	if _, err := at.read(late); model.TroubleOf(err) == model.TroubleGone || err == nil {
		t.Errorf("it is silent: %v", err)
	}
	at.Address = "nowhere.invalid:9101"
	if _, err := at.read(t.Context()); model.TroubleOf(err) == model.TroubleGone || err == nil {
		t.Errorf("nobody knows its host: %v", err)
	}
}
