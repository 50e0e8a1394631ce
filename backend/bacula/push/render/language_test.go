package render

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template"

	"pgregory.net/rapid"

	"switchyard/backend/bacula/push/conf"
)

// theirs is what text/template makes of a template.
func theirs(text string, v any) (out string, parses bool, err error) {
	t, err := template.New("").Option("missingkey=error").Funcs(template.FuncMap{"quote": conf.Quote, "file": file}).Parse(text)
	if err != nil {
		return "", false, err
	}
	var b limited
	err = t.Execute(&b, v)
	return b.String(), true, err
}

func ours(text string, v any) (out string, reads bool, err error) {
	l, err := read(text)
	if err != nil {
		return "", false, err
	}
	var b limited
	err = l.evaluate(&b, v)
	return b.String(), true, err
}

// alike fails unless both make the same of a template: what they write, and what they say is wrong and where.
func alike(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string, v any) {
	t.Helper()
	want, parses, wantErr := theirs(text, v)
	got, reads, err := ours(text, v)
	switch {
	case parses != reads:
		t.Fatalf("%s\ntext/template: %v\nours: %v", text, wantErr, err)
	case want != got:
		t.Fatalf("%s\ntext/template writes %q (%v)\nours %q (%v)", text, want, wantErr, got, err)
	case (wantErr == nil) != (err == nil):
		t.Fatalf("%s\ntext/template: %v\nours: %v", text, wantErr, err)
	case err != nil && err.Error() != wantErr.Error() && !strings.Contains(wantErr.Error(), ": reflect: "): // that is a panic of theirs
		t.Fatalf("%s\ntext/template: %v\nours: %v", text, wantErr, err)
	}
}

func seen(t testing.TB, chains int) *view {
	t.Helper()
	ps := placed(t, chains)
	in := Input{Settings: settings, Names: names(t, ps), Takes: ps[:len(ps)-1], Keeps: ps}
	v, err := in.view()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheLanguageIsTextTemplates(t *testing.T) {
	v := seen(t, 3)
	alike(t, Default, v)
	all := []string{
		"", " ", "a", "{{- 1 -}} b", "{{/* no */}}x", "{{.}}", "{{$}}", "{{.Cluster}}", "{{.Nope}}", "\n {{.shift}}",
		"{{.Jobs.Name}}", "{{.Cluster.Name}}", "{{if .Jobs}}a{{else}}b{{end}}",
		`{{if 0}}a{{else if 0.0}}b{{else if ""}}c{{else if false}}d{{else}}e{{end}}`, "{{with .Clients}}{{len .}}{{end}}",
		"{{with 0}}a{{else with .Cluster}}{{.}}{{end}}", "{{range .Jobs}}{{.Name}} {{else}}none{{end}}",
		"{{range $i, $j := .Jobs}}{{$i}}{{$j.Name}}{{end}}", "{{range $j := .Jobs}}{{$j.Tier}}{{end}}", "{{range 3}}{{.}}{{end}}",
		"{{range $i := 3}}{{$i}}{{end}}", "{{range $i, $j := 3}}{{end}}", "{{range 0}}{{else}}e{{end}}",
		"{{range -1}}{{else}}e{{end}}", "{{range .Cluster}}{{end}}", "{{range 1.5}}{{end}}", "{{range true}}{{end}}",
		"{{$x := 1}}{{range .Jobs}}{{$x = len .Name}}{{end}}{{$x}}",
		"{{$i := 0}}{{$e := .Cluster}}{{range $i, $e = .Clients}}{{end}}{{$i}}{{$e.Name}}", "{{range .Jobs}}{{break}}{{end}}x",
		`{{range .Jobs}}{{if eq .Kind "regular"}}{{continue}}{{end}}{{.Name}},{{end}}`, "{{break}}",
		"{{range .Jobs}}{{range .Name | len}}{{break}}{{end}}.{{end}}",
		`{{define "j"}}{{.Name}}: {{template "k" .Kind}}{{end}}{{define "k"}}[{{.}}{{$}}]{{end}}{{range .Jobs}}{{template "j" .}}{{end}}`,
		`{{define "job"}}{{.Nope}}{{end}}{{range .Jobs}}{{template "job" .}}{{end}}`, `{{block "b" .Cluster}}{{.}}!{{end}}`,
		`{{define "x"}}{{.}}{{end}}{{template "x"}}`, `{{define "x"}}{{.Name}}{{end}}{{template "x"}}`,
		`{{define "x"}}a{{end}}{{define "x"}}b{{end}}`, `{{define "x"}}{{template "x" .Tier}}{{end}}{{template "x" .}}`,
		"{{.Cluster | quote}}", `{{quote .Cluster | printf "%s-%d" | len}}`,
		`{{printf "%s %d %v %q" .Cluster (len .Jobs) true 'a'}}`, "{{printf 1}}", "{{1 | printf}}", `{{printf "%d"}}`,
		"{{quote 1}}", "{{quote true}}", "{{quote .}}", "{{(index .Clients 0).Port | quote}}", `{{file "/etc/x"}}`,
		"{{\n\nquote \"a\\nb\"}}", "{{print}}", `{{println 1 2 "a" "b"}}`, `{{print 1 2 "a" 3}}`, "{{and 1 0 .Nope}}",
		`{{or 0 "" .Cluster .Nope}}`, "{{or 0 .Nope}}", "{{not .Jobs}}", "{{0 | and 1}}", `{{1 | or 0 ""}}`,
		"{{and true (not false) .Cluster}}", "{{eq 1 1}}", "{{eq 1 2 3 1}}", `{{eq 1 "1"}}`, "{{eq 1 1.0}}", "{{eq .Jobs .Jobs}}",
		"{{eq .Jobs .Cluster}}", "{{eq (index .Jobs 0) (index .Jobs 1)}}", "{{eq (index .Jobs 0) (index .Jobs 0)}}",
		"{{eq (index .Jobs 0) .Jobs}}", "{{eq true false}}", "{{ne 1 2}}", "{{ne 1 .Jobs}}", "{{lt 1 2}}", "{{lt 2.5 1.5}}",
		`{{lt "a" "b"}}`, "{{lt true false}}", "{{lt .Jobs 1}}", `{{lt 1 "a"}}`, "{{le 1 1}}", "{{gt 1 1}}", "{{gt 2 1}}",
		"{{ge 1 1}}", `{{ge "a" 1}}`, "{{le .Jobs .Jobs}}", "{{2 | lt 1}}", `{{eq (index "abc" 1) 98}}`,
		`{{lt (index "abc" 1) 99}}`, `{{index "abc" 1}}`, "{{index .Jobs 1 | print}}", "{{(index .Jobs 1).Name}}",
		"{{(index .Jobs 1).Nope}}", "{{index .Jobs 10000}}", "{{index .Jobs (len .Jobs)}}", "{{index .Jobs -1}}",
		`{{index .Jobs "a"}}`, "{{index . 1}}", "{{index .Schedules 0 1}}", "{{index .Jobs}}", "{{len .}}", "{{len 1}}",
		"{{len .Cluster}}", "{{slice .Cluster 1}}", "{{slice .Cluster 1 3}}", "{{slice .Cluster}}", "{{slice .Cluster 3 1}}",
		"{{slice .Cluster 1 99}}", "{{slice .Cluster 1 2 3}}", "{{len (slice .Jobs 1 2 3)}}", "{{len (slice .Jobs 1)}}",
		"{{slice .Jobs 2 1 3}}", "{{slice .Jobs 0 2 1}}", "{{slice . 1}}", "{{slice .Jobs 1 1 1 1}}", "{{slice 1 1}}",
		"{{1.5}}{{1e3}}{{0x1F}}{{-3}}{{0b101}}{{'a'}}{{1_000}}{{0x1p4}}{{`raw`}}{{true}}",
		"{{$.Cluster}}{{$x := .}}{{$x.Cluster}}{{$x.Nope}}", "{{$y}}", "{{if $x := .Cluster}}{{$x}}{{end}}{{$x}}",
		"{{with $x := index .Jobs 0}}{{$x.Name}}{{.Kind}}{{end}}", `{{.Jobs | len | printf "%03d"}}`, "{{nope}}", "{{if}}",
		"{{end}}", "{{range .Jobs}}", "{{.Cluster", `{{"a}}`, "{{/* a", "{{template}}", "{{1 | 2}}", "{{else}}",
		"{{(.Cluster)}}{{((len .Jobs))}}", `{{.Cluster}} {{- " x " -}} y`, `{{printf "%T %v" .Clients (index .Schedules 0).Runs}}`,
		"{{(index .Schedules 0).Runs}}", "{{eq (slice .Jobs 0 0) .Jobs}}",
	}
	for _, text := range all {
		alike(t, text, v)
	}
}

// TestRandomTemplates writes templates of every part of the language at random, sensible ones and others.
func TestRandomTemplates(t *testing.T) {
	v := seen(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		w := writer{t: t, dot: "view", vars: map[string][]string{}}
		alike(t, w.list(3), v)
	})
}

// writer writes what mostly makes sense: it knows what the dot and its variables are, and now and then takes something else.
type writer struct {
	t    *rapid.T
	dot  string // what it is: a key of written
	vars map[string][]string
	n    int
}

const aText, aNumber, aTruth, anything = "text", "number", "truth", "any"

// operands are what to write for a value of a kind: by what the dot is.
var operands = map[string]map[string][]string{
	"view":     {aText: {".Cluster"}},
	"job":      {aText: {".Name", ".Kind", ".JobDefs"}, aNumber: {".Tier"}, aTruth: {".Enabled"}},
	"client":   {aText: {".Name", ".Address"}, aNumber: {".Port", ".Retention"}},
	"schedule": {aText: {".Name"}, anything: {".Runs"}},
	aText:      {aText: {"."}},
	aNumber:    {aNumber: {"."}},
	anything:   {anything: {".", ".Name", ".Nope", ".shift"}},
	"": {aText: {"$.Cluster", `"text"`, "`raw`", `"a\"b"`}, aNumber: {"0", "1", "2", "-7", "0x10", "'q'"}, aTruth: {"true", "false"},
		anything: {"2.5", "$.Jobs", "$"}},
}

func (w *writer) one(all ...string) string { return rapid.SampledFrom(all).Draw(w.t, "one") }

func (w *writer) rarely() bool { return rapid.IntRange(0, 19).Draw(w.t, "rarely") == 0 }

func (w *writer) within(dot string, deep int) string {
	was := w.dot
	w.dot = dot
	defer func() { w.dot = was }()
	return w.list(deep)
}

func (w *writer) list(deep int) string {
	was := maps.Clone(w.vars)
	defer func() { w.vars = was }()
	var b strings.Builder
	for range rapid.IntRange(1, 3).Draw(w.t, "nodes") {
		b.WriteString(w.node(deep))
	}
	return b.String()
}

func (w *writer) kind() string { return w.one(aText, aText, aNumber, aTruth) }

// declared is the name of a new variable.
func (w *writer) declared(kind string) string {
	w.n++
	name := fmt.Sprint("$v", w.n)
	w.vars = maps.Clone(w.vars)
	w.vars[kind] = append(slices.Clone(w.vars[kind]), name)
	return name
}

func (w *writer) node(deep int) string {
	kinds := []string{"raw", "action", "action", "set"}
	if deep > 0 {
		kinds = append(kinds, "if", "with", "range", "range", "range2", "block")
	}
	kind := w.kind()
	switch w.one(kinds...) {
	case "raw":
		return w.one("a", " \n", "Job {\n", "}")
	case "set":
		pipe := w.pipe(kind, 2)
		if all := w.vars[kind]; len(all) > 0 && rapid.Bool().Draw(w.t, "again") {
			return "{{" + w.one(all...) + " = " + pipe + "}}"
		}
		return "{{" + w.declared(kind) + " := " + pipe + "}}"
	case "if":
		return "{{if " + w.pipe(kind, 2) + "}}" + w.list(deep-1) + "{{else if " + w.pipe(aTruth, 1) + "}}" + w.list(deep-1) + "{{end}}"
	case "with":
		return "{{with " + w.pipe(kind, 2) + "}}" + w.within(kind, deep-1) + "{{else}}" + w.list(deep-1) + "{{end}}"
	case "range":
		over := w.one("job $.Jobs", "client $.Clients", "schedule $.Schedules", "number 2", "any "+w.operand(anything, 1))
		dot, over, _ := strings.Cut(over, " ")
		return "{{range " + over + "}}" + w.within(dot, deep-1) +
			w.one("", "{{continue}}", "{{if "+w.operand(aTruth, 1)+"}}{{break}}{{end}}b", "{{break}}") + "{{else}}" + w.list(deep-1) + "{{end}}"
	case "range2":
		was := w.vars
		defer func() { w.vars = was }()
		head := "{{range " + w.declared(aNumber) + ", " + w.declared(anything) + " := "
		return head + "$.Jobs}}" + w.within("job", deep-1) + "{{end}}"
	case "block":
		w.n++
		return fmt.Sprintf("{{block \"b%d\" %s}}{{$}}{{.}}{{end}}", w.n, w.pipe(kind, 1))
	}
	return w.one("{{", "{{- ") + w.pipe(kind, 2) + w.one("}}", " -}}")
}

// pipe is a pipeline whose value is of a kind.
func (w *writer) pipe(kind string, deep int) string {
	a := func(kind string) string { return w.operand(kind, deep-1) }
	switch how := w.one("alone", "call", "piped"); {
	case how == "alone" || kind == anything:
		return a(kind)
	case kind == aText && how == "call":
		return w.one("quote "+a(aText), "file "+a(aText), "print "+a(anything)+" "+a(aText), "or "+a(aText)+" "+a(aText),
			"slice "+a(aText)+" 0 2", `printf "%v-%q%d" `+a(anything)+" "+a(aText)+" "+a(aNumber), "println "+a(aTruth)+" "+a(aNumber))
	case kind == aText:
		return w.pipe(w.kind(), 1) + " | " + w.one("print", `printf "<%v>"`, "print "+a(aText)) +
			w.one("", " | quote", " | len | print")
	case kind == aNumber && how == "call":
		return w.one("len "+a(aText), "len $.Jobs", "and "+a(aText)+" "+a(aNumber), "or 0 "+a(aNumber), "index "+a(aText)+" "+a(aNumber))
	case kind == aNumber:
		return w.pipe(aText, 1) + " | len" + w.one("", " | or 0", " | and "+a(aNumber))
	case how == "call":
		of := w.kind()
		return w.one("eq ", "ne ", "lt ", "le ", "gt ", "ge ") + a(of) + " " + a(of)
	}
	of := w.kind()
	return w.pipe(of, 1) + " | " + w.one("not", "eq "+a(of), "ne "+a(of), "eq "+a(of)+" "+a(of), "le "+a(of), "gt "+a(of))
}

func (w *writer) operand(kind string, deep int) string {
	if w.rarely() {
		kind = w.one(aText, aNumber, aTruth, anything)
	}
	if deep > 0 && rapid.Bool().Draw(w.t, "nested") {
		return "(" + w.pipe(kind, deep-1) + ")"
	}
	if kind == aText && rapid.Bool().Draw(w.t, "chain") {
		return w.one("(index $.Jobs 1).Name", "(index $.Schedules 0).Name")
	}
	return w.one(slices.Concat(operands[""][kind], operands[w.dot][kind], w.vars[kind])...)
}

// TestNotEvaluated: what text/template would do and is not done here is refused when a template is read, with its place and what to do.
func TestNotEvaluated(t *testing.T) {
	for text, says := range map[string]string{
		"\n{{html .Cluster}}":                        "t:2:2: <html>: html is nothing for a Director: write values with quote",
		"{{.Cluster | js}}":                          "t:1:13: <js>: js is nothing for a Director",
		"{{if false}}{{call .Jobs}}{{end}}":          "t:1:14: <call>: call is nothing for a Director",
		"{{define \"x\"}}{{urlquery 1}}{{end}}":      "t:1:16: <urlquery>: urlquery is nothing",
		"{{eq .Jobs nil}}":                           "t:1:11: <nil>: nothing that a template sees is nil",
		"{{print 1i}}":                               "t:1:8: <1i>: 1i is no number here",
		"{{print 18446744073709551615}}":             "no number here: write one that fits 64 bits",
		"{{.Cluster 1}}":                             "t:1:2: <.Cluster 1>: can't give argument to non-function .Cluster: what a template sees",
		"{{1 | .Cluster}}":                           "can't give argument to non-function .Cluster",
		"{{range .Jobs}}{{quote}}{{else}}a{{end}}":   "t:1:17: <quote>: quote has 0 arguments, and needs 1",
		"{{quote 1 2}}":                              "quote has 2 arguments, and needs 1",
		"{{eq 1}}":                                   "eq has 1 arguments, and needs 2 or more",
		"{{not}}":                                    "not has 0 arguments, and needs 1",
		"{{if (len)}}{{end}}":                        "len has 0 arguments, and needs 1",
		"{{if 0}}{{template \"nope\" .}}{{end}}":     `t:1:19: <{{template "nope" .}}>: template "nope" not defined: define it in this file`,
		"{{with 1}}{{else}}{{(html 1).Name}}{{end}}": "html is nothing",
	} {
		if err := CheckTemplate("t", text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s\nwant %s\ngot  %v", text, says, err)
		}
	}
	for text, says := range map[string]string{
		"{{range 100000000}}{{end}}":                                      "{{end}}>: it goes on without end: more than 5000000 turns",
		"{{define \"x\"}}{{template \"x\" .}}{{end}}{{template \"x\" .}}": "exceeded maximum template depth (1000)",
		"{{define \"x\"}}{{print .}}{{end}}{{template \"x\"}}":            "<.>: invalid value: this template is called with nothing",
	} {
		if _, reads, err := ours(text, &view{}); !reads || err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s\nwant %s\ngot  %v", text, says, err)
		}
	}
}

// TestNothingSeenHasMethods holds what lets templates do without looking for methods, and of which kinds the values are that are evaluated.
func TestNothingSeenHasMethods(t *testing.T) {
	var look func(of reflect.Type, name string)
	look = func(of reflect.Type, name string) {
		if of.NumMethod()+reflect.PointerTo(of).NumMethod() > 0 {
			t.Errorf("%s has methods, which a template does not find", name)
		}
		switch of.Kind() {
		case reflect.Struct:
			for i := range of.NumField() {
				if f := of.Field(i); f.IsExported() {
					look(f.Type, name+"."+f.Name)
				}
			}
		case reflect.Slice:
			look(of.Elem(), name)
		case reflect.String, reflect.Int, reflect.Int64, reflect.Bool:
		default:
			t.Errorf("%s is a %v, which a template cannot be given", name, of.Kind())
		}
	}
	look(reflect.TypeFor[view](), "")
}
