package rds

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// belongs compares the account in an instance's ARN (arn:aws:rds:REGION:ACCOUNT:db:ID) with the reader's, and remembers what came of it.
func (r *Reader) belongs(t Target, arn string) error {
	if r.account == "" {
		return nil
	}
	var err error
	if parts := strings.Split(arn, ":"); len(parts) < 6 || parts[4] != r.account {
		in := "no account that AWS tells"
		if len(parts) >= 6 {
			in = "the AWS account " + parts[4]
		}
		err = fault(model.ErrIdentity, "%s in %s is in %s, not in %s: see aws.account and the credentials", t.ID, t.Region, in, r.account)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.strangers[t] = err
	return err
}

// Stranger is why nothing is believed of an instance: it was last described as one of another account. Nil until it was described.
func (r *Reader) Stranger(t Target) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.strangers[t]
}

// resolveWithin bounds how long names are looked up to compare two addresses.
const resolveWithin = time.Second

// reached tells whether a configured address leads to AWS's endpoint: Holds when the text or what it resolves to is the same, Fails when it
// is the same host and another port or another instance's endpoint, unknown when something between the two may lead there (a tunnel, a
// proxy, another resolver).
func reached(
	ctx context.Context,
	lookup func(context.Context, string) ([]string, error),
	address, endpoint string,
) (model.Verdict, string) {
	if address == "" || endpoint == "" {
		return model.Unknown, ""
	}
	if model.Place(address) == model.Place(endpoint) {
		return model.Holds, endpoint
	}
	host, port, err := net.SplitHostPort(model.Place(address))
	awsHost, awsPort, err2 := net.SplitHostPort(model.Place(endpoint))
	if err := cmp.Or(err, err2); err != nil {
		return model.Unknown, err.Error()
	}
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	at, err := lookup(ctx, host)
	awsAt, err2 := lookup(ctx, awsHost)
	shared := slices.ContainsFunc(at, func(a string) bool { return slices.Contains(awsAt, a) })
	switch {
	case host == awsHost: // whatever it resolves to
		return model.Fails, fmt.Sprintf("port %s, AWS says %s", port, endpoint)
	case err != nil || err2 != nil:
		return model.Unknown, fmt.Sprintf("%s is not AWS's %s, and it cannot be resolved whether it leads there", address, endpoint)
	case shared && port == awsPort:
		return model.Holds, address + " is " + endpoint
	case shared:
		return model.Fails, fmt.Sprintf("port %s, AWS says %s", port, endpoint)
	case slices.ContainsFunc(at, loopback):
		return model.Unknown, fmt.Sprintf("%s is on this machine: where a tunnel leads cannot be told; AWS says %s", address, endpoint)
	case strings.Contains(host, ".rds.amazonaws.com") && !strings.Contains(host, ".proxy-"): // a proxy's endpoint is its own
		return model.Fails, fmt.Sprintf("%s is another endpoint than AWS's %s", address, endpoint)
	}
	return model.Unknown, fmt.Sprintf("%s resolves to another host than AWS's %s: whether it leads there cannot be told", address, endpoint)
}

func loopback(ip string) bool { return net.ParseIP(ip).IsLoopback() }
