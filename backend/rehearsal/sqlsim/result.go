package sqlsim

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// encode writes SQLite's rows in MySQL's text or binary protocol. Expressions take their type from their first value.
func (in *Instance) encode(rows *sql.Rows, fields []*mysql.Field, inBinary bool) (*mysql.Result, error) {
	n := len(fields)
	vals, ptrs := make([]any, n), make([]any, n)
	for i := range vals {
		ptrs[i] = &vals[i]
	}
	var all [][]any
	for rows.Next() {
		if err := rows.Scan(ptrs...); err != nil {
			return nil, err
		}
		row := make([]any, n)
		copy(row, vals)
		all = append(all, row)
		for i, f := range fields {
			if f.Type == mysql.MYSQL_TYPE_NULL && row[i] != nil {
				expression(f, row[i])
			}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return in.result(fields, all, inBinary)
}

func (in *Instance) result(fields []*mysql.Field, all [][]any, inBinary bool) (*mysql.Result, error) {
	rs := mysql.NewResultset(len(fields))
	copy(rs.Fields, fields)
	for i, f := range fields {
		rs.FieldNames[string(f.Name)] = i
		if f.Type == mysql.MYSQL_TYPE_NULL { // nothing but NULL, or no rows
			f.Type, f.Charset = mysql.MYSQL_TYPE_VAR_STRING, utf8mb4
		}
	}
	bytes := 0
	for _, row := range all {
		var data []byte
		var err error
		if inBinary {
			data, err = binaryRow(fields, row)
		} else {
			data, err = textRow(row)
		}
		if err != nil {
			return nil, err
		}
		bytes += len(data)
		rs.RowDatas = append(rs.RowDatas, data)
	}
	in.load.rowsSent.Add(uint64(len(all)))
	in.load.bytesSent.Add(uint64(bytes))
	return mysql.NewResult(rs), nil
}

// expression gives a computed column its type.
func expression(f *mysql.Field, v any) {
	switch v.(type) {
	case int64:
		f.Type, f.ColumnLength, f.Flag = mysql.MYSQL_TYPE_LONGLONG, 21, mysql.BINARY_FLAG
	case float64:
		f.Type, f.ColumnLength, f.Flag, f.Decimal = mysql.MYSQL_TYPE_DOUBLE, 23, mysql.BINARY_FLAG, 31
	case []byte:
		f.Type, f.ColumnLength, f.Charset, f.Flag = mysql.MYSQL_TYPE_VAR_STRING, 1020, binaryCharset, mysql.BINARY_FLAG
	default:
		f.Type, f.ColumnLength, f.Charset = mysql.MYSQL_TYPE_VAR_STRING, 1020, utf8mb4
	}
}

func textRow(row []any) ([]byte, error) {
	var b []byte
	for _, v := range row {
		if v == nil {
			b = append(b, 0xfb)
			continue
		}
		t, err := textOf(v)
		if err != nil {
			return nil, err
		}
		b = append(b, mysql.PutLengthEncodedString(t)...)
	}
	return b, nil
}

func textOf(v any) ([]byte, error) {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case float64:
		return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	}
	return nil, fmt.Errorf("a value of type %T in a row", v)
}

func binaryRow(fields []*mysql.Field, row []any) ([]byte, error) {
	nulls := (len(fields) + 9) / 8
	b := make([]byte, 1+nulls, 64)
	for i, v := range row {
		if v == nil {
			b[1+(i+2)/8] |= 1 << ((i + 2) % 8)
			continue
		}
		var err error
		if b, err = appendBinary(b, fields[i].Type, v); err != nil {
			return nil, fmt.Errorf("column %s: %w", fields[i].Name, err)
		}
	}
	return b, nil
}

func appendBinary(b []byte, ty byte, v any) ([]byte, error) {
	whole, isInt := v.(int64)
	real, isReal := v.(float64)
	if isInt && (ty == mysql.MYSQL_TYPE_FLOAT || ty == mysql.MYSQL_TYPE_DOUBLE) {
		real, isReal = float64(whole), true
	}
	switch ty {
	case mysql.MYSQL_TYPE_TINY, mysql.MYSQL_TYPE_SHORT, mysql.MYSQL_TYPE_LONG, mysql.MYSQL_TYPE_LONGLONG:
		if !isInt {
			return nil, fmt.Errorf("want an integer, have %T", v)
		}
		switch ty {
		case mysql.MYSQL_TYPE_TINY:
			return append(b, byte(whole)), nil
		case mysql.MYSQL_TYPE_SHORT:
			return binary.LittleEndian.AppendUint16(b, uint16(whole)), nil
		case mysql.MYSQL_TYPE_LONG:
			return binary.LittleEndian.AppendUint32(b, uint32(whole)), nil
		}
		return binary.LittleEndian.AppendUint64(b, uint64(whole)), nil
	case mysql.MYSQL_TYPE_FLOAT, mysql.MYSQL_TYPE_DOUBLE:
		if !isReal {
			return nil, fmt.Errorf("want a number, have %T", v)
		}
		if ty == mysql.MYSQL_TYPE_FLOAT {
			return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(real))), nil
		}
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(real)), nil
	}
	t, err := textOf(v)
	if err != nil {
		return nil, err
	}
	if ty == mysql.MYSQL_TYPE_DATETIME {
		return appendDatetime(b, string(t))
	}
	return append(b, mysql.PutLengthEncodedString(t)...), nil
}

func appendDatetime(b []byte, s string) ([]byte, error) {
	if s == "0000-00-00 00:00:00" {
		return append(b, 0), nil
	}
	t, err := time.Parse(stamp, s)
	if err != nil {
		return nil, err
	}
	b = append(b, 7)
	b = binary.LittleEndian.AppendUint16(b, uint16(t.Year()))
	return append(b, byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()), byte(t.Second())), nil
}
