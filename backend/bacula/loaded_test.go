package bacula

import (
	"slices"
	"testing"
)

// TestWhatElseIsSwitchedOff reads what both generations show, as they were seen to.
func TestWhatElseIsSwitchedOff(t *testing.T) {
	const client96 = "Client: Name=db1-fd Enabled=1 Address=127.0.0.1 FDport=19602 MaxJobs=10 NumJobs=0\n" +
		"      JobRetention=6 months  FileRetention=2 months  AutoPrune=1\n  --> Catalog: name=MainCatalog address=127.0.0.1 DBport=13661 " +
		"db_name=bacula\n      db_driver=MySQL db_user=bacula MutliDBConn=0\n"
	const off15 = "Client: Name=hung-fd Enabled=0 Address=127.0.0.1 FDport=29609 MaxJobs=10 NumJobs=0\n" +
		"       JobRetention=6 months  FileRetention=2 months  AutoPrune=1\n"
	const schedule = "Schedule: Name=housekeeping Enabled=0\n  --> Run Level=\n      hour=7 \nSchedule: Name=nightly run Enabled=1\n"
	for name, c := range map[string]struct {
		said               string
		clients, schedules []string
		known              bool
	}{
		"one of each": {client96 + off15 + "show schedules\n" + schedule, []string{"hung-fd"}, []string{"housekeeping"}, true},
		"blanks": {"Client: Name=db1-fd  Enabled=0 Address=127.0.0.1\nshow schedules\nSchedule: Name=nightly  Enabled=0\n",
			[]string{`db1-fd\x20`}, []string{`nightly\x20`}, true},
		"nothing":      {client96 + "show schedules\nSchedule: Name=nightly Enabled=1\n", nil, nil, true},
		"no schedules": {client96 + "show schedules\n", nil, nil, false},
		"refused":      {"show: is an invalid command.\nshow schedules\nshow: is an invalid command.\n", nil, nil, false},
	} {
		said := "\nshow clients\n" + c.said + "version\nblue-dir Version: 9.6.7\n"
		clients, known := shownOff("Client", said, showClients, showSchedules, Version)
		schedules, more := shownOff("Schedule", said, showSchedules, Version)
		if !slices.Equal(clients, c.clients) || !slices.Equal(schedules, c.schedules) || known && more != c.known {
			t.Errorf("%s: %q %v, %q %v", name, clients, known, schedules, more)
		}
	}
}
