package rds

import (
	"context"
	"errors"
	"strings"
	"testing"

	"switchyard/backend/rehearsal/amazon"
	"switchyard/model"
)

func TestWhetherAnAddressIsTheEndpoint(t *testing.T) {
	const endpoint = "bacula.abc.eu-west-1.rds.amazonaws.com:3306"
	names := map[string][]string{
		"bacula.abc.eu-west-1.rds.amazonaws.com": {
			"10.0.0.5",
		},
		"catalog.corp": {"10.0.0.5"},
		"other.corp":   {"10.0.0.6"},
		"localhost":    {"127.0.0.1", "::1"},
		"bacula-replica.abc.eu-central-1.rds.amazonaws.com": {
			"10.9.0.5",
		},
		"p.proxy-abc.eu-west-1.rds.amazonaws.com": {"10.0.0.9"},
		"127.0.0.1": {"127.0.0.1"},
	}
	lookup := func(_ context.Context, host string) ([]string, error) {
		if at, ok := names[host]; ok {
			return at, nil
		}
		return nil, errors.New("no such host")
	}
	for _, c := range []struct {
		address, endpoint string
		is                model.Verdict
	}{
		{endpoint, endpoint, model.Holds},
		{strings.ToUpper(endpoint), endpoint, model.Holds},
		{"bacula.abc.eu-west-1.rds.amazonaws.com.:03306", endpoint, model.Holds},
		{"unresolved.abc.eu-west-1.rds.amazonaws.com.:3306", "Unresolved.abc.eu-west-1.rds.amazonaws.com:3306", model.Holds},
		{"catalog.corp:3306", endpoint, model.Holds},
		{"catalog.corp:3307", endpoint, model.Fails},
		{"bacula.abc.eu-west-1.rds.amazonaws.com:3307", endpoint, model.Fails},
		{"bacula-replica.abc.eu-central-1.rds.amazonaws.com:3306", endpoint, model.Fails},
		{"p.proxy-abc.eu-west-1.rds.amazonaws.com:3306", endpoint, model.Unknown},
		{"other.corp:3306", endpoint, model.Unknown},
		{"localhost:3306", endpoint, model.Unknown},
		{"nowhere.corp:3306", endpoint, model.Unknown},
		{"127.0.0.1:3306", "127.0.0.1:3307", model.Fails},
		{"localhost:3306", "127.0.0.1:3306", model.Holds},
		{"", endpoint, model.Unknown},
		{endpoint, "", model.Unknown},
	} {
		is, says := reached(t.Context(), lookup, c.address, c.endpoint)
		if is != c.is || says == "" && c.address != "" && c.endpoint != "" {
			t.Errorf("%s of %s: %s, %q", c.address, c.endpoint, is, says)
		}
	}
}

func TestAnInstanceOfAnotherAccount(t *testing.T) {
	of := func(account string) *world {
		return start(t, func(_ *amazon.Options, o *Options) { o.Account = account })
	}
	ours, target := of("123456789012"), Target{ID: "bacula", Region: home}
	if _, err := ours.Describe(t.Context(), target); err != nil || ours.Stranger(target) != nil {
		t.Errorf("%v, %v", err, ours.Stranger(target))
	}
	other := of("210987654321")
	if err := other.Stranger(target); err != nil {
		t.Errorf("before it was asked: %v", err)
	}
	_, err := other.Describe(t.Context(), target)
	if !errors.Is(err, model.ErrIdentity) || !strings.Contains(err.Error(), "in the AWS account 123456789012, not in 210987654321") ||
		!errors.Is(other.Stranger(target), model.ErrIdentity) {
		t.Errorf("%v, %v", err, other.Stranger(target))
	}
	if err := other.belongs(target, ""); !errors.Is(err, model.ErrIdentity) {
		t.Errorf("without an ARN: %v", err)
	}
}
