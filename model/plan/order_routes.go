package plan

import (
	"encoding/json"
	"fmt"

	"switchyard/model"
	"switchyard/model/record"
)

// Routes is the routes document: the journal's, and that of the control plane which owns it where one does.
const Routes System = "the routes document"

// Directors are the configurations that Directors load, of both clusters.
const Directors System = "the Directors' configurations"

// Publish makes a document the one that counts.
type Publish struct {
	Document json.RawMessage `json:"document"` // as routes.Document writes it
	Follows  int64           `json:"follows"`  // the routes record that it was made from; another one is refused
}

// OnDirector is one Director and what the newest routes record comes to for it.
type OnDirector struct {
	Cluster  model.Cluster `json:"cluster"`
	Director string        `json:"director"` // as the configuration names it
}

// Drained waits until no job of some cells runs or waits on a cluster.
type Drained struct {
	Cluster model.Cluster  `json:"cluster"`
	Cells   record.Touches `json:"cells"` // as of TouchCell
}

// TouchRoutes is the routes document as something that actions touch.
const TouchRoutes = "routes"

// TouchDirector names a Director as something that actions touch: one push at a time.
func TouchDirector(c model.Cluster, name string) string {
	return record.Touch(c.String(), "director", name)
}

func (p *Publish) words() (name, done string) {
	return "make these the routes", "the journal's newest routes record is this document, by this action"
}

func (d *OnDirector) push() (name, done string) {
	return model.Clean(fmt.Sprintf("push the routes to %s's Director %s", d.Cluster, d.Director)),
		model.Clean(d.Director + " has loaded exactly what the newest routes come to")
}

func (d *OnDirector) putBack() (name, done string) {
	return model.Clean(fmt.Sprintf("put the last good file back on %s's Director %s", d.Cluster, d.Director)),
		model.Clean(d.Director + " has loaded the file that it had before the push")
}

// putsBack gives each push its way back: a Director that refused a file is left with the one that it took.
func (p *Plan) putsBack() {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Order.Push == nil || s.Back != nil {
			continue
		}
		back := &Step{Order: Order{PutBack: s.Order.Push}, Limit: s.Limit}
		back.Name, back.Done = s.Order.Push.putBack()
		s.Back = back
	}
}

func (d *OnDirector) effective() (name, done string) {
	return model.Clean(fmt.Sprintf("see the routes effective on %s's Director %s", d.Cluster, d.Director)),
		model.Clean(d.Director + " has and schedules exactly what the newest routes come to")
}

func (d *Drained) words() (name, done string) {
	return fmt.Sprintf("drain %s", d.Cluster), fmt.Sprintf("no job of these cells runs or waits on %s", d.Cluster)
}
