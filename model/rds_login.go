package model

// Login is one MySQL account as its server has it.
type Login struct {
	User   string `json:"user"`
	Host   string `json:"host"`   // from where it may come; % for anywhere
	Plugin string `json:"plugin"` // by which it proves itself, such as caching_sha2_password
	Locked bool   `json:"locked"`
}

// LoginsOf are the accounts of one name, which may come from several hosts.
func LoginsOf(all []Login, user string) (out []Login) {
	for _, l := range all {
		if l.User == user {
			out = append(out, l)
		}
	}
	return out
}

// DirectorRights are what a Director needs on its catalog's database.
const DirectorRights = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, LOCK TABLES, CREATE TEMPORARY TABLES"
