package sqlsim

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"
)

// Clone makes a new replica of the instance, with its data and its GTIDs as they are now.
func (in *Instance) Clone(cfg Config, lag time.Duration) (*Instance, error) {
	in.write.Lock() // nothing may be written between the copy and the first transaction that is replicated
	defer in.write.Unlock()
	out, err := New(cfg)
	if err != nil {
		return nil, err
	}
	in.mu.Lock()
	out.users = maps.Clone(in.users)
	in.mu.Unlock()
	if err := out.copyFrom(in); err != nil {
		return nil, fmt.Errorf("making %s: %w", cfg.Name, err)
	}
	out.Replicate(in, lag)
	return out, nil
}

func (in *Instance) copyFrom(src *Instance) error {
	file := filepath.Join(in.cfg.Dir, in.cfg.Name+".copy")
	if err := os.RemoveAll(file); err != nil {
		return err
	}
	defer os.Remove(file)
	if _, err := src.db.ExecContext(in.ctx, "VACUUM INTO ?", file); err != nil {
		return err
	}
	conn, err := in.db.Conn(in.ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(in.ctx, "ATTACH DATABASE ? AS source", file); err != nil {
		return err
	}
	for _, t := range append([]string{"numbers"}, in.order...) {
		if _, err := conn.ExecContext(in.ctx, fmt.Sprintf("INSERT INTO main.`%s` SELECT * FROM source.`%s`", t, t)); err != nil {
			return err
		}
	}
	if _, err := conn.ExecContext(in.ctx, "DETACH DATABASE source"); err != nil {
		return err
	}
	src.log.mu.Lock()
	executed := maps.Clone(src.log.executed)
	src.log.mu.Unlock()
	in.log.mu.Lock()
	defer in.log.mu.Unlock()
	for id, spans := range executed {
		in.log.executed[id] = append([]span(nil), spans...)
	}
	return nil
}
