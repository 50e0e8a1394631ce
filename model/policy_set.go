package model

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ErrPolicy is the kind of every override that cannot be used.
var ErrPolicy = errors.New("policy")

// PolicyNames are the names that Set knows, in the order they are printed.
func PolicyNames() []string {
	names := make([]string, len(Thresholds))
	for i, t := range Thresholds {
		names[i] = t.Name
	}
	return names
}

// Set overrides the threshold name by its text: a duration such as 26h, 90m or 7d, a number, yes or no, or the windows of a Freeze.
func (p *Policy) Set(name, text string) error {
	for _, t := range Thresholds {
		if t.Name == name {
			return t.set(p, strings.TrimSpace(text))
		}
	}
	return fmt.Errorf("%w: there is no threshold %q; write one of %s", ErrPolicy, Clean(name), strings.Join(PolicyNames(), ", "))
}

// Value is the threshold's value in p, as Set reads it.
func (t Threshold) Value(p Policy) string {
	switch {
	case t.span != nil:
		return Span(*t.span(&p))
	case t.count != nil:
		return strconv.Itoa(*t.count(&p))
	case t.flag != nil && *t.flag(&p):
		return "yes"
	case t.flag != nil:
		return "no"
	case t.freeze != nil:
		return string(*t.freeze(&p))
	}
	return strconv.FormatFloat(*t.num(&p), 'g', -1, 64)
}

func (t Threshold) set(p *Policy, text string) error {
	var v float64
	switch {
	case t.flag != nil:
		if text != "yes" && text != "no" && text != "true" && text != "false" {
			return fmt.Errorf("%w: %s: %q is neither yes nor no", ErrPolicy, t.Name, Clean(text))
		}
		*t.flag(p) = text == "yes" || text == "true"
		return nil
	case t.freeze != nil:
		f, err := ParseFreeze(text)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrPolicy, t.Name, err)
		}
		*t.freeze(p) = f
		return nil
	case t.span != nil:
		d, err := ParseSpan(text)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrPolicy, t.Name, err)
		}
		v = d.Seconds()
	case t.count != nil:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%w: %s: %q is not a whole number", ErrPolicy, t.Name, Clean(text))
		}
		v = float64(n)
	default:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%w: %s: %q is not a number", ErrPolicy, t.Name, Clean(text))
		}
		v = f
	}
	if v < t.low || v > t.high {
		return fmt.Errorf("%w: %s: %s is outside %s to %s", ErrPolicy, t.Name, Clean(text), t.bound(t.low), t.bound(t.high))
	}
	switch {
	case t.span != nil:
		*t.span(p) = time.Duration(v * float64(time.Second))
	case t.count != nil:
		*t.count(p) = int(v)
	default:
		*t.num(p) = v
	}
	return nil
}

func (t Threshold) bound(v float64) string {
	if t.span != nil {
		return Span(time.Duration(v * float64(time.Second)))
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
