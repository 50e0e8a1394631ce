package push

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const ownConf = `Director {
  Name = dir-new
}
# Catalog { DB Address = "old.example" }
Catalog {
  Name = MyCatalog
  dbname = "bacula"; dbuser = "bacula"; dbpassword = "x"
  %ADDRESS%
}
`

func TestRepointedNamesAnotherServerAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]string{"DB Address", "dbaddress", "DbAddress", "D B ADDRESS"}).Draw(t, "key")
		quote := rapid.SampledFrom([]string{"", `"`}).Draw(t, "quote")
		port := rapid.SampledFrom([]string{"", "\n  DB Port = 3307", "\n  dbport = 3307"}).Draw(t, "port")
		text := strings.Replace(ownConf, "%ADDRESS%", key+" = "+quote+"a.example"+quote+port, 1)
		from := "a.example:3306"
		if port != "" {
			from = "a.example:3307"
		}
		if got := CatalogAt(text); len(got) != 1 || got[0] != from {
			t.Fatalf("%v of:\n%s", got, text)
		}
		to := rapid.SampledFrom([]string{"b.example:3306", "b-1.example:3999", from}).Draw(t, "to")
		out, err := Repointed(text, from, to)
		if err != nil {
			t.Fatalf("%v of:\n%s", err, text)
		}
		if got := CatalogAt(out); len(got) != 1 || got[0] != to {
			t.Fatalf("%v of:\n%s", got, out)
		}
		if whatever, err := Repointed(text, "", to); err != nil || whatever != out { // after a disaster nobody knows what it named
			t.Fatalf("%v of:\n%s", err, whatever)
		}
		back, err := Repointed(out, to, from)
		if err != nil || len(CatalogAt(back)) != 1 || CatalogAt(back)[0] != from {
			t.Fatalf("%v, and back:\n%s", err, back)
		}
		for _, kept := range []string{`dbpassword = "x"`, "Name = dir-new", `# Catalog { DB Address = "old.example" }`} {
			if !strings.Contains(out, kept) {
				t.Fatalf("%s is gone:\n%s", kept, out)
			}
		}
	})
}

func TestRepointedRefuses(t *testing.T) {
	one := strings.Replace(ownConf, "%ADDRESS%", "DB Address = a.example", 1)
	for says, of := range map[string][3]string{
		"it has 0 Catalog resources": {"Director {\n  Name = x\n}\n", "a.example:3306", "b.example:3306"},
		"it has 2 Catalog resources": {one + one, "a.example:3306", "b.example:3306"},
		"names a.example:3306, and":  {one, "c.example:3306", "b.example:3306"},
		"is no host:port":            {one, "a.example:3306", "b.example\n}:3306"},
		"is no host:port ":           {one, "a.example:3306", "b.example"},
	} {
		if out, err := Repointed(of[0], of[1], of[2]); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(says)) {
			t.Errorf("%v, want %q:\n%s", err, says, out)
		}
	}
}
