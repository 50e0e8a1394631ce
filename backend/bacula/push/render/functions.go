package render

import (
	"errors"
	"fmt"
	"reflect"

	"switchyard/backend/bacula/push/conf"
)

// function is what a template may call.
type function struct {
	needs  int                      // arguments
	more   bool                     // may follow those
	texts  int                      // how many of the first must be texts
	enough func(reflect.Value) bool // whether an argument is the answer, so that those after it are not looked at
	of     func([]reflect.Value) (reflect.Value, error)
}

var functions map[string]function

func init() { // so that the table may name what looks into it
	functions = map[string]function{
		"quote": text1(conf.Quote),
		"file":  text1(file),

		"and": {needs: 1, more: true, enough: func(v reflect.Value) bool { return !truth(v) }, of: last},
		"or":  {needs: 1, more: true, enough: truth, of: last},
		"not": {needs: 1, of: func(a []reflect.Value) (reflect.Value, error) { return reflect.ValueOf(!truth(a[0])), nil }},

		"eq": {needs: 2, more: true, of: asTruth(equal)},
		"ne": {needs: 2, of: asTruth(func(a []reflect.Value) (bool, error) { is, err := equal(a); return !is, err })},
		"lt": {needs: 2, of: asTruth(less)},
		"le": {needs: 2, of: asTruth(lessOrEqual)},
		"gt": {needs: 2, of: asTruth(func(a []reflect.Value) (bool, error) { is, err := lessOrEqual(a); return !is, err })},
		"ge": {needs: 2, of: asTruth(func(a []reflect.Value) (bool, error) { is, err := less(a); return !is, err })},

		"len":   {needs: 1, of: length},
		"index": {needs: 1, more: true, of: index},
		"slice": {needs: 1, more: true, of: slice},

		"print":   written(fmt.Sprint),
		"println": written(fmt.Sprintln),
		"printf": {needs: 1, more: true, texts: 1, of: func(a []reflect.Value) (reflect.Value, error) {
			return reflect.ValueOf(fmt.Sprintf(a[0].String(), values(a[1:])...)), nil
		}},
	}
}

func text1(of func(string) (string, error)) function {
	return function{needs: 1, texts: 1, of: func(a []reflect.Value) (reflect.Value, error) {
		s, err := of(a[0].String())
		return reflect.ValueOf(s), err
	}}
}

func written(of func(...any) string) function {
	return function{more: true, of: func(a []reflect.Value) (reflect.Value, error) { return reflect.ValueOf(of(values(a)...)), nil }}
}

func asTruth(of func([]reflect.Value) (bool, error)) func([]reflect.Value) (reflect.Value, error) {
	return func(a []reflect.Value) (reflect.Value, error) {
		is, err := of(a)
		return reflect.ValueOf(is), err
	}
}

func values(all []reflect.Value) []any {
	out := make([]any, len(all))
	for i, v := range all {
		out[i] = v.Interface()
	}
	return out
}

func last(a []reflect.Value) (reflect.Value, error) { return a[len(a)-1], nil }

// truth is whether a value is not the zero of its type, or not empty.
func truth(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return false
	case reflect.Slice, reflect.String:
		return v.Len() > 0
	case reflect.Struct:
		return true
	}
	return !v.IsZero()
}

// class is what may be compared with what.
type class uint8

const (
	others class = iota
	truths
	wholes
	fractions
	texts
)

func classOf(v reflect.Value) class {
	switch {
	case v.CanInt() || v.CanUint():
		return wholes
	case v.CanFloat():
		return fractions
	case v.Kind() == reflect.Bool:
		return truths
	case v.Kind() == reflect.String:
		return texts
	}
	return others
}

// whole is a number; the only unsigned ones are bytes of a text.
func whole(v reflect.Value) int64 {
	if v.CanUint() {
		return int64(v.Uint())
	}
	return v.Int()
}

var errNoOrder = errors.New("invalid type for comparison")

// equal is whether the first is one of the others.
func equal(a []reflect.Value) (bool, error) {
	x := a[0]
	for _, y := range a[1:] {
		if classOf(x) != classOf(y) {
			return false, fmt.Errorf("incompatible types for comparison: %v and %v", x.Type(), y.Type())
		}
		is := false
		switch classOf(x) {
		case wholes:
			is = whole(x) == whole(y)
		case fractions:
			is = x.Float() == y.Float()
		case truths:
			is = x.Bool() == y.Bool()
		case texts:
			is = x.String() == y.String()
		default:
			switch {
			case x.Kind() != y.Kind():
				return false, fmt.Errorf("non-comparable types %s: %v, %s: %v", x, x.Type(), y.Type(), y)
			case x.Kind() == reflect.Slice && (x.IsNil() || y.IsNil()):
				is = x.IsNil() && y.IsNil()
			case !y.Type().Comparable():
				return false, fmt.Errorf("non-comparable type %s: %v", y, y.Type())
			default:
				is = x.Interface() == y.Interface()
			}
		}
		if is {
			return true, nil
		}
	}
	return false, nil
}

func less(a []reflect.Value) (bool, error) {
	x, y := a[0], a[1]
	switch {
	case classOf(x) == others || classOf(y) == others:
		return false, errNoOrder
	case classOf(x) != classOf(y):
		return false, fmt.Errorf("incompatible types for comparison: %v and %v", x.Type(), y.Type())
	}
	switch classOf(x) {
	case wholes:
		return whole(x) < whole(y), nil
	case fractions:
		return x.Float() < y.Float(), nil
	case texts:
		return x.String() < y.String(), nil
	}
	return false, errNoOrder
}

func lessOrEqual(a []reflect.Value) (bool, error) {
	if is, err := less(a); is || err != nil {
		return is, err
	}
	return equal(a)
}

func length(a []reflect.Value) (reflect.Value, error) {
	switch v := reflect.Indirect(a[0]); v.Kind() {
	case reflect.Slice, reflect.String:
		return reflect.ValueOf(v.Len()), nil
	default:
		return reflect.ValueOf(0), fmt.Errorf("len of type %s", v.Type())
	}
}

// at is a place in something of a length.
func at(v reflect.Value, limit int) (int, error) {
	if classOf(v) != wholes {
		return 0, fmt.Errorf("cannot index slice/array with type %s", v.Type())
	}
	if i := whole(v); i < 0 || i > int64(limit) {
		return 0, fmt.Errorf("index out of range: %d", i)
	}
	return int(whole(v)), nil
}

func index(a []reflect.Value) (reflect.Value, error) {
	v := a[0]
	for _, place := range a[1:] {
		v = reflect.Indirect(v)
		if v.Kind() != reflect.Slice && v.Kind() != reflect.String {
			return v, fmt.Errorf("can't index item of type %s", v.Type())
		}
		i, err := at(place, v.Len())
		if err != nil {
			return v, err
		}
		if i == v.Len() {
			return v, fmt.Errorf("index out of range: %d", i)
		}
		v = v.Index(i)
	}
	return v, nil
}

// slice is the part of its first argument from the second until the third, which may leave room for more up to a fourth.
func slice(a []reflect.Value) (reflect.Value, error) {
	v, places := reflect.Indirect(a[0]), a[1:]
	if len(places) > 3 {
		return v, fmt.Errorf("too many slice indexes: %d", len(places))
	}
	limit := 0
	switch {
	case v.Kind() == reflect.String && len(places) == 3:
		return v, errors.New("cannot 3-index slice a string")
	case v.Kind() == reflect.String:
		limit = v.Len()
	case v.Kind() == reflect.Slice:
		limit = v.Cap()
	default:
		return v, fmt.Errorf("can't slice item of type %s", v.Type())
	}
	from := [3]int{0, v.Len(), limit}
	for i, place := range places {
		var err error
		if from[i], err = at(place, limit); err != nil {
			return v, err
		}
	}
	for i := range 2 {
		if from[i] > from[i+1] {
			return v, fmt.Errorf("invalid slice index: %d > %d", from[i], from[i+1])
		}
	}
	if len(places) == 3 {
		return v.Slice3(from[0], from[1], from[2]), nil
	}
	return v.Slice(from[0], from[1]), nil
}
