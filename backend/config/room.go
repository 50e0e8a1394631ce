package config

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// roomTimeout is how long the command may take that tells of the storages' room.
const roomTimeout = 10 * time.Second

// StorageRoom asks, for as long as ctx lasts and at most 10 s, how many bytes are free for each Storage of a cluster, by its name as the
// inventory has it. The error is ErrNone where no command is configured. A line that is no name and number makes all of it worthless.
func (c *Config) StorageRoom(ctx context.Context, of model.Cluster) (map[string]uint64, error) {
	doing := fmt.Sprintf("asking how much room %s's storages have", of)
	argv := c.Clusters[of].Room
	if argv == nil {
		return nil, fmt.Errorf("%s: %w: no clusters.%s.storage_room in %s", doing, model.ErrNone, of, model.Clean(c.Path))
	}
	text, err := output(ctx, argv, c.loader.dir, maxText, roomTimeout, true)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	out := map[string]uint64{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) == 2 && model.CheckName("storage", words[0], "") == nil {
			if n, err := strconv.ParseUint(words[1], 10, 64); err == nil {
				if _, twice := out[words[0]]; !twice {
					out[words[0]] = n
					continue
				}
			}
		}
		return nil, fmt.Errorf("%s: %w: %q is no Storage's name with its free bytes, or is there twice", doing, model.ErrAnswer,
			model.Clean(strings.TrimSpace(line)))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %w: %s printed nothing", doing, model.ErrAnswer, model.Clean(argv[0]))
	}
	return out, nil
}
