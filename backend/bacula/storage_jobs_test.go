package bacula

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStorageJobs reads how many jobs run at once on each Storage of what both generations show, and takes nothing else for it.
func TestStorageJobs(t *testing.T) {
	const before, behind = ".jobs\nStorage: name=job address=x SDport=1 MaxJobs=9 NumJobs=0\nshow catalogs\nCatalog: name=c\n",
		"show clients\nStorage: name=client address=x SDport=1 MaxJobs=9 NumJobs=0\n"
	shown := "show storages\n" +
		"Autochanger: name=blue-autochanger address=127.0.0.1 SDport=19103 MaxJobs=10 NumJobs=1\r\n" +
		"      DeviceName=blue-chgr MediaType=File-blue StorageId=1 Autochanger=1\n      AC group=1 ShareStore=*none*\n" +
		"Storage: name=sd region 1 address=sd.example SDport=9103 MaxJobs=4 NumJobs=0\n" +
		"Storage: name=not-bounded address=sd.example SDport=9103 MaxJobs=0 NumJobs=0\n" +
		"Storage: name=huge address=sd.example SDport=9103 MaxJobs=99999999999999999999 NumJobs=0\n" +
		"Storage: name=" + strings.Repeat("x", 200) + " address=sd.example SDport=9103 MaxJobs=4 NumJobs=0\n" +
		"Storage: name=half address=sd.example\n" +
		"  --> Storage: name=below address=sd.example SDport=9103 MaxJobs=4 NumJobs=0\n"
	want := map[string]int{"blue-autochanger": 10, "sd region 1": 4}
	if diff := cmp.Diff(want, storageJobs(before+shown+behind)); diff != "" {
		t.Error(diff)
	}
	if got := storageJobs(before + "show storages\nshow: is an invalid command.\n" + behind); got != nil {
		t.Errorf("%v", got)
	}
	if got := storageJobs(before + behind); got != nil {
		t.Errorf("not asked: %v", got)
	}
}
