package amazon

import (
	"context"
	"slices"
	"time"
)

// Trouble is what can be wrong with an AWS API.
type Trouble uint8

// Troubles of an API.
const (
	Throttled   Trouble = iota + 1 // asks for fewer calls
	Failing                        // 500
	Unreachable                    // takes the request and never answers
	Slow                           // answers after Delay
	LostAnswer                     // does it, and the connection breaks before the answer
	HalfAnswer                     // does it, and the connection breaks in the middle of the answer
	Denied                         // IAM does not allow it
	Expired                        // the credentials have run out
	Careless                       // S3 only: a create-only condition is ignored
	Conflict                       // S3 only: 409, something else was under way
)

// Fault is one trouble, of everything or of a part.
type Fault struct {
	Trouble   Trouble
	Region    string        // empty: every AWS region
	Service   string        // rds, monitoring, kms, sts, s3; empty: every service
	Operation string        // empty: every operation
	Times     int           // how many requests it meets; 0: until it is healed
	Every     int           // meets every n-th matching request only; 0: all of them
	Delay     time.Duration // of Slow

	met int
}

// Break injects a fault, and returns what heals it.
func (c *Cloud) Break(f Fault) (heal func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nextFault++
	n := c.nextFault
	c.faults[n] = &f
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.faults, n)
	}
}

// fate is what befalls one request.
type fate struct {
	err        error
	silent     bool
	lost, half bool
	careless   bool
}

// fate looks up the faults that a request meets; the one injected first decides.
func (c *Cloud) fate(ctx context.Context, r request) fate {
	var met *Fault
	c.mu.Lock()
	for _, n := range sortedKeys(c.faults) {
		f := c.faults[n]
		if f.Region != "" && f.Region != r.region || f.Service != "" && f.Service != r.service || f.Operation != "" && f.Operation != r.name {
			continue
		}
		if (f.Trouble == Careless || f.Trouble == Conflict) && r.name != "PutObject" {
			continue
		}
		f.met++
		if f.Every > 1 && f.met%f.Every != 0 {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				delete(c.faults, n)
			}
		}
		met = ptr(*f)
		break
	}
	c.mu.Unlock()
	if met == nil {
		return fate{}
	}
	switch met.Trouble {
	case Throttled:
		if r.service == "kms" || r.service == "monitoring" {
			return fate{err: failure(400, "ThrottlingException", "Rate exceeded")}
		}
		if r.service == "s3" {
			return fate{err: failure(503, "SlowDown", "Please reduce your request rate.")}
		}
		return fate{err: failure(400, "Throttling", "Rate exceeded")}
	case Failing:
		return fate{err: failure(500, "InternalFailure", "We encountered an internal error. Please try again.")}
	case Unreachable:
		return fate{silent: true}
	case Slow:
		select {
		case <-time.After(met.Delay):
		case <-ctx.Done():
		}
	case LostAnswer:
		return fate{lost: true}
	case HalfAnswer:
		return fate{half: true}
	case Denied:
		return fate{
			err: failure(
				403,
				"AccessDenied",
				"User: %s is not authorized to perform: %s:%s with an explicit deny in a service control policy",
				arnOf(r.key),
				r.service,
				r.name,
			),
		}
	case Expired:
		return fate{err: failure(403, "ExpiredToken", "The security token included in the request is expired")}
	case Careless:
		return fate{careless: true}
	case Conflict:
		return fate{
			err: failure(
				409,
				"ConditionalRequestConflict",
				"The conditional request cannot succeed due to a conflicting operation against this resource.",
			),
		}
	}
	return fate{}
}

func sortedKeys[V any](m map[int]V) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
