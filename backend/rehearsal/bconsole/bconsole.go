package bconsole

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"switchyard/model"
)

const (
	tries    = 3
	pause    = 5 * time.Second  // between tries: a refused Director takes bconsole 15 s
	patience = 15 * time.Second // with a Director that does not greet; a real one has five minutes
)

// Run is bconsole: it reads commands from stdin, one a line, and prints what the Director answers. It knows -n and -c FILE
// and returns the exit status.
func Run(args []string, stdin io.Reader, stdout io.Writer) int {
	file := "bconsole.conf"
	for i := 1; i < len(args); i++ {
		if args[i] == "-c" && i+1 < len(args) {
			i++
			file = args[i]
		}
	}
	conf, err := readConf(file)
	if err != nil {
		fmt.Fprintf(stdout, "bconsole: ERROR TERMINATION at parse_conf.c:1074\nConfig error: %v\n\n", err)
		return 1
	}
	fmt.Fprintf(stdout, "Connecting to Director %s\n", conf.address)
	conn := dial(conf.address)
	if conn == nil {
		return 1
	}
	defer conn.Close()
	late := time.AfterFunc(patience, func() {
		_ = Signal(conn, Terminate)
		_ = conn.SetReadDeadline(time.Now())
	})
	hello, ok := login(conn, conf)
	late.Stop()
	if !ok {
		fmt.Fprint(stdout, "Director authorization problem.\nMost likely the passwords do not agree.\n"+
			"If you are using TLS, there may have been a certificate validation error during the TLS handshake.\n"+
			"For help, please see http://www.bacula.org/rel-manual/en/problems/Bacula_Frequently_Asked_Que.html\n")
		return 1
	}
	fmt.Fprint(stdout, hello, "Enter a period to cancel a command.\n")
	in := bufio.NewScanner(stdin)
	in.Buffer(make([]byte, 4096), 1<<20)
	for in.Scan() {
		line := in.Text()
		fmt.Fprintln(stdout, line)
		if strings.HasPrefix(line, "@") || strings.TrimSpace(line) == "" {
			continue // commands of the console's own; the rehearsal has none
		}
		if line == "quit" || line == "exit" || line == ".quit" || line == ".exit" {
			break
		}
		if Send(conn, line) != nil || !print(conn, stdout) {
			return 0
		}
	}
	_ = Signal(conn, Terminate)
	return 0
}

// print copies one answer. False: the Director went away, which bconsole takes for the end.
func print(conn net.Conn, stdout io.Writer) bool {
	for {
		text, signal, err := Receive(conn)
		switch {
		case err != nil, signal == Terminate:
			return false
		case signal != 0:
			return true
		}
		fmt.Fprint(stdout, text)
	}
}

func dial(address string) net.Conn {
	for i := range tries {
		if i > 0 {
			time.Sleep(pause)
		}
		if conn, err := net.DialTimeout("tcp", address, pause); err == nil {
			return conn
		}
	}
	time.Sleep(pause)
	return nil
}

// login proves both names and gives the Director's greeting.
func login(conn net.Conn, c conf) (string, bool) {
	if Send(conn, "Hello "+c.console+" calling") != nil {
		return "", false
	}
	challenge, _, err := Receive(conn)
	if err != nil || Send(conn, Answer(challenge, c.password)) != nil {
		return "", false
	}
	hello, _, err := Receive(conn)
	return hello, err == nil && strings.HasPrefix(hello, "1000 OK")
}

type conf struct{ address, console, password string }

var (
	resource  = model.Pattern(`(?s)\b(Director|Console)\s*\{(.*?)\}`)
	directive = model.Pattern(`(?m)(?:^|[;{])\s*([A-Za-z ]+?)\s*=\s*"?([^";\n}]*)"?`)
)

// readConf reads the two resources of a bconsole.conf. Without a Console it speaks as the Director's own.
func readConf(file string) (conf, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return conf{}, fmt.Errorf("cannot open config file %q: %w", file, err)
	}
	var host, port string
	c := conf{console: "*UserAgent*"}
	for _, r := range resource().FindAllStringSubmatch(string(b), -1) {
		for _, d := range directive().FindAllStringSubmatch(r[2], -1) {
			switch name, value := strings.ToLower(strings.ReplaceAll(d[1], " ", "")), strings.TrimSpace(d[2]); {
			case r[1] == "Director" && name == "address":
				host = value
			case r[1] == "Director" && name == "dirport":
				port = value
			case name == "password" && (r[1] == "Console" || c.password == ""):
				c.password = value
			case r[1] == "Console" && name == "name":
				c.console = value
			}
		}
	}
	if host == "" || port == "" {
		return conf{}, fmt.Errorf("no Director resource defined in %s", file)
	}
	c.address = net.JoinHostPort(host, port)
	return c, nil
}
