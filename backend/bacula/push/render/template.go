package render

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// Default is the template that is used when there is no other.
//
//go:embed routed.conf.tmpl
var Default string

const (
	defaultPath = "the default template"
	maxRendered = 32 << 20
)

// CheckTemplate tells whether a text is a template that can be evaluated, with its place and line when it is not.
func CheckTemplate(path, text string) error {
	_, err := parsed(path, text)
	return err
}

func parsed(path, text string) (*language, error) {
	l, err := read(text)
	if err != nil {
		return nil, place(path, err)
	}
	return l, nil
}

// file writes the include of a file that holds one value.
func file(path string) (string, error) {
	q, err := conf.Quote(path)
	return "@" + q, err
}

// fill runs the template, and makes of what it writes the one form: no blanks at ends of lines, no two empty lines, one line break at the
// end.
func (v *view) fill(s *Settings) (string, error) {
	path, text := s.TemplatePath, s.Template
	if text == "" {
		path, text = defaultPath, Default
	}
	l, err := parsed(path, text)
	if err != nil {
		return "", err
	}
	var b limited
	if err := l.evaluate(&b, v); err != nil {
		return "", place(path, err)
	}
	var out strings.Builder
	blank := true
	for line := range strings.Lines(b.String()) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" && blank {
			continue
		}
		blank = line == ""
		out.WriteString(line)
		out.WriteByte('\n')
	}
	body := strings.TrimRight(out.String(), "\n")
	if body == "" {
		return "", fmt.Errorf("%s: it writes nothing: every job would be taken away", model.Clean(path))
	}
	return body + "\n", nil
}

var templatePlace = model.Pattern(`^template: :(\d+)(?::(\d+))?: (?s:(.*))$`)

// place says where in which template something is wrong.
func place(path string, err error) error {
	m := templatePlace().FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("%s: %s", model.Clean(path), model.Clean(err.Error()))
	}
	says := strings.TrimPrefix(m[3], `executing "" at `)
	if m[2] != "" {
		m[1] += ":" + m[2]
	}
	return fmt.Errorf("%s:%s: %s", model.Clean(path), m[1], model.Clean(says))
}

// limited is a text that does not grow without end.
type limited struct{ strings.Builder }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxRendered {
		return 0, errors.New("it writes without end")
	}
	return l.Builder.Write(p)
}
