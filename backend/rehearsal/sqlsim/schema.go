package sqlsim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// column is one column as MySQL would describe it.
type column struct {
	table, name string
	sql         string // the type as MySQL prints it: "int unsigned"
	null        bool
	def         string
	hasDef      bool
	extra       string // "auto_increment" or empty
	key         string // "PRI", "UNI", "MUL" or empty
}

type index struct {
	name   string
	unique bool
	cols   []indexColumn
}

type indexColumn struct {
	name string
	part int // prefix length in bytes, 0 for all
}

type table struct {
	name    string
	cols    []column
	indexes []index
}

func (t *table) column(name string) *column {
	for i := range t.cols {
		if strings.EqualFold(t.cols[i].name, name) {
			return &t.cols[i]
		}
	}
	return nil
}

// parseTables reads a script of CREATE TABLE statements in MySQL's syntax, one after the other, each ended by a semicolon.
func parseTables(script string) ([]*table, error) {
	toks, _ := split(script)
	var tables []*table
	for len(toks) > 0 {
		if toks[0].is(";") {
			toks = toks[1:]
			continue
		}
		p := &parser{toks: toks}
		t, err := p.table()
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
		toks = p.toks
	}
	return tables, nil
}

type parser struct{ toks []token }

func (p *parser) peek() token {
	if len(p.toks) == 0 {
		return token{}
	}
	return p.toks[0]
}

func (p *parser) next() token {
	t := p.peek()
	if len(p.toks) > 0 {
		p.toks = p.toks[1:]
	}
	return t
}

func (p *parser) took(words ...string) bool {
	for i, w := range words {
		if i >= len(p.toks) || !p.toks[i].is(w) {
			return false
		}
	}
	p.toks = p.toks[len(words):]
	return true
}

func (p *parser) table() (*table, error) {
	if !p.took("create", "table") {
		return nil, fmt.Errorf("reading a schema: want CREATE TABLE, found %q", p.peek().raw)
	}
	t := &table{name: p.next().text}
	if !p.took("(") {
		return nil, fmt.Errorf("reading table %s: want (, found %q", t.name, p.peek().raw)
	}
	for {
		if err := p.item(t); err != nil {
			return nil, fmt.Errorf("reading table %s: %w", t.name, err)
		}
		if p.took(",") {
			continue
		}
		if p.took(")") {
			break
		}
		return nil, fmt.Errorf("reading table %s: want , or ), found %q", t.name, p.peek().raw)
	}
	for len(p.toks) > 0 && !p.took(";") {
		p.next()
	}
	return t, nil
}

func (p *parser) item(t *table) error {
	switch {
	case p.took("primary", "key"):
		return p.index(t, index{name: "PRIMARY", unique: true})
	case p.took("unique", "key"), p.took("unique", "index"), p.took("unique"):
		return p.index(t, index{name: p.indexName(), unique: true})
	case p.took("key"), p.took("index"):
		return p.index(t, index{name: p.indexName()})
	}
	c := column{table: t.name, name: p.next().text, null: true}
	c.sql = strings.ToLower(p.next().text)
	if p.peek().is("(") {
		for {
			tok := p.next()
			c.sql += tok.raw
			if tok.is(")") || tok.raw == "" {
				break
			}
		}
	}
	if p.took("unsigned") {
		c.sql += " unsigned"
	}
	for {
		switch {
		case p.took("not", "null"):
			c.null = false
		case p.took("null"):
		case p.took("auto_increment"):
			c.extra = "auto_increment"
		case p.took("default", "null"):
		case p.took("default"):
			c.def, c.hasDef = p.next().text, true
		case p.took("primary", "key"):
			t.cols = append(t.cols, c)
			return t.add(index{name: "PRIMARY", unique: true, cols: []indexColumn{{name: c.name}}})
		default:
			t.cols = append(t.cols, c)
			return nil
		}
	}
}

func (p *parser) indexName() string {
	if p.peek().is("(") {
		return ""
	}
	return p.next().text
}

func (p *parser) index(t *table, ix index) error {
	if !p.took("(") {
		return fmt.Errorf("index %s: want (, found %q", ix.name, p.peek().raw)
	}
	for {
		c := indexColumn{name: p.next().text}
		if p.took("(") {
			c.part, _ = strconv.Atoi(p.next().text)
			p.took(")")
		}
		ix.cols = append(ix.cols, c)
		if p.took(")") {
			break
		}
		if !p.took(",") {
			return fmt.Errorf("index %s: want , or ), found %q", ix.name, p.peek().raw)
		}
	}
	if ix.name == "" {
		ix.name = ix.cols[0].name
	}
	return t.add(ix)
}

func (t *table) add(ix index) error {
	c := t.column(ix.cols[0].name)
	if c == nil {
		return fmt.Errorf("index %s names column %s, which is not there", ix.name, ix.cols[0].name)
	}
	switch {
	case ix.name == "PRIMARY":
		c.key, c.null = "PRI", false
	case c.key == "" && ix.unique && len(ix.cols) == 1:
		c.key = "UNI"
	case c.key == "":
		c.key = "MUL"
	}
	t.indexes = append(t.indexes, ix)
	return nil
}

// ddl is the table in SQLite's words. An AUTO_INCREMENT key becomes the rowid.
func (t *table) ddl() []string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE `%s` (", t.name)
	rowid := false
	for i, c := range t.cols {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "`%s` ", c.name)
		if c.extra != "" {
			b.WriteString("INTEGER PRIMARY KEY")
			rowid = true
			continue
		}
		b.WriteString(affinity(c.sql))
		if !c.null {
			b.WriteString(" NOT NULL")
		}
		if c.hasDef {
			b.WriteString(" DEFAULT " + sqliteText(c.def))
		}
	}
	var out []string
	for _, ix := range t.indexes {
		cols := make([]string, len(ix.cols))
		for i, c := range ix.cols {
			cols[i] = "`" + c.name + "`"
		}
		list := strings.Join(cols, ", ")
		unique := ""
		switch {
		case ix.name == "PRIMARY" && rowid:
			continue
		case ix.name == "PRIMARY":
			fmt.Fprintf(&b, ", PRIMARY KEY (%s)", list)
			continue
		case ix.unique:
			unique = "UNIQUE "
		}
		out = append(out, fmt.Sprintf("CREATE %sINDEX `%s.%s` ON `%s` (%s)", unique, t.name, ix.name, t.name, list))
	}
	b.WriteString(")")
	return append([]string{b.String()}, out...)
}

// affinity keeps numbers numbers and leaves everything else as it was bound.
func affinity(sql string) string {
	switch base(sql) {
	case "tinyint", "smallint", "int", "bigint":
		return "INT"
	case "float", "double":
		return "REAL"
	}
	return "BLOB"
}

func base(sql string) string {
	if i := strings.IndexAny(sql, "( "); i >= 0 {
		return sql[:i]
	}
	return sql
}

func sqliteText(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		return fmt.Sprintf("CAST(X'%x' AS TEXT)", s)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

const (
	binaryCharset = 63
	utf8mb4       = 255
)

// field describes the column on the wire as a MySQL server does.
func (c *column) field() *mysql.Field {
	f := &mysql.Field{Table: []byte(c.table), OrgTable: []byte(c.table), OrgName: []byte(c.name), Charset: binaryCharset}
	switch base(c.sql) {
	case "tinyint":
		f.Type, f.ColumnLength = mysql.MYSQL_TYPE_TINY, 4
	case "smallint":
		f.Type, f.ColumnLength = mysql.MYSQL_TYPE_SHORT, 6
	case "int":
		f.Type, f.ColumnLength = mysql.MYSQL_TYPE_LONG, 11
	case "bigint":
		f.Type, f.ColumnLength = mysql.MYSQL_TYPE_LONGLONG, 20
	case "float":
		f.Type, f.ColumnLength, f.Decimal = mysql.MYSQL_TYPE_FLOAT, 12, 31
	case "double":
		f.Type, f.ColumnLength, f.Decimal = mysql.MYSQL_TYPE_DOUBLE, 22, 31
	case "datetime":
		f.Type, f.ColumnLength, f.Flag = mysql.MYSQL_TYPE_DATETIME, 19, mysql.BINARY_FLAG
	case "tinyblob", "blob", "mediumblob", "longblob":
		f.Type, f.ColumnLength, f.Flag = mysql.MYSQL_TYPE_BLOB, 65535, mysql.BLOB_FLAG|mysql.BINARY_FLAG
	case "binary":
		f.Type, f.ColumnLength, f.Flag = mysql.MYSQL_TYPE_STRING, 1, mysql.BINARY_FLAG
	case "char":
		f.Type, f.ColumnLength, f.Charset = mysql.MYSQL_TYPE_STRING, 80, utf8mb4
	case "enum":
		f.Type, f.ColumnLength, f.Charset, f.Flag = mysql.MYSQL_TYPE_STRING, 80, utf8mb4, mysql.ENUM_FLAG
	default:
		f.Type, f.ColumnLength, f.Charset = mysql.MYSQL_TYPE_VAR_STRING, 1020, utf8mb4
	}
	if strings.HasSuffix(c.sql, "unsigned") {
		f.Flag |= mysql.UNSIGNED_FLAG
	}
	if !c.null {
		f.Flag |= mysql.NOT_NULL_FLAG
	}
	if c.key == "PRI" {
		f.Flag |= mysql.PRI_KEY_FLAG
	}
	return f
}
