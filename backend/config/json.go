package config

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// readJSON gives the tree, or why there is none and at which byte.
func readJSON(source string) (root node, why string, at int) {
	r := jsonReader{source: source, Decoder: json.NewDecoder(strings.NewReader(source))}
	r.UseNumber()
	root, err := r.value(0)
	at = r.past(" \n\t")
	if err == nil {
		if at < len(source) {
			return root, "something follows the end", at
		}
		return root, "", at
	}
	switch {
	case errors.Is(err, io.EOF) && root.shape == null:
		return root, "a value is missing", at
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return root, "it ends too early", at
	}
	return root, err.Error(), at
}

// jsonReader makes nodes of tokens.
type jsonReader struct {
	*json.Decoder
	source string
}

// past is the first byte after what was read that is none of these.
func (r jsonReader) past(skip string) int {
	at := int(r.InputOffset())
	for at < len(r.source) && strings.IndexByte(skip, r.source[at]) >= 0 {
		at++
	}
	return at
}

func (r jsonReader) value(depth int) (node, error) {
	n := node{at: place{column: r.past(" \n\t:,")}}
	if depth > maxNesting {
		return n, errors.New("it is nested too deeply")
	}
	t, err := r.Token()
	if err != nil {
		return n, err
	}
	switch t := t.(type) {
	case json.Delim:
		n.shape = list
		if t == '{' {
			n.shape = mapping
		}
		for r.More() {
			kid, err := r.value(depth + 1)
			if err != nil {
				return n, err
			}
			n.kids = append(n.kids, kid)
		}
		_, err = r.Token()
	case string:
		n.shape, n.text = text, t
	case json.Number:
		n.shape, n.text = number, t.String()
	case bool:
		n.shape, n.text = boolean, r.source[n.at.column:r.InputOffset()]
	}
	return n, err
}
