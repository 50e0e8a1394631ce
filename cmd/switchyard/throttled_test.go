package main

import (
	"errors"
	"slices"
	"testing"

	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/amazon"
)

// answered are the HTTP statuses of the calls of an operation that would change something, in their order.
func (s *stage) answered(operation string) (statuses []int) {
	for _, c := range s.Cloud().Writes() {
		if c.Operation == operation {
			statuses = append(statuses, c.Status)
		}
	}
	return statuses
}

// TestATokenThatExpiresDuringATakeover is an emergency whose token is not taken any more when the replica is to be promoted: it ends, and
// says what to do. With another one it goes on, is asked for fewer calls meanwhile, and ends as any other, promoted once.
func TestATokenThatExpiresDuringATakeover(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newFastStage(t, takeoverSpeed, takeoverPolicy)
	s.does(0, "observe")
	err := errors.Join(s.Fault("region-gone", rehearsal.PrimaryRegion), s.Fault("instance-set", rehearsal.ReplicaID+"=single-az"))
	if err != nil {
		t.Fatal(err)
	}
	s.Cloud().Break(amazon.Fault{Trouble: amazon.Expired, Operation: "PromoteReadReplica", Times: 1})
	s.Cloud().Break(amazon.Fault{Trouble: amazon.Throttled, Operation: "PromoteReadReplica", Times: 2})
	s.Cloud().Break(amazon.Fault{Trouble: amazon.Throttled, Operation: "ModifyDBInstance", Times: 2})
	verb := []string{"failover", "emergency"}
	s.says(s.does(1, apply(verb, "--confirm=promote bacula-replica", "--reason=a rehearsal")...), "UNFINISHED",
		"ExpiredToken: The security token included in the request is expired: renew the credentials that it acts with",
		"switchyard act "+s.newest()+" goes on")
	s.says(s.does(0, "act", s.newest()), "promoting bacula-replica: throttled, retrying", "it is asked again later", "is a primary of its own",
		"setting bacula-replica: throttled, retrying", "has and starts")
	if got := s.answered("PromoteReadReplica"); !slices.Equal(got, []int{403, 400, 400, 200}) {
		t.Errorf("AWS answered %v", got)
	}
	if got := s.answered("ModifyDBInstance"); !slices.Equal(got, []int{400, 400, 200}) {
		t.Errorf("AWS answered %v", got)
	}
}
