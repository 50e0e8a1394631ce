package check

import (
	"context"
	"fmt"
	"slices"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// Tools are what a cluster's configuration has to prove a text with; a Tool without Argv is not there.
type Tools struct {
	Conf     Tool   // prints a Director's own configuration
	File     string // which that includes, and in whose place the text is
	BDirJSON Tool
	Test     Tool
}

// Asked is one of Bacula's tools, and what it said.
type Asked struct {
	Tool    string        `json:"tool"`
	Verdict model.Verdict `json:"verdict"`
	Says    string        `json:"says,omitempty"`
}

// Proof is what is known of a rendered configuration. It holds when nothing was found.
type Proof struct {
	Findings []Finding `json:"findings"`
	Asked    []Asked   `json:"asked"`
}

// Prove checks a rendered text by itself, within the Director's own configuration, and by Bacula's tools. It writes nothing but files of
// its own, which are gone when it returns. What could not be asked is a finding, unless there is no such tool.
func Prove(ctx context.Context, t Tools, text, canary string, w Want) Proof {
	p := Proof{Findings: []Finding{}, Asked: []Asked{}}
	whole, ok := t.standing(ctx, text, &w, &p)
	p.Findings = append(Text(text, w), p.Findings...)
	if !ok {
		return p
	}
	if len(t.BDirJSON.Argv) > 0 {
		held, v, says := t.BDirJSON.JSON(ctx, whole)
		p.asked("bdirjson", v, says)
		if v == model.Holds {
			p.Findings = append(slices.DeleteFunc(p.Findings, func(f Finding) bool { return f.Unknown }), held.Against(w, canary)...)
		}
	}
	if len(t.Test.Argv) > 0 {
		v, says := t.Test.Test(ctx, whole)
		p.asked("bacula-dir -t", v, says)
	}
	return p
}

// standing is the Director's own configuration with the text in its place; what stands beside the text goes to w.
func (t *Tools) standing(ctx context.Context, text string, w *Want, p *Proof) (whole string, ok bool) {
	if len(t.Conf.Argv) == 0 {
		return "", false
	}
	const do = "look at push.conf and push.file, and at what the Director's own configuration includes"
	own, err := t.Conf.Print(ctx)
	if err != nil {
		p.Findings = append(p.Findings, Finding{Says: model.Clean(err.Error()), Do: do, Unknown: true})
		return "", false
	}
	o := conf.Options{Path: "the Director's own configuration", Leave: true}
	beside, err := conf.Splice(o, own, t.File, "")
	var f *conf.File
	if err == nil {
		whole, err = conf.Splice(o, own, t.File, "\n"+text)
	}
	if err == nil {
		f, err = conf.Parse(beside, o)
	}
	if err != nil {
		p.Findings = append(p.Findings, Finding{Says: err.Error(), Do: do})
		return "", false
	}
	w.Other = &Standing{Resources: f.Resources, Whole: len(f.Left) == 0}
	return whole, true
}

func (p *Proof) asked(tool string, v model.Verdict, says string) {
	p.Asked = append(p.Asked, Asked{tool, v, says})
	switch v {
	case model.Fails:
		p.Findings = append(p.Findings, Finding{Says: fmt.Sprintf("%s refuses it: %s", tool, says), Do: "correct what it tells of"})
	case model.Unknown:
		p.Findings = append(p.Findings, Finding{Says: fmt.Sprintf("%s could not be asked: %s", tool, says), Do: "run it by hand", Unknown: true})
	}
}
