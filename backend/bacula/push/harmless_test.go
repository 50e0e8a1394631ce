package push

import (
	"slices"
	"strings"
	"testing"
)

const harmless = `Director {
  Name = drill-dir
  DirAddresses = { ip = { addr = 127.0.0.1; port = 9201; } }
  Password = "p"
}
Catalog { Name = MainCatalog; DB Address = "copy.example"; DB Port = 3307; dbname = "bacula_drill"; dbuser = "drill"; dbpassword = "x" }
JobDefs { Name = all; Type = Backup; Pool = reg }
Job { Name = backup-a; Type = Backup; JobDefs = all; Enabled = no; Client = a-fd }
Job { Name = restore; Type = Restore; Client = a-fd }
Pool { Name = reg; Pool Type = Backup; Recycle = no; Auto Prune = no }
Client { Name = a-fd; Address = a; Password = "p"; AutoPrune = no }
Schedule { Name = nightly; Run = daily at 1:00 }
`

// TestHarms: a Director that can do nothing but restore on a catalog of its own is harmless, and each thing that it could do besides is
// told.
func TestHarms(t *testing.T) {
	a := &Alone{Director: "drill-dir", Port: "9201", Catalog: "copy.example:3307", Database: "bacula_drill"}
	harms, restores, err := a.Harms(harmless)
	if err != nil || len(harms) > 0 || !slices.Equal(restores, []string{"restore"}) {
		t.Fatalf("%q, %q, %v", harms, restores, err)
	}
	for _, c := range []struct{ was, is, says string }{
		{"Name = drill-dir", "Name = dir-green", "it is the configuration of dir-green"},
		{"port = 9201", "port = 9101", `it listens on port "9101"`},
		{"DirAddresses = { ip = { addr = 127.0.0.1; port = 9201; } }", "", `it listens on port "9101"`},
		{"copy.example", "rds.example", "catalog MainCatalog is on rds.example:3307"},
		{"DB Port = 3307; ", "", "catalog MainCatalog is on copy.example:3306"},
		{`DB Address = "copy.example"`, `DB Socket = "/run/mysqld.sock"`, "does not name its server"},
		{`"bacula_drill"`, `"bacula"`, `is the database "bacula"`},
		{"; Enabled = no", "", "job backup-a is not Enabled = no"},
		{"Enabled = no", "Enabled = yes", "job backup-a is not Enabled = no"},
		{"Type = Restore", "Type = Admin", "job restore is not Enabled = no"},
		{"Name = restore; Type = Restore", "Name = restore; JobDefs = all", "what restore does is not told by itself"},
		{"Name = restore;", "Name = restore; Schedule = nightly;", "job restore has a schedule"},
		{"JobDefs { Name = all;", "JobDefs { Name = all; Schedule = nightly;", "job backup-a has a schedule"},
		{"JobDefs { Name = all;", "JobDefs { Name = more; Type = Backup; Schedule = nightly }\nJobDefs { Name = all; JobDefs = more;",
			"job backup-a has a schedule"},
		{"JobDefs { Name = all;", "JobDefs { Name = all; JobDefs = all; Prune Files = yes;", "job backup-a is not prunefiles = no"},
		{"Name = restore;", "Name = restore; Prune Jobs = yes;", "job restore is not prunejobs = no"},
		{"Name = restore;", `Name = restore; Run Before Job = "rm";`, "job restore has runbeforejob"},
		{"Recycle = no; ", "", "pool reg is not recycle = no"},
		{"Recycle = no", "Recycle = yes", "pool reg is not recycle = no"},
		{"Auto Prune = no", "Auto Prune = yes", "pool reg is not autoprune = no"},
		{"Pool Type = Backup", `Pool Type = Backup; Label Format = "v-"`, "pool reg has labelformat"},
		{"Pool Type = Backup", "Pool Type = Backup; Purge Oldest Volume = yes", "pool reg has purgeoldestvolume"},
		{`; AutoPrune = no`, "", "client a-fd is not autoprune = no"},
		{"Schedule { Name = nightly", "@/etc/bacula/routed.conf\nSchedule { Name = nightly", "it includes /etc/bacula/routed.conf"},
		{"Schedule { Name = nightly", "Catalog { Name = Other; DB Address = rds; dbname = bacula }\nSchedule { Name = nightly",
			"2 Catalog resources"},
	} {
		text := strings.Replace(harmless, c.was, c.is, 1)
		if text == harmless {
			t.Fatalf("%q is not in it", c.was)
		}
		harms, _, err := a.Harms(text)
		if err != nil || !slices.ContainsFunc(harms, func(h string) bool { return strings.Contains(h, c.says) }) {
			t.Errorf("%s in place of %s: %q, %v; want %q", c.is, c.was, harms, err, c.says)
		}
	}
}
