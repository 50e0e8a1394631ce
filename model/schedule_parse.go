package model

import (
	"fmt"
	"strconv"
	"strings"
)

// maxRunLine bounds one Run line, in bytes.
const maxRunLine = 500

// ParseSchedule reads Run lines without their "Run =": overrides (Full, Level=Full, Pool=x), then ordinals (1st, 2nd-4th),
// weekdays (mon-fri), days of the month (1, 15-20, lastday), weeks of the year (w00-w53), months, daily, hourly and at HH:MM.
// Several lines are a union. What Bacula would accept and take differently from how it reads is refused: a line without a time
// runs every hour there, a second time changes the minute of the first, weekly alone is daily. The error is a *Mistake.
func ParseSchedule(lines ...string) (Schedule, error) {
	if len(lines) == 0 {
		return Schedule{}, &Mistake{Kind: ErrSchedule, Line: 1, Column: 1, Says: "it has no lines", Do: `write such as "daily at 02:10"`}
	}
	t := &timetable{}
	for i, line := range lines {
		p := runParser{text: line, line: i + 1}
		r, err := p.run()
		if err != nil {
			return Schedule{}, err
		}
		t.lines = append(t.lines, line)
		t.runs = append(t.runs, r)
	}
	return Schedule{t}, nil
}

// runWord is one word of a Run line; quotes are taken off.
type runWord struct {
	text   string
	column int
	quoted bool
}

type runParser struct {
	text  string
	line  int
	words []runWord
	times []runWord // those of words that are times
	r     run
	// What was said: an unsaid set holds everything.
	time, hourly, daily, weekly, monthly, wdays, weeks, years, months, mdays *runWord
}

func (p *runParser) fail(w runWord, says, do string) error {
	return &Mistake{Kind: ErrSchedule, Text: p.text, Line: p.line, Column: w.column, Says: says, Do: do}
}

func (p *runParser) run() (run, error) {
	if err := p.split(); err != nil {
		return run{}, err
	}
	rest, err := p.overrides(p.words)
	if err != nil {
		return run{}, err
	}
	for len(rest) > 0 {
		w := rest[0]
		rest = rest[1:]
		if strings.EqualFold(w.text, "at") {
			if len(rest) == 0 {
				return run{}, p.fail(w, "the time is missing", "write at 02:10")
			}
			if err := p.at(rest[0]); err != nil {
				return run{}, err
			}
			rest = rest[1:]
			continue
		}
		if err := p.when(w); err != nil {
			return run{}, err
		}
	}
	if err := p.agree(); err != nil {
		return run{}, err
	}
	for _, unsaid := range []struct {
		said *runWord
		all  func()
	}{
		{p.wdays, func() { p.r.wdays = 1<<7 - 1 }},
		{p.weeks, func() { p.r.weeks = 1<<6 - 1 }},
		{p.years, func() { p.r.years = yearWeeks }},
		{p.months, func() { p.r.months = 1<<12 - 1 }},
		{p.mdays, func() { p.r.mdays = 1<<31 - 1 }},
	} {
		if unsaid.said == nil {
			unsaid.all()
		}
	}
	if p.hourly != nil {
		p.r.hours = 1<<24 - 1
	}
	if !p.r.ever() {
		return run{}, p.fail(p.words[0], "no date is like that", "check its days, ordinals and months against each other")
	}
	return p.r, nil
}

// split cuts the line into words; commas separate like blanks, and an equals sign is a word.
func (p *runParser) split() error {
	whole := runWord{column: 1}
	if len(p.text) > maxRunLine {
		whole.column = maxRunLine + 1
		return p.fail(whole, "the line is too long", fmt.Sprintf("keep it under %d bytes", maxRunLine))
	}
	for i := 0; i < len(p.text); {
		c := p.text[i]
		w := runWord{column: i + 1}
		switch {
		case c == ' ' || c == '\t' || c == ',':
			i++
			continue
		case c == '=':
			w.text = "="
			i++
		case c == '"':
			end := strings.IndexByte(p.text[i+1:], '"')
			if end < 0 {
				return p.fail(w, "the quote is not closed", `write "..."`)
			}
			w.text, w.quoted = p.text[i+1:i+1+end], true
			i += end + 2
			if bad := nameFault("x"+w.text, " "); bad > 0 {
				w.column += bad
				return p.fail(w, quoteFirst(w.text[bad-1:])+" cannot stand in a name", "write letters, digits, spaces and _ - . : +")
			}
		default:
			end := i
			for end < len(p.text) && (alnum(p.text[end]) || strings.ContainsRune("_-.:+", rune(p.text[end]))) {
				end++
			}
			if end == i {
				return p.fail(w, quoteFirst(p.text[i:])+" has no meaning here", "write words, numbers and times, such as mon-fri at 02:10")
			}
			w.text = p.text[i:end]
			i = end
		}
		p.words = append(p.words, w)
	}
	if len(p.words) == 0 {
		return p.fail(whole, "the line is empty", `write such as "daily at 02:10"`)
	}
	return nil
}

var runLevels = map[string]Level{"full": 'F', "incremental": 'I', "differential": 'D', "virtualfull": 'f', "base": 'B', "since": 'S'}

// runFields are the overrides of run_conf.c; only Level has a meaning here.
var runFields = []string{"Level", "Pool", "FullPool", "IncrementalPool", "DifferentialPool", "NextPool", "Storage", "Messages",
	"Priority", "SpoolData", "WritePartAfterJob", "MaxRunSchedTime", "Accurate"}

// overrides reads what stands before the first date or time.
func (p *runParser) overrides(ws []runWord) ([]runWord, error) {
	for len(ws) > 0 {
		if len(ws) > 1 && ws[1].text == "=" && !ws[1].quoted {
			if !isField(ws[0].text) {
				return nil, p.fail(ws[0], fmt.Sprintf("%q is not an override", ws[0].text), "write one of "+strings.Join(runFields, ", "))
			}
			if len(ws) == 2 || ws[2].text == "" || ws[2].text == "=" {
				return nil, p.fail(ws[1], "its value is missing", "write such as "+ws[0].text+"=value")
			}
			if strings.EqualFold(ws[0].text, "Level") {
				level, ok := runLevels[strings.ToLower(ws[2].text)]
				if !ok {
					return nil, p.fail(
						ws[2],
						fmt.Sprintf("%q is not a backup level", ws[2].text),
						"write Full, Incremental, Differential, VirtualFull, Base or Since",
					)
				}
				p.r.level = level
			}
			ws = ws[3:]
			continue
		}
		level, ok := runLevels[strings.ToLower(ws[0].text)]
		if !ok {
			break
		}
		p.r.level = level
		ws = ws[1:]
	}
	return ws, nil
}

func isField(s string) bool {
	for _, f := range runFields {
		if strings.EqualFold(f, s) {
			return true
		}
	}
	return false
}

// at reads HH:MM, with am or pm after it if you like. As Bacula takes them, 0:15am and 12:15am are a quarter past midnight, 0:15pm and
// 12:15pm a quarter past noon.
func (p *runParser) at(w runWord) error {
	const do = "write the time as 02:10, 14:10 or 2:10pm"
	text := strings.ToLower(w.text)
	clock := strings.TrimSuffix(strings.TrimSuffix(text, "pm"), "am")
	half := text[len(clock):]
	hh, mm, ok := strings.Cut(clock, ":")
	h, herr := strconv.ParseUint(hh, 10, 8)
	m, merr := strconv.ParseUint(mm, 10, 8)
	switch {
	case !ok || herr != nil || merr != nil || len(mm) != 2 || len(half) > 2:
		return p.fail(w, fmt.Sprintf("%q is not a time", w.text), do)
	case h > 23, half != "" && h > 12, m > 59:
		return p.fail(w, fmt.Sprintf("there is no %s o'clock", w.text), do)
	case p.time != nil && uint64(p.r.minute) != m:
		return p.fail(w, "a line has one minute: Bacula would move "+p.time.text+" to it, too", "write a second line for this time")
	}
	if half != "" {
		h %= 12
		if half == "pm" {
			h += 12
		}
	}
	p.time = &w
	p.times = append(p.times, w)
	p.r.minute = uint8(m)
	p.r.hours |= 1 << h
	return nil
}

// when reads one word of dates.
func (p *runParser) when(w runWord) error {
	if strings.Contains(w.text, ":") {
		if p.time == nil {
			return p.fail(w, "the word at is missing before the time", "write at "+w.text)
		}
		return p.at(w) // Bacula takes further times after one at.
	}
	if w.quoted {
		return p.fail(w, "quotes are for the values of overrides", "leave them out")
	}
	from, to, isRange := strings.Cut(w.text, "-")
	a, err := p.term(w, from)
	if err != nil || a.set == termNoise && !isRange {
		return err
	}
	b := a
	if isRange {
		w2 := w
		w2.column += len(from) + 1
		if b, err = p.term(w2, to); err != nil {
			return err
		}
		if a.set != b.set || a.set == termWord || a.set == termNoise {
			return p.fail(
				w,
				fmt.Sprintf("%q is not a range", w.text),
				"write two weekdays, months, ordinals, weeks of the year or days of the month, such as mon-fri",
			)
		}
		if a.n == b.n {
			return p.fail(w, "the range starts where it ends", "write "+from)
		}
	}
	mark := func(said **runWord, size int) (set uint64) {
		if *said == nil {
			*said = &w
		}
		for i := a.n; ; i = (i + 1) % size {
			set |= 1 << i
			if i == b.n {
				return set
			}
		}
	}
	switch a.set {
	case termMday:
		p.r.mdays |= uint32(mark(&p.mdays, 31))
	case termWday:
		p.r.wdays |= uint8(mark(&p.wdays, 7))
	case termWeek:
		p.r.weeks |= uint8(mark(&p.weeks, 6))
	case termYear:
		p.r.years |= mark(&p.years, 54)
	case termMonth:
		p.r.months |= uint16(mark(&p.months, 12))
	case termNoise, termWord:
		p.word(w)
	}
	return nil
}

// word notes a word that stands alone.
func (p *runParser) word(w runWord) {
	switch strings.ToLower(w.text) {
	case "daily":
		p.daily = &w
	case "weekly":
		p.weekly = &w
	case "monthly":
		p.monthly = &w
	case "hourly":
		p.hourly = &w
	case "lastday":
		p.mdays = &w
		p.r.mdays |= lastDay
	}
}

// agree refuses lines that Bacula takes differently from how they read.
func (p *runParser) agree() error {
	day := firstSaid(p.mdays, p.weeks)
	alone := firstSaid(p.wdays, p.weeks, p.years) // what Bacula does not look at on the last day of a month
	switch {
	case p.time == nil && p.hourly == nil:
		end := runWord{column: len(p.text) + 1}
		return p.fail(end, "the time is missing: Bacula would run it every hour", "add at 02:10, or the word hourly")
	case p.hourly != nil && p.r.hours&^1 != 0:
		return p.fail(*p.time, "with hourly only the minute counts", fmt.Sprintf("write at 0:%02d", p.r.minute))
	case p.daily != nil && firstSaid(p.wdays, p.mdays) != nil:
		return p.fail(*firstSaid(p.wdays, p.mdays), "daily means every day", "leave out daily")
	case p.weekly != nil && p.wdays == nil:
		return p.fail(*p.weekly, "Bacula takes weekly alone as every day", "add a weekday, such as sun")
	case p.weekly != nil && firstSaid(day, p.years) != nil:
		return p.fail(*firstSaid(day, p.years), "weekly means every week", "leave out weekly")
	case p.monthly != nil && day == nil:
		return p.fail(*p.monthly, "Bacula takes monthly alone as every day", "add a day, such as on 1, or 1st sun")
	case p.monthly != nil && p.months != nil:
		return p.fail(*p.months, "monthly means every month", "leave out monthly")
	case p.r.mdays&lastDay != 0 && alone != nil:
		return p.fail(*alone, "Bacula takes lastday whatever weekday and week it is", "write two lines")
	case p.weeks != nil && p.r.weeks == 1<<5:
		return p.fail(*p.weeks, "no month has a sixth: Bacula would never run it", "write 5th, or 1st-6th for all")
	}
	return nil
}

func firstSaid(ws ...*runWord) *runWord {
	for _, w := range ws {
		if w != nil {
			return w
		}
	}
	return nil
}
