package rds

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// rereadAfter is how long credentials that do not say when they end are believed: those of a file are replaced there by others.
const rereadAfter = time.Minute

// reread are credentials that are read anew. AWS's SDK keeps what it once read from a file or the environment for as long as a process
// lives, and what acts or watches for hours outlives a token.
type reread struct {
	load func(context.Context) (aws.Config, error)

	mu    sync.Mutex
	first aws.CredentialsProvider // those that were loaded already; nil once they were given
}

// Reread keeps the credentials of a configuration as long as they last, and then has it loaded again.
func Reread(cfg aws.Config, load func(context.Context) (aws.Config, error)) aws.CredentialsProvider {
	return aws.NewCredentialsCache(&reread{load: load, first: cfg.Credentials})
}

// Retrieve is aws.CredentialsProvider's.
func (r *reread) Retrieve(ctx context.Context) (aws.Credentials, error) {
	r.mu.Lock()
	from := r.first
	r.first = nil
	r.mu.Unlock()
	if from == nil {
		cfg, err := r.load(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		from = cfg.Credentials
	}
	c, err := from.Retrieve(ctx)
	if err == nil && !c.CanExpire {
		c.CanExpire, c.Expires = true, time.Now().Add(rereadAfter)
	}
	return c, err
}
