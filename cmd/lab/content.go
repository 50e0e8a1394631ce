package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// chainSchema is what a chain holds: some customers, their orders, and a heartbeat that every dump moves on.
const chainSchema = `
CREATE DATABASE %[1]s CHARACTER SET utf8mb4;
USE %[1]s;
CREATE TABLE customers (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(64) NOT NULL, city VARCHAR(32) NOT NULL, since DATE NOT NULL);
CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, customer INT NOT NULL, cents INT NOT NULL, note VARCHAR(80) NOT NULL,
	FOREIGN KEY (customer) REFERENCES customers (id));
CREATE TABLE heartbeat (id INT PRIMARY KEY AUTO_INCREMENT, at DATETIME(6) NOT NULL);
INSERT INTO customers (name, city, since) SELECT CONCAT('Customer ', seq), ELT(1 + seq MOD 5, 'Amsterdam', 'Łódź', 'Αθήνα', '東京',
	'São Paulo'), '2020-01-01' + INTERVAL seq DAY FROM seq_1_to_200;
INSERT INTO orders (customer, cents, note) SELECT 1 + seq MOD 200, seq * 37 MOD 99991, SHA2(CONCAT('%[1]s', seq), 256) FROM seq_1_to_%[2]d;
`

// makeContent makes a schema per chain on the server of the sources, and a directory per cell with a dump of it and some binary logs.
func (l *lab) makeContent(ctx context.Context) error {
	s, err := findServer("sources")
	if err != nil {
		return err
	}
	password, err := l.secret("root")
	if err != nil {
		return err
	}
	if err := mkdir(l.path("blue", "bin"), 0o700, l.hostUser()); err != nil {
		return err
	}
	login, err := render(
		"login.cnf",
		map[string]any{"User": "root", "Password": password, "Socket": l.serverDir(s) + "/mysqld.sock", "Port": 0},
	)
	if err != nil {
		return err
	}
	script, err := render("dump.sh", map[string]any{"Login": l.path("secrets", "sources.cnf")})
	if err != nil {
		return err
	}
	dump := l.path("blue", "bin", "dump.sh")
	_, err = write(l.path("secrets", "sources.cnf"), login, 0o600, me)
	if _, err2 := write(dump, script, 0o700, me); err != nil || err2 != nil {
		return errors.Join(err, err2)
	}
	if _, err := os.Stat(l.path("data", "made")); err == nil {
		return nil
	}
	l.say("making the schemas of %d chains, and their dumps", chains)
	db, err := l.admin(s, "")
	if err != nil {
		return err
	}
	defer db.Close()
	for n := 1; n <= chains; n++ {
		chain := fmt.Sprintf("chain%02d", n)
		if _, err := db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+chain+";"+fmt.Sprintf(chainSchema, chain, 500*n)); err != nil {
			return fmt.Errorf("making the schema %s: %w", chain, err)
		}
	}
	for _, c := range cells() {
		dir := l.path("data", c.Chain, c.Region, c.Kind.String())
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if out, err := exec.CommandContext(ctx, dump, c.Chain, dir).CombinedOutput(); err != nil {
			return fmt.Errorf("dumping %s: %w: %s", c.Chain, err, tail(out))
		}
		size := 30_000
		if c.Trouble == crawls {
			size = 24 << 20
		}
		for i := 1; i <= 3; i++ {
			if err := randomFile(filepath.Join(dir, fmt.Sprintf("binlog.%06d", i)), size/3); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(l.path("data", "made"), nil, 0o644)
}

// randomFile writes bytes that do not compress.
func randomFile(path string, size int) error {
	b := make([]byte, size)
	if _, err := rand.Read(b); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}
