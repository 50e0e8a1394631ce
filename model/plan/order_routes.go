package plan

import (
	"fmt"

	"switchyard/model"
	"switchyard/model/record"
)

// Routes is the routes document: the journal's, and that of the control plane which owns it where one does.
const Routes System = "the routes document"

// Directors are the configurations that Directors load, of both clusters.
const Directors System = "the Directors' configurations"

// Publish makes another document the one that counts: that of the routes record which it follows with cells moved, or with its later chains
// decided, or that of an earlier record once more. The document itself is not in a plan: of many chains it is longer than all else.
type Publish struct {
	Follows int64          `json:"follows,omitempty"`         // the routes record that it changes, no other. 0: this action's own
	Cells   record.Touches `json:"cells,omitzero"`            // that move, as of TouchesCells
	Asked   bool           `json:"cells_asked_for,omitempty"` // only in the journal, instead of Cells
	Later   string         `json:"later,omitempty"`           // the region whose later chains are decided
	To      string         `json:"to,omitempty"`              // blue, both or green
	Cluster model.Cluster  `json:"cluster"`                   // that gains or loses them
	Adds    bool           `json:"adds,omitempty"`
	Again   int64          `json:"again,omitempty"`  // the record whose document counts again
	Adopts  bool           `json:"adopts,omitempty"` // that of the control plane which owns it, as it is there
	SHA256  string         `json:"sha256"`           // of the document, as routes.Document writes it
}

// OnDirector is one Director and what the newest routes record comes to for it.
type OnDirector struct {
	Cluster  model.Cluster `json:"cluster"`
	Director string        `json:"director"`          // as the configuration names it
	Held     bool          `json:"held,omitempty"`    // the same jobs, none of which starts by itself
	Stopped  bool          `json:"stopped,omitempty"` // it does not run: its file is put in its place, and loaded by whoever starts it
	// Pressing: it is the way back, which does not wait for minutes without a start. One may be started twice or left out for it.
	Pressing bool `json:"pressing,omitempty"`
}

// Itself is the Director without what is done to it.
func (d OnDirector) Itself() OnDirector { return OnDirector{Cluster: d.Cluster, Director: d.Director} }

// Drained waits until no job of some cells runs or waits on a cluster.
type Drained struct {
	Cluster model.Cluster  `json:"cluster"`
	Cells   record.Touches `json:"cells,omitzero"`            // as of TouchesCells
	All     bool           `json:"all,omitempty"`             // every job of the cluster, whatever it is
	Asked   bool           `json:"cells_asked_for,omitempty"` // only in the journal, instead of Cells
}

// TouchRoutes is the routes document as something that actions touch.
const TouchRoutes = "routes"

// TouchDirector names a Director as something that actions touch: one push at a time.
func TouchDirector(c model.Cluster, name string) string {
	return record.Touch(c.String(), "director", name)
}

func (p *Publish) words() (name, done string) {
	done = "the journal's newest routes record is this document, by this action"
	switch {
	case p.Again > 0:
		return fmt.Sprintf("make the routes of record %d those that count again", p.Again), done
	case p.Adopts:
		return "let the control plane's routes be those that count", done
	case p.Later != "":
		return model.Clean(fmt.Sprintf("let %s take the chains that are added to %s later", p.To, p.Later)), done
	case p.Adds:
		return fmt.Sprintf("give the cells to %s in the routes", p.Cluster), done
	}
	return fmt.Sprintf("take the cells from %s in the routes", p.Cluster), done
}

func (d *OnDirector) push() (name, done string) {
	switch {
	case d.Held && d.Stopped:
		return model.Clean(
				"let no job start by itself on " + d.Director + ", in its file",
			), model.Clean(
				"its file has every job, with Enabled = no",
			)
	case d.Held:
		return model.Clean(fmt.Sprintf("let no job start by itself on %s's Director %s", d.Cluster, d.Director)),
			model.Clean(d.Director + " has loaded every job, with Enabled = no")
	}
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
	if d.All {
		return fmt.Sprintf("drain %s of every job", d.Cluster), fmt.Sprintf("no job of any kind runs or waits on %s", d.Cluster)
	}
	return fmt.Sprintf("drain %s", d.Cluster), fmt.Sprintf("no job of these cells runs or waits on %s", d.Cluster)
}
