package config

import "switchyard/model"

// access reads watch or act; when watching, both clusters must be reachable in every way there is.
func (l *loader) access(n *node, watch bool) (a Access) {
	keys := []string{"blue", "green", "rds"}
	if !watch {
		keys = append(keys, "fence", "numbers", "split")
	}
	f, ok := l.fields(n, keys...)
	if !ok {
		return a
	}
	if n := f.get("fence"); n != nil {
		a.Fence = l.fence(n)
	}
	if v := f.get("numbers"); v != nil {
		a.Numbers = l.login(v, true)
	}
	for _, c := range model.Clusters {
		v := f.get(c.String())
		if v == nil && watch {
			l.addMissing(n, c.String(), "write "+c.String()+": with consoles and catalog")
		}
		if v != nil {
			a.Clusters[c] = l.clusterAccess(v, c, watch)
		}
	}
	if v := f.get("split"); v != nil {
		a.Split = l.split(v, a.Clusters[model.Blue].Catalog.User)
	}
	rds := f.get("rds")
	switch {
	case rds != nil && l.c.RDS == nil:
		l.add(rds, "there is no section rds", "write where the instances are under rds, or leave this out")
	case rds == nil && l.c.RDS != nil && watch:
		l.addMissing(n, "rds", "write rds: {user: NAME, iam: true} or {user: NAME, password: {file: PATH}}")
	case rds != nil:
		a.RDS = l.login(rds, true)
	}
	return a
}

func (l *loader) clusterAccess(n *node, of model.Cluster, watch bool) (a ClusterAccess) {
	c := l.c.Clusters[of]
	f, ok := l.fields(n, "consoles", "catalog")
	if !ok {
		return a
	}
	const do = "write an argument vector, such as [bconsole, -n, -c, /etc/switchyard/watch.conf]"
	if n := f.need("consoles", "write consoles: with active: [bconsole, -n, -c, FILE]"); n != nil {
		if f, ok := l.fields(n, "active", "passive", "push", "volumes"); ok {
			if n := f.get("push"); n != nil {
				l.pushConsoles(n, &a, watch)
			}
			switch n := f.get("volumes"); {
			case n == nil:
			case watch:
				l.add(n, "who watches changes no volume", "write it under act")
			case of != model.Green:
				l.add(n, "only green's volumes are marked, after an emergency", "write it under act.green")
			default:
				a.Volumes = l.argv(n, "write an argument vector, such as [bconsole, -n, -c, /etc/switchyard/volumes.conf]")
			}
			if n := f.need("active", do); n != nil {
				a.Active = l.argv(n, do)
			}
			switch n := f.get("passive"); {
			case n != nil && c.Passive.Name == "":
				l.add(n, "this cluster has no passive Director", "write one under clusters, or leave this out")
			case n != nil:
				a.Passive = l.argv(n, do)
			case c.Passive.Name != "":
				l.addMissing(f.n, "passive", do)
			}
		}
	}
	v := f.get("catalog")
	if v == nil && watch {
		l.addMissing(n, "catalog", "write catalog: {user: NAME, password: {file: PATH}}")
	}
	if v != nil {
		a.Catalog = l.login(v, false)
	}
	return a
}

// pushConsoles reads the Consoles that push, where they are not those that act otherwise.
func (l *loader) pushConsoles(n *node, a *ClusterAccess, watch bool) {
	const do = "write an argument vector, such as [bconsole, -n, -c, /etc/switchyard/push.conf]"
	if watch {
		l.add(n, "who watches pushes nothing", "write it under act")
		return
	}
	f, ok := l.fields(n, "active", "passive")
	if !ok {
		return
	}
	for place, key := range []string{"active", "passive"} {
		if n := f.get(key); n != nil {
			a.Push[place] = l.argv(n, do)
		}
	}
}

// Pusher is the Console that pushes to the active Director (0) or the passive one (1).
func (a *ClusterAccess) Pusher(place int) []string {
	if a.Push[place] != nil {
		return a.Push[place]
	}
	return [2][]string{a.Active, a.Passive}[place]
}

// login reads an account. A key that is not known may be a misplaced secret, so it is not told unless it is like a known one.
func (l *loader) login(n *node, iam bool) (a Login) {
	const do = "write {user: NAME, password: {file: PATH}}"
	keys := []string{"user", "password"}
	if iam {
		keys = append(keys, "iam")
	}
	if n.shape != mapping {
		l.addHidden(n, "it is not a user with a reference to a password", do)
		return a
	}
	for i := range n.len() {
		if !contains(keys, n.key(i).text) {
			if best := model.Meant(n.key(i).text, keys); best != "" {
				l.addHidden(n, "it has a key that is like "+best+", but is not", "write "+best)
			} else {
				l.addHidden(n, "it has a key that is not known", do)
			}
			return a
		}
	}
	f, _ := l.fields(n, keys...)
	a.User = f.needText("user", "write the name of the MySQL account")
	password, token := f.get("password"), f.get("iam")
	if token != nil {
		if a.IAM = token.shape == boolean && token.text == "true"; !a.IAM {
			l.add(token, "it can only be true", "write iam: true, or leave it out and write password")
		}
	}
	switch {
	case password != nil && token != nil:
		l.add(token, "there is a password, too", "write iam: true or password")
	case password != nil:
		a.Password = l.secret(password)
	case token == nil:
		l.addMissing(n, "password", "write password: {file: PATH}, {env: NAME} or {command: [argv, ...]}")
	}
	return a
}
