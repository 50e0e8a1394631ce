package model

import (
	"testing"
	"time"
)

func TestStatusesMeanWhatAWSDocuments(t *testing.T) {
	for status, want := range map[string]StatusClass{
		"available": StatusWorks, "backing-up": StatusWorks, "storage-optimization": StatusWorks, "configuring-iam-database-auth": StatusWorks,
		"modifying": StatusChanging, "upgrading": StatusChanging, "maintenance": StatusChanging, "renaming": StatusChanging,
		"rebooting": StatusDown, "creating": StatusDown, "starting": StatusDown, "stopping": StatusDown, "deleting": StatusDown,
		"storage-full": StatusPerson, "failed": StatusPerson, "stopped": StatusPerson, "incompatible-network": StatusPerson,
		"insufficient-capacity":               StatusPerson,
		"inaccessible-encryption-credentials": StatusPerson, "inaccessible-encryption-credentials-recoverable": StatusPerson,
		"restore-error": StatusPerson,
		"":              StatusUnknown, "of-tomorrow": StatusUnknown,
	} {
		d := Description{Status: status}
		if d.StatusClass() != want || want == StatusPerson && d.Remedy() == "" {
			t.Errorf("%q is %v, %q", status, d.StatusClass(), d.Remedy())
		}
	}
}

func TestEventsTellWhatWasDone(t *testing.T) {
	for says, want := range map[string]EventKind{
		"Multi-AZ instance failover started.":                                                                        EventFailoverBegan,
		"MULTI-AZ INSTANCE FAILOVER COMPLETED.":                                                                      EventFailoverDone,
		"Multi-AZ failover to standby complete - DNS propagation may take a few minutes.":                            EventFailoverDone,
		"Abandoning user requested failover since a failover recently occurred on the database instance.":            EventFailoverRefused,
		"Amazon RDS is not attempting a requested failover because a failover recently occurred on the DB instance.": EventFailoverRefused,
		"Cluster failover failed, check the health of your cluster instances and try again.":                         EventFailoverFailed,
		"Multi-AZ instance activation started.":                                                                      EventFailoverBegan,
		"Recovered from partial failover.":                                                                           EventFailoverDone,
		"The free storage capacity for DB instance bacula is low at 8% of the provisioned storage.":                  EventStorageLow,
		"DB instance bacula has reached the storage-full threshold, and the database has been shut down.":            EventStorageFull,
		"The allocated storage has been exhausted.":                                                                  EventStorageFull,
		"Finished applying modification to allocated storage.":                                                       EventStorageGrown,
		"Backing up DB instance.":                                                                                    EventTold,
		"A failover as nobody has seen one.":                                                                         EventUnknown,
	} {
		if kind, _ := JudgeEvent([]string{"failover"}, says); kind != want {
			t.Errorf("%q is %v, want %v", says, kind, want)
		}
	}
	for category, want := range map[string]Severity{"failure": Fail, "failover": Warn, "low storage": Warn, "read replica": Warn,
		"backup": Info} {
		if kind, severity := JudgeEvent([]string{category}, "words of tomorrow"); kind != EventUnknown || severity != want {
			t.Errorf("an unknown event of %s is %v, %v", category, kind, severity)
		}
	}
	for says, want := range map[string]EventKind{
		"Replication has stopped.": EventTold, "Replication for the Read Replica has been manually " +
			"stopped.": EventTold, "Replication streaming has been terminated.": EventTold,
		"Replication channel reports was manually stopped.":                          EventTold,
		"Storage autoscaling is unable to scale the storage, for the reason: quota.": EventStorageLow,
		"Storage autoscaling has triggered a pending scale storage task that will reach or exceed the maximum storage " +
			"threshold.": EventStorageLow,
	} {
		if kind, severity := JudgeEvent(nil, says); kind != want || severity != Fail {
			t.Errorf("%q is %v, %v", says, kind, severity)
		}
	}
	if kind, severity := JudgeEvent(nil, "Replication for the read replica resumed."); kind != EventTold || severity != Info {
		t.Errorf("resumed: %v, %v", kind, severity)
	}
	if !(RDSEvent{Categories: []string{"failover"}}).OfFailover() ||
		(RDSEvent{Kind: EventTold, Categories: []string{"failover"}}).OfFailover() {
		t.Error("an unknown event of the category is of a failover, a known one that is none is not")
	}
}

func TestTheWorstChannelSpeaks(t *testing.T) {
	late, early := Replication{Channel: "late", Lag: KnownLag(time.Hour)}, Replication{Channel: "early", Lag: KnownLag(0)}
	unread, broken := Replication{Channel: "unread", Lag: UnknownLag("words")}, Replication{Channel: "broken", Lag: BrokenLag("stopped")}
	for want, of := range map[string][]Replication{
		"early": {early}, "late": {early, late}, "unread": {late, unread, early}, "broken": {unread, late, broken},
	} {
		if got := WorstStream(of); got.Channel != want {
			t.Errorf("%s, want %s", got.Channel, want)
		}
	}
	if WorstStream(nil) != nil {
		t.Error("there is none")
	}
}

func TestGTIDsOfOthers(t *testing.T) {
	const a, b = "fb54a210-e63a-11f1-8cc3-02fc00000001", "fb54a210-e63a-11f1-8cc3-02fc00000002"
	s, err := ParseGTIDs(a + ":1-5," + a + ":tag:7," + b + ":1-3")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Except(a).String(); got != b+":1-3" {
		t.Errorf("%q", got)
	}
	if got := s.Except(a, b); !got.IsZero() {
		t.Errorf("%q", got)
	}
}
