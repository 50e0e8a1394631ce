package model

import (
	_ "embed" // The figures of instance classes are a file.
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Class is what an RDS instance class gives for as long as it is asked: its baselines, never its bursts.
type Class struct {
	Name    string    `json:"class"` // db.r7g.2xlarge
	VCPU    float64   `json:"vcpu"`
	Memory  float64   `json:"memory_gib"`
	IOPS    float64   `json:"iops"`
	MBps    float64   `json:"mb_per_s"`               // to its volume, in millions of bytes
	Gbps    float64   `json:"gbit_per_s"`             // of network
	PerHour float64   `json:"usd_per_hour,omitempty"` // of one instance in one availability zone; 0: the file has no prices
	Bursts  bool      `json:"-"`                      // its volume may be used faster for a while: AWS measures what is left of that
	Source  string    `json:"source"`
	Date    time.Time `json:"date"` // of the source
}

// Family is the class without its size.
func (c *Class) Family() string {
	if i := strings.LastIndexByte(c.Name, '.'); i > 0 {
		return c.Name[:i]
	}
	return c.Name
}

// SmallerThan tells whether it gives less of anything than another.
func (c *Class) SmallerThan(o *Class) bool {
	return c.VCPU < o.VCPU || c.Memory < o.Memory || c.IOPS < o.IOPS || c.MBps < o.MBps || c.Gbps < o.Gbps
}

// Burstable tells whether its CPU is lent by credits: what it gives for an hour is not what it gives for a night.
func (c *Class) Burstable() bool { return strings.HasPrefix(c.Name, "db.t") }

// Classes are the instance classes of one file.
type Classes struct {
	Name   string // of the file
	List   []Class
	Priced bool
}

// Of is a class by its name; nil: the file does not know it.
func (c *Classes) Of(name string) *Class {
	i := slices.IndexFunc(c.List, func(k Class) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &c.List[i]
}

// Date is the oldest of its sources.
func (c *Classes) Date() (oldest time.Time) {
	for i := range c.List {
		if d := c.List[i].Date; oldest.IsZero() || d.Before(oldest) {
			oldest = d
		}
	}
	return oldest
}

// ClassColumns are what a file of classes begins with, in any order; PriceColumn may be there too.
var ClassColumns = []string{
	"class", "vcpu", "mem_gib", "ebs_baseline_mbps", "ebs_baseline_iops", "ebs_burst_mbps", "net_baseline_gbps", "source", "date",
}

// PriceColumn holds US dollars an hour, of one instance in one availability zone.
const PriceColumn = "usd_per_hour"

//go:embed classes.csv
var ownClasses string

// OwnClassesText is the file that the program brings along.
func OwnClassesText() string { return ownClasses }

// OwnClasses are those that the program brings along.
func OwnClasses() (*Classes, error) {
	return ParseClasses("the program's own list of classes", ownClasses)
}

// ParseClasses reads a file of classes: comma-separated, its first line the names of its columns. What is missing or no number is an error
// with the line and what to write.
func ParseClasses(name, text string) (*Classes, error) {
	r := csv.NewReader(strings.NewReader(text))
	head, err := r.Read()
	if err != nil {
		return nil, classFault(name, 1, "it has no first line with the names of its columns")
	}
	at := map[string]int{}
	for i, column := range head {
		at[strings.TrimSpace(column)] = i
	}
	for _, column := range ClassColumns {
		if _, ok := at[column]; !ok {
			return nil, classFault(name, 1, fmt.Sprintf("the column %s is missing: want %s, and %s where prices are known", column,
				strings.Join(ClassColumns, ","), PriceColumn))
		}
	}
	out := &Classes{Name: name}
	_, out.Priced = at[PriceColumn]
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the classes of %s: %w", Clean(name), err)
		}
		line, _ := r.FieldPos(0)
		c, err := parseClass(func(column string) string { return strings.TrimSpace(row[at[column]]) }, out.Priced)
		if err == nil && out.Of(c.Name) != nil {
			err = fmt.Errorf("%s is there twice", c.Name)
		}
		if err != nil {
			return nil, classFault(name, line, err.Error())
		}
		out.List = append(out.List, c)
	}
	if len(out.List) == 0 {
		return nil, classFault(name, 1, "it has no class")
	}
	return out, nil
}

func classFault(name string, line int, says string) error {
	return fmt.Errorf("reading the classes of %s: line %d: %s", Clean(name), line, says)
}

func parseClass(of func(column string) string, priced bool) (c Class, err error) {
	c.Name, c.Source = Clean(of("class")), Clean(of("source"))
	if !strings.HasPrefix(c.Name, "db.") || strings.Count(c.Name, ".") < 2 {
		return c, fmt.Errorf("%.40q is no class: write such as db.r7g.large", c.Name)
	}
	if c.Source == "" {
		return c, fmt.Errorf("%s says no source: write where its figures are from", c.Name)
	}
	if c.Date, err = time.Parse(time.DateOnly, of("date")); err != nil {
		return c, fmt.Errorf("%s has no date: write when its source was read, such as 2026-11-29", c.Name)
	}
	var mbps, burst float64
	numbers := map[string]*float64{"vcpu": &c.VCPU, "mem_gib": &c.Memory, "ebs_baseline_mbps": &mbps, "ebs_baseline_iops": &c.IOPS,
		"ebs_burst_mbps": &burst, "net_baseline_gbps": &c.Gbps}
	if priced {
		numbers[PriceColumn] = &c.PerHour
	}
	for column, to := range numbers {
		n, err := strconv.ParseFloat(of(column), 64)
		if err != nil || !(n > 0 && n < 1e9) {
			return c, fmt.Errorf("%s has no %s: write a number above 0, or leave the class out", c.Name, column)
		}
		*to = n
	}
	c.MBps, c.Bursts = mbps/8, burst > mbps
	return c, nil
}

// The volumes of type gp3 below this size have what all have, and cannot be given more.
const largeGP3 = 400 // GiB

// Gives is what a volume gives for as long as it is asked: operations per second, and millions of bytes per second. Of a type of which that
// is not known it says so.
func (s Storage) Gives() (iops, mbps float64, why string) {
	const mib = float64(1<<20) / 1e6
	switch {
	case s.GiB <= 0:
		return 0, 0, "AWS does not tell the size of its volume"
	case s.Type == "gp3" && s.GiB < largeGP3:
		return 3000, 125 * mib, ""
	case s.Type == "gp3":
		return max(12000, float64(s.IOPS)), max(500, float64(s.MBps)) * mib, ""
	case s.Type == "gp2":
		return max(100, 3*float64(s.GiB)), 128 * mib, ""
	case s.IOPS > 0 && s.MBps > 0:
		return float64(s.IOPS), float64(s.MBps) * mib, ""
	}
	return 0, 0, "what a volume of type " + Clean(s.Type) + " gives is not known here: say its throughput with --volume-mbps"
}
