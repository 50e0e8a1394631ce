package config

// Cards is where restore cards are kept, for whoever looks how old they are, and what each says of the keys.
type Cards struct {
	Dir  string // empty: nobody looks
	Keys string // where what decrypts the backups is kept, in words; never a key
}

func (l *loader) cards(n *node) {
	f, ok := l.fields(n, "dir", "keys")
	if !ok {
		return
	}
	if n := f.get("dir"); n != nil {
		l.c.Cards.Dir = l.path(n, "write the directory that switchyard cards DIR fills, as it is reached here")
	}
	l.c.Cards.Keys = f.textOf("keys", "write in words where what decrypts the backups is kept, such as the safe at headquarters; never a key")
}
