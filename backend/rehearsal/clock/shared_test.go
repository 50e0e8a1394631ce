package clock

import (
	"testing"
	"time"
)

// TestAFollowerLivesByTheWorld tells nothing but the machine's time until a world tells its own, and wakes who waits when that was set.
func TestAFollowerLivesByTheWorld(t *testing.T) {
	dir := t.TempDir()
	f := Follow(dir)
	if off := time.Since(f.Now()).Abs(); off > time.Second || f.Speed() != 1 {
		t.Fatalf("without a world it is %v off, at speed %v", off, f.Speed())
	}
	c := New(time.Now(), 1)
	for i, moving := range []bool{true, false} {
		moved := f.Moved()
		c.Advance(48 * time.Hour)
		if err := c.Publish(dir, moving); err != nil {
			t.Fatal(err)
		}
		want := time.Duration(i+1) * 48 * time.Hour
		for end := time.Now().Add(5 * time.Second); time.Until(f.Now()) < want-time.Minute; {
			if time.Now().After(end) {
				t.Fatalf("it never was %v later", want)
			}
		}
		select {
		case <-moved:
			if moving {
				t.Error("who waits was woken on the way")
			}
		default:
			if !moving {
				t.Error("nobody was woken")
			}
		}
	}
	c.SetSpeed(1000)
	if err := c.Publish(dir, false); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); f.Speed() != 1000; {
		if time.Now().After(end) {
			t.Fatal("it never ran fast")
		}
	}
	if off := f.Now().Sub(c.Now()).Abs(); off > 5*time.Minute {
		t.Errorf("the two are %v apart", off)
	}
	left, err := Left(dir)
	if err != nil || left.Speed() != 1 || left.Now().Before(time.Now().Add(95*time.Hour)) {
		t.Errorf("what is left is %v, %v", left, err)
	}
}
