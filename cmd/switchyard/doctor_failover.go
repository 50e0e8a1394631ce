package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"switchyard/backend/rds"
	"switchyard/backend/rds/trial"
	"switchyard/model"
)

// actOptions say how AWS is asked by who may change instances: by a profile of its own, or by what the runner finds.
func actOptions(o rds.Options, profile string) rds.Options {
	if o.Profile = profile; o.Endpoint != "" {
		o.Credentials = credentials.NewStaticCredentialsProvider(rds.RehearsalActKey, "rehearsal", "")
	}
	return o
}

// changes tries in one AWS region what the failovers ask AWS for, as who acts, on what does not exist. Who acts behind a launcher with
// credentials that only its host has is asked there. Keys are those of the region's instances, by ARN; empty: which one it has was not
// told.
func (d *doctor) changes(ctx context.Context, region string, keys []string) {
	of, cfg := "act aws "+region, d.site.cfg
	switch {
	case !cfg.MayAct:
		return
	case len(cfg.Launcher) > 0 && cfg.AWS.ActProfile == "" && cfg.AWS.Endpoint == "":
		d.note(of, model.Unknown, "run switchyard doctor through the launcher, or write aws.act_profile",
			"AWS is asked with what the launcher's side finds, and that cannot be tried from here")
		return
	}
	is, err := actOptions(awsOptions(cfg), cfg.AWS.ActProfile).AWS(ctx)
	if d.failed(of, err, "see aws.act_profile in the configuration") {
		return
	}
	for i, c := range trial.Failovers {
		if allowed, says := c.Try(ctx, is, region); !d.change(of, c.Name, allowed, says) {
			if n := len(trial.Failovers) - i - 1; n > 0 {
				d.note(of, model.Unknown, "ask again", "%s more were not tried", model.Plural(n, "call"))
			}
			return
		}
	}
	for _, key := range keys {
		if key == "" {
			d.note(of, model.Unknown, "let AWS tell of its instance, then ask again",
				"kms:CreateGrant, which a new replica needs, was not tried: which key its instance has is not known")
			continue
		}
		d.grant(of, key, func() (model.Verdict, string) { return trial.Grant(ctx, is, key) })
	}
}

// grant notes whether who acts may have a grant made on a key, as a new replica of an encrypted instance needs it.
func (d *doctor) grant(of, key string, ask func() (model.Verdict, string)) {
	tried := "kms:CreateGrant was tried on " + model.Clean(key) + " in a request that makes none"
	switch allowed, says := ask(); allowed {
	case model.Holds:
		d.note(of, model.Holds, "", "%s: IAM and its key allow it", tried)
	case model.Fails:
		d.note(of, model.Fails, "see the key: no replica can be built with it as it is", "%s: %s", tried, model.Clean(says))
	default:
		d.note(of, model.Unknown, "allow kms:CreateGrant on that key to who acts; where its policy allows that to AWS's services alone "+
			"(kms:GrantIsForAWSResource), only a rebuild proves it", "%s, and nobody can tell whether RDS may have "+
			"one: %s", tried, model.Clean(says))
	}
}

// change notes one; whether AWS told is returned.
func (d *doctor) change(of, name string, allowed model.Verdict, says string) (told bool) {
	tried := fmt.Sprintf("%s was tried on %s, which does not exist", name, trial.Nobody)
	switch allowed {
	case model.Holds:
		d.note(of, model.Holds, "", "%s: IAM allows it", tried)
	case model.Fails:
		d.note(of, model.Fails, fmt.Sprintf("allow it to who acts; where a policy names single instances, let it name %s, too", trial.Nobody),
			"%s: IAM denies it, and a failover that needs it ends there (%s)", tried, says)
	default:
		d.note(of, model.Unknown, "ask again", "%s, and nobody can tell whether IAM allows it: %s", tried, says)
	}
	return allowed != model.Unknown
}
