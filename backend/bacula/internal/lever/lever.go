// Package lever is what only the packages of backend/bacula can hold: the right to say something to a Director that changes something.
package lever

// Line is one command, without its newline.
type Line struct{ Text string }
