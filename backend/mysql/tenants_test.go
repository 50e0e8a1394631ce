package mysql

import (
	"slices"
	"testing"
)

// Who is not shown everything must not be told that nobody is there.
func TestWhoIsNotShownEverythingSaysSo(t *testing.T) {
	const all = "GRANT SELECT, SHOW VIEW, PROCESS, EVENT, TRIGGER ON *.* TO `watch`@`%`"
	for _, c := range []struct {
		grants []string
		lacks  []string
	}{
		{[]string{all}, nil},
		{[]string{"GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT OPTION"}, nil},
		{[]string{"GRANT USAGE ON *.* TO `watch`@`%`", "GRANT ALL PRIVILEGES ON `bacula`.* TO `watch`@`%`"}, Sees},
		{[]string{"GRANT SELECT, PROCESS ON *.* TO `watch`@`%`"}, []string{"SHOW VIEW", "EVENT", "TRIGGER"}},
		{[]string{"GRANT `reader`@`%` TO `watch`@`%`"}, Sees},
		{[]string{all, "REVOKE SELECT ON `reports`.* FROM `watch`@`%`"}, []string{revoked}},
		{nil, Sees},
	} {
		if got := lacks(c.grants); !slices.Equal(got, c.lacks) {
			t.Errorf("%q lacks %q, want %q", c.grants, got, c.lacks)
		}
	}
}
