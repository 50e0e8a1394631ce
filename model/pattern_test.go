package model

import "testing"

func TestAPatternIsCompiledWhenItIsFirstUsed(t *testing.T) {
	Pattern("(") // is none, which nobody knows yet
	digits := Pattern(`^\d+$`)
	if first := digits(); first != digits() || !first.MatchString("17") || digits().MatchString("x") {
		t.Error("it is not the same each time, or another one")
	}
}
