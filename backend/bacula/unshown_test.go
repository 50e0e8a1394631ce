package bacula

import "testing"

// What is shown of clients and schedules is left out of what the rest is looked for in, and nothing else is.
func TestTheRestOfALookIsWithoutWhatIsShown(t *testing.T) {
	const (
		before = ".api 2\napi: 2\n"
		shown  = "show clients\nClient: name=a Enabled=1\nshow schedules\nSchedule: name=b Enabled=1\n"
		after  = "show disabled\nNo disabled jobs.\n.status dir running\n.\n.status dir header\nheader:\nname=dir\n"
	)
	for said, want := range map[string]string{
		before + shown + after: before + after,
		before + after:         before + after,
		before + shown:         before + shown, // it came to no end
		"":                     "",
	} {
		if got := unshown(said); got != want {
			t.Errorf("of %q: %q, want %q", said, got, want)
		}
	}
}
