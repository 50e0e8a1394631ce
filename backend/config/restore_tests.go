package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// RestoreTests is how restores are tested; without Client nothing is.
type RestoreTests struct {
	Client string                    // the scratch client, {region} stands for the region
	Below  string                    // the directory of it in which each test gets one of its own
	Remove []string                  // the argument vector that removes a test's directory
	Verify map[model.Format][]string // those that judge what was restored, by its format; AnyFormat: of all others
	Terms  model.TestTerms
}

// AnyFormat is the key of what verifies every format that has no command of its own.
const AnyFormat model.Format = "any"

// testsBelow is used where the configuration says nothing.
const testsBelow = "/srv/switchyard-tests"

const fillsHint = "write a command and its arguments; {where}, {client}, {chain}, {region}, {kind} and {cluster} stand for what is tested"

func (l *loader) restoreTests(n *node) {
	f, ok := l.fields(n, "client", "below", "remove", "verify", "budget", "at_once", "window", "limit", "every")
	if !ok {
		return
	}
	t := &l.c.Tests
	*t = RestoreTests{Below: testsBelow, Terms: model.DefaultTestTerms()}
	if n := f.need("client", `write the client that tests restore to, such as client: "restore-test-{region}-fd"`); n != nil {
		t.Client = l.testClient(n)
	}
	if n := f.get("below"); n != nil {
		const do = "write an absolute path, such as below: " + testsBelow
		if dir, ok := l.text(n, do); ok {
			if err := model.CheckDirectory(dir); err != nil {
				l.add(n, err.Error(), do)
			}
			t.Below = dir
		}
	}
	if n := f.need("remove", `write what removes a test's directory, such as remove: [ssh, "{client}", rm, -rf, "{where}"]`); n != nil {
		t.Remove = l.argv(n, fillsHint)
		if t.Remove != nil && !slices.ContainsFunc(t.Remove[1:], func(s string) bool { return strings.Contains(s, "{where}") }) {
			l.add(n, "it does not say what is removed", `write "{where}" among its arguments: the directory of the test`)
		}
	}
	if n := f.get("verify"); n != nil {
		l.verifiers(n)
	}
	l.testSpan(f, "budget", &t.Terms.Budget)
	l.testSpan(f, "limit", &t.Terms.Limit)
	l.testSpan(f, "every", &t.Terms.Every)
	if n := f.get("at_once"); n != nil {
		if _, err := fmt.Sscanf(n.text, "%d", &t.Terms.AtOnce); err != nil || t.Terms.AtOnce < 1 || t.Terms.AtOnce > model.MostTestsAtOnce {
			l.add(n, "it is no number of tests that go on at once", fmt.Sprintf("write 1 to %d", model.MostTestsAtOnce))
		}
	}
	if n := f.get("window"); n != nil {
		const do = `write the hours of the day in UTC in which tests may go on, such as window: "20:00-05:00"`
		if text, ok := l.text(n, do); ok {
			var err error
			if t.Terms.Window, err = model.ParseDayWindow(text); err != nil {
				l.add(n, err.Error(), do)
			}
		}
	}
}

func (l *loader) testClient(n *node) string {
	const do = `write the name of a client, such as "restore-test-{region}-fd"`
	s, ok := l.text(n, do)
	if !ok {
		return ""
	}
	if err := model.CheckName("the client's name", strings.ReplaceAll(s, "{region}", "region"), " "); err != nil {
		l.add(n, err.Error(), do)
	}
	return s
}

func (l *loader) verifiers(n *node) {
	names := []string{string(AnyFormat)}
	for _, f := range model.Formats {
		names = append(names, string(f))
	}
	f, ok := l.fields(n, names...)
	if !ok {
		return
	}
	l.c.Tests.Verify = map[model.Format][]string{}
	for _, name := range names {
		if n := f.get(name); n != nil {
			l.c.Tests.Verify[model.Format(name)] = l.argv(n, fillsHint)
		}
	}
}

func (l *loader) testSpan(f fields, key string, to *time.Duration) {
	n := f.get(key)
	if n == nil {
		return
	}
	d, err := model.ParseSpan(n.text)
	if err != nil || d < time.Minute || d > 31*24*time.Hour {
		l.add(n, "it is no such time", "write such as 4h, of a minute to 31 d")
		return
	}
	*to = d
}

// ClientOf is the scratch client of a region.
func (t *RestoreTests) ClientOf(region string) string {
	return strings.ReplaceAll(t.Client, "{region}", region)
}

// Verifier is the command for a format, by the name that it has among all commands; nil: there is none.
func (t *RestoreTests) Verifier(f model.Format) (name string, argv []string) {
	if argv := t.Verify[f]; argv != nil {
		return "verify " + string(f), argv
	}
	if argv := t.Verify[AnyFormat]; argv != nil {
		return "verify " + string(AnyFormat), argv
	}
	return "", nil
}

// RemoveName is the name of the command that removes. No command of the section commands can have it.
const RemoveName = "remove scratch"

// Commands are all that plans of tests may order, by name.
func (t *RestoreTests) Commands() map[string][]string {
	out := map[string][]string{}
	if t.Remove != nil {
		out[RemoveName] = t.Remove
	}
	for f, argv := range t.Verify {
		out["verify "+string(f)] = argv
	}
	return out
}
