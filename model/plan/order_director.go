package plan

import (
	"fmt"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Services are the processes of Directors, as the service managers of their hosts keep them.
const Services System = "the Directors' services"

// ServiceWord is what a service manager is told of a Director.
type ServiceWord string

// What a service manager is told. A Director that is masked cannot be started by anybody until it is unmasked; masking alone ends nothing.
const (
	Stop   ServiceWord = "stop"
	Start  ServiceWord = "start"
	Mask   ServiceWord = "mask"
	Unmask ServiceWord = "unmask"
)

// ServiceWords are all of them.
var ServiceWords = []ServiceWord{Stop, Start, Mask, Unmask}

// ServiceVectors are the argument vectors by which a Director's service is told something, and asked how it is. The zero value is a
// Director whose service only people reach.
type ServiceVectors struct {
	State []string // prints how it is; nil: only its port tells whether it runs, and nothing whether it is masked
	Do    map[ServiceWord][]string
}

// Service is what is done to a Director's process: by an argument vector, or by a person where the configuration has none for it.
type Service struct {
	Cluster  model.Cluster `json:"cluster"`
	Director string        `json:"director"` // as the configuration names it
	Do       ServiceWord   `json:"do"`
	Argv     []string      `json:"argv,omitempty"` // as it was when the plan was made: another one is refused; empty: by hand
	// Alone names the cluster's other Director: this one is started only while that one is seen stopped and masked.
	Alone string `json:"alone,omitempty"`
	// Scratch: it is the Director that a drill brings up, whatever its name.
	Scratch bool `json:"scratch,omitempty"`
}

// serviceTakes is how long a service manager may take to end or start a Director, a person where there is no vector.
const (
	serviceTakes = 3 * time.Minute
	handTakes    = 2 * time.Hour
	drainTakes   = 24 * time.Hour // as long as a big job may run
)

// Serve is a step that tells a Director's service something. Where the configuration has no vector for it a person does it, and it is
// looked at all the same; where nothing can look, the person's word counts.
func (w World) Serve(c model.Cluster, director string, do ServiceWord) Step {
	v := w.Routing.Services[OnDirector{Cluster: c, Director: director}]
	s := &Service{Cluster: c, Director: director, Do: do, Argv: v.Do[do]}
	st := Step{Limit: serviceTakes}
	st.Name, st.Done = s.words()
	switch {
	case len(s.Argv) > 0:
		st.Order.Service = s
	case len(v.State) > 0 || do == Stop || do == Start:
		st.Order.ServiceByHand, st.Limit = s, handTakes
	default: // nothing here can see it
		st.Order.ByHand, st.Limit = &ByHand{Text: s.text(), Touches: s.touches()}, handTakes
		st.Done = "somebody says so"
	}
	return st
}

// ServeBack is Serve with its way back, which is gone only where a vector goes it: a plan does not turn around by itself into work for
// people.
func (w World) ServeBack(c model.Cluster, director string, do ServiceWord) Step {
	st := w.Serve(c, director, do)
	back := w.Serve(c, director, do.back())
	if back.Order.Service != nil {
		st.Back = &back
	}
	return st
}

func (w ServiceWord) back() ServiceWord {
	return map[ServiceWord]ServiceWord{Stop: Start, Start: Stop, Mask: Unmask, Unmask: Mask}[w]
}

func (s *Service) words() (name, done string) {
	done = map[ServiceWord]string{
		Stop: " has ended and its port refuses", Start: " answers",
		Mask: " is masked: nobody can start it", Unmask: " is not masked any more",
	}[s.Do]
	of := s.Cluster.String()
	if s.Scratch {
		of = "the drill"
	}
	return model.Clean(fmt.Sprintf("%s %s's Director %s", s.Do, of, s.Director)), model.Clean(s.Director + done)
}

// text asks a person for it.
func (s *Service) text() string {
	text := fmt.Sprintf("%s bacula-dir on %s's Director %s", s.Do, s.Cluster, s.Director)
	if s.Do == Start && s.Alone != "" {
		text += fmt.Sprintf(", only while %s is stopped and masked", s.Alone)
	}
	return model.Clean(text)
}

// copyable is how it is done with systemd.
func (s *Service) copyable() string { return fmt.Sprintf("systemctl %s bacula-dir", s.Do) }

func (s *Service) touches() record.Touches {
	if s.Scratch {
		return touchDrill(s.Director)
	}
	return record.TouchesOf(TouchDirector(s.Cluster, s.Director))
}

func (s *Service) run() string { return "run " + model.Clean(strings.Join(s.Argv, " ")) }

func (d *OnDirector) idle() (name, done string) {
	return model.Clean(fmt.Sprintf("wait until %s's Director %s runs nothing", d.Cluster, d.Director)),
		model.Clean(fmt.Sprintf("no job runs or waits on %s", d.Director))
}
