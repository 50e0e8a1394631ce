package push

import (
	"context"

	"switchyard/backend/bacula"
	"switchyard/model"
)

// What is said of a volume whose status was changed, and of one that was not (ua_update.c of Bacula 9.6 and 15).
var (
	sealed    = model.Pattern(`(?m)^New Volume status is: Read-Only\s*$`)
	notSealed = model.Pattern(`(?m)^(Invalid VolStatus specified|.*Media .*not found|.*\bis an invalid command|` +
		`.*[Nn]o authorization|Select .*\(1-\d+\):|Choose catalog item to update)`)
)

// Seal marks a volume Read-Only by a command line. The error is ErrNotDone when it certainly was not; after any other it may be.
func Seal(ctx context.Context, c bacula.Console, line, volume string) error {
	doing := "marking " + model.Clean(volume) + " Read-Only"
	said, err := say(ctx, c, doing, line, volume)
	switch {
	case sealed().MatchString(said):
		return nil
	case err != nil:
		return err
	case notSealed().MatchString(said):
		return notDone(doing, said)
	}
	return unclear(doing, said)
}
