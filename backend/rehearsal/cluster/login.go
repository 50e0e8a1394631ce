package cluster

import (
	"os"
	"strings"

	"switchyard/backend/rehearsal/sqlsim"
)

// login is the account, and its password, by which a Director's Catalog resource logs in. What stands behind @ is in a file.
func (c *config) login() (user, password string) {
	user = "bacula"
	if c == nil {
		return user, ""
	}
	names := c.of["catalog"]
	if len(names) == 0 {
		return user, ""
	}
	r := c.all["catalog"][names[0]]
	if said := r.get("dbuser"); said != "" {
		user = said
	}
	for _, directive := range []string{"dbpassword", "password"} {
		if password = r.get(directive); password != "" {
			break
		}
	}
	if path, in := strings.CutPrefix(password, "@"); in {
		text, err := os.ReadFile(path)
		if err != nil {
			return user, ""
		}
		password = strings.Trim(strings.TrimSpace(string(text)), `"`)
	}
	return user, password
}

// connect logs the Director in to a server, by what it has loaded.
func (d *Director) connect(in *sqlsim.Instance) (*sqlsim.Client, error) {
	return d.connectBy(d.whole, in)
}

func (d *Director) connectBy(conf *config, in *sqlsim.Instance) (*sqlsim.Client, error) {
	user, password := conf.login()
	return in.ConnectBy(user, password, d.host())
}
