package kill

import (
	"context"
	"fmt"
	"sync"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// memory is a store that many incarnations share.
type memory struct {
	mu    sync.Mutex
	at    map[int64][]byte
	locks map[string]*fuse // by name, who holds it
}

func (m *memory) String() string { return "memory" }

func (m *memory) Create(_ context.Context, seq int64, b []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at[seq] != nil {
		return record.ErrTaken
	}
	m.at[seq] = append([]byte{}, b...)
	return nil
}

func (m *memory) Read(_ context.Context, seq int64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at[seq] == nil {
		return nil, model.ErrNone
	}
	return m.at[seq], nil
}

// hold is a lock that its holder's death frees, as the kernel does.
func (m *memory) hold(f *fuse, name string) (func(), error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if by := m.locks[name]; by != nil && by != f {
		by.mu.Lock()
		dead := by.dead
		by.mu.Unlock()
		if !dead {
			return nil, record.ErrHeld
		}
	}
	m.locks[name] = f
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.locks[name] == f {
			delete(m.locks, name)
		}
	}, nil
}

// Clock is time that passes only while somebody sleeps.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at a moment.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep passes time.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sleeping: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, time.Millisecond))
	return nil
}
