package conf

import (
	"fmt"

	"switchyard/model"
)

// Splice puts a text where a configuration includes a file, whose name is given as it stands behind @. Everything else stays as it is. The
// error is an *Error when the configuration cannot be read, and ErrConf when it does not include that file just once.
func Splice(of Options, whole, file, text string) (string, error) {
	of.Open = nil
	l := &lexer{o: &of, left: maxTokens}
	var err error
	if l.src, err = l.begin(of.Path, whole, nil); err != nil {
		return "", err
	}
	from, until := -1, -1
	for {
		t, err := l.next()
		switch {
		case err != nil:
			return "", err
		case t.kind == over && from < 0:
			return "", fmt.Errorf("%w: %s does not include %s: what is pushed would never be loaded; write @%[3]s in it", ErrConf,
				model.Clean(of.Path), model.Clean(file))
		case t.kind == over:
			return whole[:from] + text + whole[until:], nil
		case t.file && t.text == file && from >= 0:
			return "", fmt.Errorf("%w: %s includes %s twice: write it once", ErrConf, model.Clean(of.Path), model.Clean(file))
		case t.file && t.text == file:
			from, until = t.at, l.src.pos
		}
	}
}
