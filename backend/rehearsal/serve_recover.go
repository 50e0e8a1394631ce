package rehearsal

import (
	"path/filepath"
	"strings"

	"switchyard/backend/rehearsal/cluster"
	"switchyard/model"
)

// recoverConfig says who comes up where nothing else is left: green's other Director stands for one on a host that is there afterwards.
func (w *World) recoverConfig(p func(string, ...any)) {
	d := w.clusters[model.Green].Directors()[1]
	if strings.ContainsAny(w.o.Dir, " ,;#=\"\\\t{}|<@") {
		return // no configuration can name its files
	}
	if w.scenario.Gone != "" {
		p("policy: {plan_life: 4h}") // whoever recovers is alone, and reads slowly
	}
	p("recover:")
	p("  director:")
	p("    name: %s", d.Name())
	p("    address: %q", d.Addr())
	w.serviceConfig(d, func(format string, args ...any) { p(strings.TrimPrefix(format, "    "), args...) })
	p("  on:")
	w.pushOn(d, "    ", p)
	p("  consoles:")
	for _, side := range sides {
		p("    %s: [%s]", side.name, strings.Join(quoted(w.Console(model.Green, side.name, 1)), ", "))
	}
	p("  client: restore-test-region2-fd")
}

// tellsSums is what a shell does on a Director's host for as long as that is there and somebody listens.
const tellsSums = `while ! test -e "$1" && sha256sum "$2"; do sleep 2; done`

// pushOn says how the files of a Director's host are reached.
func (w *World) pushOn(d *cluster.Director, indent string, p func(string, ...any)) {
	host := filepath.Join(w.o.Dir, "bin", onHost)
	p(indent+"file: %q", d.ConfPath())
	p(indent+"catalog_file: %q", d.WholePath())
	p(indent+"conf: [cat, %q]", d.WholePath())
	for _, does := range []string{"stat", "read", "write"} {
		p(indent+"%s: [%q, %[1]s, \"{path}\"]", does, host)
	}
	p(indent+"sums: [sh, -c, %q, %q, %q, \"{path}\"]", tellsSums, filepath.Join(w.o.Dir, "bin", "sums"), cluster.AwayMark(d.ConfPath()))
	p(indent+"rename: [%q, rename, \"{from}\", \"{to}\"]", host)
}
