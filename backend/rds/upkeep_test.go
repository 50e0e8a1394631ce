package rds

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"switchyard/backend/rehearsal/amazon"
)

// AWS lists the pending maintenance of all instances of an AWS region, a page at a time.
func TestMaintenanceIsOnLaterPagesToo(t *testing.T) {
	w := start(t, func(a *amazon.Options, _ *Options) {
		for i := range 130 {
			a.Instances = append(a.Instances, amazon.Instance{ID: fmt.Sprintf("another-%03d", i), Region: home,
				Maintenance: []types.PendingMaintenanceAction{{Action: aws.String("os-upgrade"), Description: aws.String("of another")}}})
		}
		a.Instances = append(a.Instances, amazon.Instance{ID: "zz-bacula", Region: home,
			Maintenance: []types.PendingMaintenanceAction{{Action: aws.String("db-upgrade"), Description: aws.String("ours")}}})
	})
	got, err := w.Upkeep(t.Context(), Target{ID: "zz-bacula", Region: home})
	if err != nil || len(got) != 1 || got[0].Says != "ours" {
		t.Errorf("%+v, %v", got, err)
	}
	// AWS writes names in lower case
	if got, err := w.Upkeep(t.Context(), Target{ID: "ZZ-Bacula", Region: home}); err != nil || len(got) != 1 {
		t.Errorf("in capitals: %+v, %v", got, err)
	}
	if got, err := w.Upkeep(t.Context(), Target{ID: "another-129", Region: home}); err != nil || len(got) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
