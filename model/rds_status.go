package model

import (
	"slices"
	"strings"
	"time"
)

// StatusClass is what an instance's status means for those who need its server.
type StatusClass uint8

// The classes; the zero value is a status that AWS does not document.
const (
	StatusUnknown  StatusClass = iota
	StatusWorks                // its server answers, and nothing is wrong
	StatusChanging             // its server answers while AWS changes something; it may restart
	StatusDown                 // its server does not answer, and AWS is at work on it
	StatusPerson               // it stays so until a person does something
)

var statusClassWords = [...]string{"unknown", "works", "changing", "down", "needs a person"}

func (c StatusClass) String() string { return statusClassWords[min(c, StatusPerson)] }

// MarshalText writes the class's words.
func (c StatusClass) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// statuses are those that AWS documents (Amazon RDS user guide, "Viewing Amazon RDS DB instance status", 2026), and what a person does.
var instanceStatuses = map[string]struct {
	class StatusClass
	do    string
}{
	"available":                       {StatusWorks, ""},
	"backing-up":                      {StatusWorks, ""},
	"configuring-enhanced-monitoring": {StatusWorks, ""},
	"configuring-iam-database-auth":   {StatusWorks, ""},
	"configuring-log-exports":         {StatusWorks, ""},
	"delete-precheck":                 {StatusChanging, "ask who deletes it"},
	"storage-initialization":          {StatusWorks, ""},
	"storage-optimization":            {StatusWorks, ""},
	"converting-to-vpc":               {StatusChanging, ""},
	"maintenance":                     {StatusChanging, ""},
	"modifying":                       {StatusChanging, ""},
	"moving-to-vpc":                   {StatusChanging, ""},
	"renaming":                        {StatusChanging, "ask who renames it: its address changes"},
	"resetting-master-credentials":    {StatusChanging, ""},
	"storage-config-upgrade":          {StatusChanging, ""},
	"switching-over":                  {StatusChanging, ""},
	"upgrading":                       {StatusChanging, ""},
	"creating":                        {StatusDown, ""},
	"deleting":                        {StatusDown, "ask who deletes it"},
	"rebooting":                       {StatusDown, ""},
	"starting":                        {StatusDown, ""},
	"stopping":                        {StatusDown, "ask who stops it"},
	"failed":                          {StatusPerson, "restore it, from a snapshot or to a point in time: AWS cannot repair it"},
	"inaccessible-encryption-credentials": {StatusPerson,
		"see its KMS key: RDS cannot use it, and a backup of another key must be restored when it is lost"},
	"inaccessible-encryption-credentials-recoverable": {
		StatusPerson,
		"enable its KMS key, then start the instance: it can be saved for 7 days",
	},
	"incompatible-create": {StatusPerson, "see its events: AWS could not create it as it was asked"},
	"incompatible-network": {
		StatusPerson,
		"see its subnets, addresses and security groups: AWS cannot recover it there",
	},
	"incompatible-option-group": {StatusPerson, "take its option group back, to what it was"},
	"incompatible-parameters": {
		StatusPerson,
		"correct its parameter group, then reboot it: its server cannot start with it",
	},
	"incompatible-restore":  {StatusPerson, "restore it again: AWS cannot do this restore"},
	"insufficient-capacity": {StatusPerson, "choose another class or zone: AWS has no capacity for it"},
	"restore-error":         {StatusPerson, "restore it again: AWS met an error"},
	"stopped":               {StatusPerson, "start it; ask who stopped it"},
	"storage-full":          {StatusPerson, "give it more storage now: its server takes no writes"},
	"upgrade-failed":        {StatusPerson, "see its events: the upgrade was not done"},
}

// Class is what the instance's status means.
func (d Description) StatusClass() StatusClass { return instanceStatuses[d.Status].class }

// Remedy is what a person does about the instance's status; empty: nothing, AWS is at work.
func (d Description) Remedy() string { return instanceStatuses[d.Status].do }

// EventKind is what an event of an instance tells, as far as AWS documents its text.
type EventKind uint8

// The kinds; the zero value is a text that is not known, which is no news that it is harmless.
const (
	EventUnknown         EventKind = iota
	EventTold                      // something known that no kind below is
	EventFailoverBegan             // the standby takes over, or the instance is activated anew where it is
	EventFailoverDone              // it has
	EventFailoverRefused           // AWS did not attempt it
	EventFailoverFailed            // AWS attempted it and did not succeed
	EventStorageLow                // little free storage
	EventStorageFull               // none, and the server is shut down or takes no writes
	EventStorageGrown              // the storage was changed
)

var eventKindWords = [...]string{
	"unknown",
	"told",
	"failover began",
	"failover done",
	"failover refused",
	"failover failed",
	"storage low",
	"storage full",
	"storage grown",
}

func (k EventKind) String() string { return eventKindWords[min(k, EventStorageGrown)] }

// MarshalText writes the kind's words.
func (k EventKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *EventKind) UnmarshalText(b []byte) error {
	*k = EventKind(max(0, slices.Index(eventKindWords[:], string(b))))
	return nil
}

// eventTexts are parts of AWS's messages, in lower case, in the order in which they are looked for (Amazon RDS user guide, "Amazon RDS
// event categories and event messages", 2026). DescribeEvents gives no ids.
var eventTexts = []struct {
	has      string
	kind     EventKind
	severity Severity
}{
	{"abandoning user requested failover", EventFailoverRefused, Warn},
	{"not attempting a requested failover", EventFailoverRefused, Warn},
	{"cluster failover failed", EventFailoverFailed, Fail},
	{"failover failed", EventFailoverFailed, Fail},
	{"promoting previous primary again", EventFailoverFailed, Fail},
	{"multi-az instance failover started", EventFailoverBegan, Fail},
	{"multi-az instance activation started", EventFailoverBegan, Fail},
	{"started same az failover", EventFailoverBegan, Fail},
	{"started cross az failover", EventFailoverBegan, Fail},
	{"multi-az instance failover completed", EventFailoverDone, Warn},
	{"multi-az failover to standby complete", EventFailoverDone, Warn},
	{"multi-az instance activation completed", EventFailoverDone, Warn},
	{"completed failover to db instance", EventFailoverDone, Warn},
	{"recovered from partial failover", EventFailoverDone, Warn},
	{"storage-full", EventStorageFull, Fail},
	{"allocated storage has been exhausted", EventStorageFull, Fail},
	{"is low at", EventStorageLow, Fail},
	{"free storage capacity", EventStorageLow, Fail},
	{"running low on storage", EventStorageLow, Fail},
	{"storage autoscaling is unable to scale", EventStorageLow, Fail},
	{"exceed the maximum storage threshold", EventStorageLow, Fail},
	{"finished applying modification to allocated storage", EventStorageGrown, Info},
	{"finished applying autoscaling-initiated modification to allocated storage", EventStorageGrown, Info},
	{"unable to access the kms", EventTold, Fail},
	{"can now successfully access", EventTold, Info},
	{"certificate requires rotation", EventTold, Warn},
	{"automatically set the value of innodb_buffer_pool_size", EventTold, Warn},
	{"read replica creation failed", EventTold, Fail},
	{"replication for the read replica resumed", EventTold, Info},
	{"disabled automated backups", EventTold, Warn},
	{"enabled automated backups", EventTold, Info},
	{"db instance shutdown", EventTold, Warn},
	{"db instance restarted", EventTold, Info},
	{"recovery of standby db instance has started", EventTold, Warn},
	{"recovery of standby db instance completed", EventTold, Info},
	{"recovery of standby db instance is complete", EventTold, Info},
	{"backing up db instance", EventTold, Info},
	{"finished db instance backup", EventTold, Info},
	{"applying modification", EventTold, Info},
	{"finished updating db parameter group", EventTold, Info},
	{"updated to use dbparametergroup", EventTold, Info},
}

// JudgeEvent tells of what kind an event is, by its text, and how urgent, for a text that is not known by its categories.
func JudgeEvent(categories []string, says string) (EventKind, Severity) {
	low := strings.ToLower(says)
	// streaming, a channel, or as a whole
	if strings.HasPrefix(low, "replication") && (strings.Contains(low, "stopped") || strings.Contains(low, "terminated")) {
		return EventTold, Fail
	}
	for _, t := range eventTexts {
		if strings.Contains(low, t.has) {
			return t.kind, t.severity
		}
	}
	for _, c := range categories {
		switch c {
		case "failure":
			return EventUnknown, Fail
		case "failover", "low storage", "read replica", "recovery", "availability":
			return EventUnknown, Warn
		}
	}
	return EventUnknown, Info
}

// OfFailover tells whether an event is of a failover, also one whose text is not known.
func (e RDSEvent) OfFailover() bool {
	switch e.Kind {
	case EventFailoverBegan, EventFailoverDone, EventFailoverRefused, EventFailoverFailed:
		return true
	case EventUnknown:
		return slices.Contains(e.Categories, "failover")
	case EventTold, EventStorageLow, EventStorageFull, EventStorageGrown:
	}
	return false
}

// FreeStorage is the newest measured share of the instance's storage that is free, 0 to 1; false when none was measured, or the size is not
// known.
func (i *Instance) FreeStorage() (share float64, at time.Time, ok bool) {
	p, measured := i.Metrics.Value.FreeStorage.Last()
	gib := i.AWS.Value.Storage.GiB
	if !measured || gib <= 0 {
		return 0, time.Time{}, false
	}
	return p.Value / (float64(gib) * (1 << 30)), p.At, true
}
