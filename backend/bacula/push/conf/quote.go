package conf

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"switchyard/model"
)

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// Quote writes a text so that a Director reads just that text. It refuses what no quoting makes harmless: line breaks, and whatever does
// not show.
func Quote(text string) (string, error) {
	if text == "" {
		return "", fmt.Errorf("%w: a value is empty", ErrConf)
	}
	if len(text) > maxText || !utf8.ValidString(text) || strings.ContainsRune(text, '\t') || model.Clean(text) != text {
		return "", fmt.Errorf("%w: a value cannot hold line breaks, blanks at its end or what does not show: %q", ErrConf,
			model.Clean(short(text)))
	}
	return `"` + escapes.Replace(text) + `"`, nil
}
