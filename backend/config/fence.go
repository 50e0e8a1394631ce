package config

import (
	"path"

	"switchyard/model"
)

// Fence is how the Director's account is fenced on a server that is given up or taken over. The zero value: nobody does.
type Fence struct {
	Login Login // of who makes the next account and locks the one before it; no User: people do, and it is looked at
	Next  Next
}

// Next is the account that takes the Director's place at a takeover.
type Next struct {
	User         string
	Password     Secret
	PasswordFile string // on the Directors' hosts: holds the same password in double quotes, and Bacula includes it
	From         string // the host part of the account, such as 10.2.1.%; empty: any
}

var accountHost = model.Pattern(`^[A-Za-z0-9.:%_/-]{1,255}$`)

// fence reads act.fence.
func (l *loader) fence(n *node) (f Fence) {
	const do = "write fence: {user: NAME, password: {file: PATH}, next: {user: NAME, password: {file: PATH}, password_file: /PATH}}"
	at, ok := l.fields(n, "user", "password", "next")
	if !ok {
		return f
	}
	user, password := at.get("user"), at.get("password")
	switch {
	case l.c.RDS == nil:
		l.add(n, "there is no section rds", "write where the instances are under rds, or leave this out")
		return f
	case l.c.RDS.Director == "":
		l.add(n, "rds.director_account does not say which account it takes the place of", "write rds: with director_account: NAME")
		return f
	case (user == nil) != (password == nil):
		l.add(n, "user and password belong together", do)
		return f
	case user != nil:
		f.Login.User = at.textOf("user", "write the name of the MySQL account that makes accounts")
		f.Login.Password = l.secret(password)
	}
	next := at.need("next", do)
	if next == nil {
		return f
	}
	of, ok := l.fields(next, "user", "password", "password_file", "from")
	if !ok {
		return f
	}
	f.Next.User = of.needText("user", "write the name of the MySQL account that takes the Director's place")
	if v := of.need("password", "write password: {file: PATH}, {env: NAME} or {command: [argv, ...]}"); v != nil {
		f.Next.Password = l.secret(v)
	}
	if v := of.need("password_file", "write the file on the Directors' hosts that holds the same password in double quotes"); v != nil {
		const do = "write its whole path, in letters, digits and / . _ - alone"
		if f.Next.PasswordFile, ok = l.text(v, do); ok && (!path.IsAbs(f.Next.PasswordFile) || !wholePath().MatchString(f.Next.PasswordFile)) {
			l.add(v, "it is no path that a Director's configuration can include", do)
		}
	}
	if v := of.get("from"); v != nil {
		const do = "write the host part of the account, such as 10.2.1.%"
		if f.Next.From, ok = l.text(v, do); ok && !accountHost().MatchString(f.Next.From) {
			l.add(v, "it is no host part of an account", do)
		}
	}
	for _, taken := range []string{l.c.RDS.Director, f.Login.User, l.c.Watch.RDS.User} {
		if f.Next.User != "" && f.Next.User == taken {
			l.add(
				of.get("user"),
				"it is an account that something else uses: "+model.Clean(taken),
				"write another name: this one is new at the takeover",
			)
		}
	}
	return f
}

var wholePath = model.Pattern(`^/[A-Za-z0-9/._-]+$`)
