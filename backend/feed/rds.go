package feed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"switchyard/backend/rds"
	"switchyard/model"
	"switchyard/model/board"
)

// RDS is where the RDS pair is read.
type RDS struct {
	Reader  *rds.Reader
	Primary Instance
	Replica Instance // no Target.ID: there is none
}

// Instance is one of the pair.
type Instance struct {
	Target rds.Target
	Server *rds.Server // nil: no login is configured
}

// part is one of the pair inside the model's noun.
type part func(*model.RDS) *model.Instance

func primary(r *model.RDS) *model.Instance { return r.Primary }
func replica(r *model.RDS) *model.Instance { return r.Replica }

// eventsOverlap is how far back events are asked for again: AWS lists them late.
const eventsOverlap = time.Hour

// How often an instance's events are asked for while its description stays what it was, as its key is every model.KeyEvery: a description
// says at once what became of the instance, and AWS lists an event minutes later.
const eventsEvery = 15 * time.Second

// rdsPollers are the sources of the RDS pair: for each instance AWS, its settings and its server, for each AWS region CloudWatch.
func (f *Feed) rdsPollers(of *RDS) []*poller {
	var out []*poller
	regions := map[string][]rds.Target{}
	parts := map[string]part{}
	for _, i := range []struct {
		name string
		at   Instance
		part part
	}{{"primary", of.Primary, primary}, {"replica", of.Replica, replica}} {
		if i.at.Target.ID == "" {
			continue
		}
		f.tell(func(b *board.Board) {
			b.RDS(func(r *model.RDS) {
				in := &model.Instance{ID: i.at.Target.ID, Region: i.at.Target.Region}
				if i.name == "primary" {
					r.Primary = in
				} else {
					r.Replica = in
				}
			})
		})
		s := &instanceSource{Feed: f, of: of.Reader, at: i.at, part: i.part}
		region := i.at.Target.Region
		regions[region] = append(regions[region], i.at.Target)
		parts[region+" "+i.at.Target.ID] = i.part
		out = append(out,
			s.poller(model.Source{Kind: model.SourceInstance, Name: i.name}, f.policy.InstanceEvery, s.describe),
			s.poller(model.Source{Kind: model.SourceSettings, Name: i.name}, f.policy.SettingsEvery, s.settings))
		if i.at.Server != nil {
			out = append(out, s.poller(model.Source{Kind: model.SourceServer, Name: i.name}, f.policy.ServerEvery, s.look))
		}
	}
	for _, region := range []string{of.Primary.Target.Region, of.Replica.Target.Region} {
		if ids := regions[region]; ids != nil {
			delete(regions, region)
			out = append(out, f.metricsPoller(of.Reader, region, ids, parts))
		}
	}
	return out
}

// instanceSource asks for one instance.
type instanceSource struct {
	*Feed
	of   *rds.Reader
	at   Instance
	part part
	from time.Time // events are asked for since then
	was  model.Description
	key  time.Time // when the key was read last; zero: it is due
	list time.Time // when events were
	set  string    // name of the parameter group, once described
}

func (s *instanceSource) poller(of model.Source, every time.Duration, read func(context.Context) (string, error)) *poller {
	return &poller{
		seen:  board.Sighting{Source: of, Every: every},
		limit: 3 * s.policy.Answer, // a throttled call is repeated by the SDK within its own limit
		read:  read,
	}
}

func (s *instanceSource) put(change func(*model.Instance)) {
	s.tell(func(b *board.Board) {
		b.RDS(func(r *model.RDS) { change(s.part(r)) })
	})
}

// keep puts a reading in place, or the reason why the one there is not newer.
func keep[T any](was model.Reading[T], v T, err error) model.Reading[T] {
	if errors.Is(err, model.ErrIdentity) { // what was believed of it may have been another's
		return model.Reading[T]{Why: model.Clean(err.Error())}
	}
	if err != nil {
		was.Why, was.Trouble = model.Clean(err.Error()), model.TroubleOf(err)
		return was
	}
	return model.Reading[T]{Value: v, At: model.Now()}
}

func (s *instanceSource) describe(ctx context.Context) (string, error) {
	d, err := s.of.Describe(ctx, s.at.Target)
	s.put(func(i *model.Instance) {
		i.AWS = keep(i.AWS, d, err)
		switch {
		case err == nil:
			i.Missing = time.Time{}
		case errors.Is(err, model.ErrNone) && i.Missing.IsZero():
			i.Missing = model.Now()
		}
		if err != nil { // which key it is was not told
			i.Key = keep(i.Key, i.Key.Value, err)
		}
	})
	if err != nil {
		s.key, s.list = time.Time{}, time.Time{}
		return "", err
	}
	s.tell(func(*board.Board) { s.set = d.ParameterGroup }) // the settings poller reads it
	if !reflect.DeepEqual(steady(s.was), steady(d)) {
		s.was, s.key, s.list = d, time.Time{}, time.Time{}
	}
	if err := cmp.Or(s.readKey(ctx, d.KeyARN), s.readEvents(ctx)); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %s in %s", d.Role(), d.Status, d.AZ), nil
}

// steady is a description without what moves by itself.
func steady(d model.Description) model.Description {
	d.Restorable = time.Time{}
	return d
}

// due tells whether what was read at that moment is to be read again. Who asks for a plan gets nothing but answers to that.
func (s *instanceSource) due(read time.Time, every time.Duration) bool {
	return s.asked != nil || time.Since(read) >= model.Rhythm(every)
}

// readKey asks for the key when that is due. One that could not be read is due.
func (s *instanceSource) readKey(ctx context.Context, arn string) error {
	if arn == "" || !s.due(s.key, model.KeyEvery) {
		return nil
	}
	s.key = time.Now()
	key, err := s.of.Key(ctx, s.at.Target.Region, arn)
	if err != nil {
		s.key = time.Time{}
	}
	s.put(func(i *model.Instance) { i.Key = keep(i.Key, key, err) })
	return err
}

// readEvents asks for what AWS lists of the instance when that is due. What could not be read is due.
func (s *instanceSource) readEvents(ctx context.Context) error {
	if !s.due(s.list, eventsEvery) {
		return nil
	}
	s.list = time.Now()
	if s.from.IsZero() {
		s.from = model.Now().Add(-24 * time.Hour)
	}
	now := model.Now()
	events, err := s.of.Events(ctx, s.at.Target, s.from)
	if err != nil {
		s.list = time.Time{}
		return err
	}
	s.from = now.Add(-eventsOverlap)
	s.tell(func(b *board.Board) { b.RDSEvents(s.at.Target.ID, events) })
	return nil
}

// settings asks for what changes rarely: the parameter group and pending maintenance.
func (s *instanceSource) settings(ctx context.Context) (string, error) {
	var group string
	s.tell(func(*board.Board) { group = s.set })
	if err := s.of.Stranger(s.at.Target); err != nil {
		s.put(func(i *model.Instance) {
			i.Group, i.Upkeep = keep(i.Group, i.Group.Value, err), keep(i.Upkeep, nil, err)
		})
		return "", err
	}
	if group == "" { // not described yet
		d, err := s.of.Describe(ctx, s.at.Target)
		if err != nil {
			s.put(func(i *model.Instance) { i.Group = keep(i.Group, i.Group.Value, err) })
			return "", err
		}
		group = d.ParameterGroup
	}
	values, err := s.of.Group(ctx, s.at.Target.Region, group)
	s.put(func(i *model.Instance) { i.Group = keep(i.Group, values, err) })
	upkeep, err2 := s.of.Upkeep(ctx, s.at.Target)
	s.put(func(i *model.Instance) { i.Upkeep = keep(i.Upkeep, upkeep, err2) })
	return group, cmp.Or(err, err2)
}

// look asks the instance's own MySQL server.
func (s *instanceSource) look(ctx context.Context) (string, error) {
	server, err := s.at.Server.Look(ctx)
	if stranger := s.of.Stranger(s.at.Target); stranger != nil {
		err = stranger
	}
	s.put(func(i *model.Instance) { i.Server = keep(i.Server, server, err) })
	return server.Version, err
}

// metricsPoller asks CloudWatch for all instances of one AWS region in one call.
func (f *Feed) metricsPoller(of *rds.Reader, region string, targets []rds.Target, parts map[string]part) *poller {
	ids := make([]string, len(targets))
	for i, t := range targets {
		ids[i] = t.ID
	}
	return &poller{
		seen:  board.Sighting{Source: model.Source{Kind: model.SourceMetrics, Name: region}, Every: f.policy.MetricsEvery},
		limit: 3 * f.policy.Answer,
		read: func(ctx context.Context) (string, error) {
			measured, err := of.Measure(ctx, region, ids...)
			for _, t := range targets {
				err = cmp.Or(of.Stranger(t), err)
			}
			f.tell(func(b *board.Board) {
				b.RDS(func(r *model.RDS) {
					for _, id := range ids {
						i := parts[region+" "+id](r)
						m, ok := measured[id]
						if err == nil && !ok {
							continue
						}
						i.Metrics = keep(i.Metrics, m.Metrics, err)
						if err == nil {
							i.Lag = m.Lag
						} else if errors.Is(err, model.ErrIdentity) {
							i.Lag = model.Reading[model.Lag]{Why: i.Metrics.Why}
						}
					}
				})
			})
			return fmt.Sprintf("%d instances", len(measured)), err
		},
	}
}
