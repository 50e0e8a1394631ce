package model

import "testing"

func TestADirectorServesWhatIsNotNewer(t *testing.T) {
	for _, c := range []struct {
		director, client string
		want             Verdict
	}{
		{"15.0.3 (25 March 2025)", "9.6.7 (10 December 2020)", Holds},
		{"15.0.3 (25 March 2025)", "15.0.4 (1 May 2026)", Holds},
		{"9.6.7 (10 December 2020)", "15.0.3 (25 March 2025)", Fails},
		{"15.0.3", "15.2.0", Fails},
		{"13.0", "9.6", Holds},
		{"15.0.3", "", Unknown},
		{"", "9.6.7", Unknown},
		{"15.0.3", "v15", Unknown},
		{"15.0.3", "15", Unknown},
		{"99999.1", "1.1", Unknown},
	} {
		if got := Serves(c.director, c.client); got != c.want {
			t.Errorf("%q of %q: %v, want %v", c.client, c.director, got, c.want)
		}
	}
}
