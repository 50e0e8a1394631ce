package plan

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
)

// example is the worked example: its figures are invented, but for those of the classes.
func example() *SizeNeed {
	const pool = 48 << 30
	return &SizeNeed{
		Class: "db.r7g.2xlarge", Storage: model.Storage{Type: "gp3", GiB: 400}, CPU: 18, Herd: 27, ReadP95: 300, IOPS: 1900, Bytes: 60e6,
		Net: 0.24e9, Connections: 200, Data: 14 << 30, MaxConnections: 5461, Pool: pool,
	}
}

func sizing() *model.Sizing { p := model.DefaultPolicy(); return &p.Sizing }

func ownClasses(t testing.TB) *model.Classes {
	t.Helper()
	c, err := model.OwnClasses()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// check is what one class gives of something.
func (s *Sized) check(t *testing.T, class, what string) SizeCheck {
	t.Helper()
	for i := range s.Candidates {
		for _, k := range s.Candidates[i].Checks {
			if s.Candidates[i].Class.Name == class && k.What == what {
				return k
			}
		}
	}
	t.Fatalf("%s has no %s", class, what)
	return SizeCheck{}
}

func TestTheWorkedExampleGoesDownByOneSize(t *testing.T) {
	s := Size(example(), ownClasses(t), "", sizing())
	if s.Verdict != SizeDown || s.To != "db.r7g.xlarge" {
		t.Fatalf("%s %s: %s", s.Verdict, s.To, s.Says)
	}
	for _, want := range []struct {
		class, what string
		need, has   float64
		fits        model.Verdict
	}{
		{"db.r7g.xlarge", "vCPU", 3.394, 4, model.Holds}, {"db.r7g.large", "vCPU", 3.394, 2, model.Fails},
		{"db.r7g.xlarge", "buffer pool", 16.8 * gib, 24 * gib, model.Holds}, {"db.r7g.large", "buffer pool", 16.8 * gib, 12 * gib, model.Fails},
		{"db.r7g.xlarge", "operations", 2470, 6000, model.Holds}, {"db.r7g.large", "operations", 2470, 3600, model.Holds},
		{"db.r7g.large", "throughput", 78, 78.75, model.Holds}, {"db.r7g.xlarge", "network", 0.312, 1.876, model.Holds},
		{"db.r7g.xlarge", "connections", 300, 2730, model.Holds}, {"db.r7g.large", "connections", 300, 1365, model.Holds},
	} {
		k := s.check(t, want.class, want.what)
		if math.Abs(k.Need/want.need-1) > 0.001 || math.Abs(k.Has/want.has-1) > 0.001 || k.Fits != want.fits {
			t.Errorf("%s, %s: %v of %v (%v), want %v of %v (%v)", want.class, want.what, k.Need, k.Has, k.Fits, want.need, want.has, want.fits)
		}
	}
	if !strings.HasPrefix(s.Binds, "vCPU: 3.394 of the 4 that db.r7g.xlarge gives (85 %)") {
		t.Errorf("binds %q", s.Binds)
	}
	more := example()
	more.CPU, more.Herd = 24, 40
	if s := Size(more, ownClasses(t), "", sizing()); s.Verdict != SizeStay || s.check(t, "db.r7g.2xlarge", "vCPU").Need < 5.02 {
		t.Errorf("with a herd of 40 %%: %s %s", s.Verdict, s.Says)
	}
}

func TestASmallVolumeBindsBeforeTheClass(t *testing.T) {
	n := example()
	n.Storage.GiB = 399
	if s := Size(n, ownClasses(t), "", sizing()); s.Verdict != SizeDown || s.Volume[0].Has != 3000 ||
		!strings.Contains(s.Binds, "vCPU") {
		t.Errorf("%s, binds %s", s.Verdict, s.Binds)
	}
	n.IOPS = 2250
	if s := Size(n, ownClasses(t), "", sizing()); s.Verdict != SizeDown || !strings.HasPrefix(s.Binds, "operations of the volume: 2925 IOPS") {
		t.Errorf("%s, binds %s", s.Verdict, s.Binds)
	}
	n.IOPS = 2400
	s := Size(n, ownClasses(t), "", sizing())
	if s.Verdict != SizeStay || !strings.Contains(s.Says, "make the volume larger first") {
		t.Errorf("%s: %s", s.Verdict, s.Says)
	}
}

// small are classes that only a fixture has.
const small = "class,vcpu,mem_gib,ebs_baseline_mbps,ebs_baseline_iops,ebs_burst_mbps,net_baseline_gbps,source,date\n" +
	"db.t3.medium,2,4,347,2000,2085,0.256,a report of an incident,2026-11-28\n" +
	"db.t4g.micro,2,1,87,500,2085,0.064,a report of an incident,2026-11-28\n"

// TestACPUOnlyDownsizeIsRefused is of an incident: a CPU that idles let db.t3.medium become db.t4g.micro. Its read operations went from 0.3
// to 94, it swapped 470 MB and let in 27 connections instead of 149; every request failed.
func TestACPUOnlyDownsizeIsRefused(t *testing.T) {
	classes, err := model.ParseClasses("fixture", small)
	if err != nil {
		t.Fatal(err)
	}
	n := &SizeNeed{Class: "db.t3.medium", Storage: model.Storage{Type: "gp3", GiB: 20}, CPU: 3, Herd: 4, ReadP95: 0.3, IOPS: 12, Bytes: 2e5,
		Net: 1e6, Connections: 60, Data: 1600 << 20, MaxConnections: 149, Pool: 2 << 30}
	s := Size(n, classes, "db.t4g.micro", sizing())
	if s.Verdict != SizeRefused || !strings.Contains(s.Says, "no price") {
		t.Errorf("without prices another family is compared: %s: %s", s.Verdict, s.Says)
	}
	priced, err := model.ParseClasses("fixture", strings.NewReplacer("date\n", "date,usd_per_hour\n", "28\n", "28,0.05\n").Replace(small))
	if err != nil {
		t.Fatal(err)
	}
	s = Size(n, priced, "db.t4g.micro", sizing())
	if s.Verdict != SizeNone {
		t.Fatalf("%s: %s", s.Verdict, s.Says)
	}
	for _, want := range []string{"buffer pool: ", "connections: 90 needed, 37 there", "credits"} {
		if !strings.Contains(s.Says, want) {
			t.Errorf("nothing says %q: %s", want, s.Says)
		}
	}
	if k := s.check(t, "db.t4g.micro", "vCPU"); k.Fits != model.Holds {
		t.Error("its CPU alone would do, or the fixture tests nothing")
	}
}

func TestWhatIsNotKnownIsRefusedWithWhatToDo(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*SizeNeed)
		asked  string
		says   string
	}{
		"class": {func(n *SizeNeed) { n.Class = "db.x9z.large" }, "",
			"db.x9z.large is not in the program's own list of classes: add a row"},
		"asked":       {func(*SizeNeed) {}, "db.r7g.tiny", "db.r7g.tiny is not in"},
		"price":       {func(*SizeNeed) {}, "db.m8g.xlarge", "add the column usd_per_hour"},
		"cpu":         {func(n *SizeNeed) { n.CPU = math.NaN() }, "", "its CPU was not measured"},
		"connections": {func(n *SizeNeed) { n.MaxConnections = math.NaN() }, "", "max_connections"},
		"volume":      {func(n *SizeNeed) { n.Storage = model.Storage{Type: "io2", GiB: 500, IOPS: 9000} }, "", "--volume-mbps"},
		"thin":        {func(n *SizeNeed) { n.Blind = []string{"SwapUsage is there for 3 d"} }, "", "SwapUsage is there for 3 d"},
	} {
		n := example()
		x.change(n)
		if s := Size(n, ownClasses(t), x.asked, sizing()); s.Verdict != SizeRefused || s.To != "" || !strings.Contains(s.Says, x.says) {
			t.Errorf("%s: %s %s: %s", name, s.Verdict, s.To, s.Says)
		}
	}
}

func TestASmallerPoolMustBeTriedWhereTheDataDoesNotFit(t *testing.T) {
	n := example()
	n.Data = 60 << 30
	s := Size(n, ownClasses(t), "", sizing())
	if s.Verdict != SizeStay || !strings.Contains(s.Says, "set innodb_buffer_pool_size to 25769803776 for 48h") {
		t.Fatalf("untried: %s: %s", s.Verdict, s.Says)
	}
	n.Pool, n.PoolPinned, n.PoolFor, n.ReadBefore = 24<<30, true, 49*time.Hour, 300
	n.ReadP95 = 580
	if s := Size(n, ownClasses(t), "", sizing()); s.Verdict != SizeDown {
		t.Errorf("tried: %s: %s", s.Verdict, s.Says)
	}
	n.ReadP95 = 1300 // more than twice as much, and than a fifth of 6,000
	if s := Size(n, ownClasses(t), "", sizing()); s.Verdict != SizeStay {
		t.Errorf("tried, and it read: %s: %s", s.Verdict, s.Says)
	}
	n.ReadP95, n.SwapGrew = 580, 470e6
	if s := Size(n, ownClasses(t), "", sizing()); s.Verdict == SizeDown {
		t.Errorf("tried, and it swapped: %s: %s", s.Verdict, s.Says)
	}
}

func TestAPinnedPoolMustFitIntoASmallerClass(t *testing.T) {
	pinned := func(change func(*SizeNeed)) *Sized {
		n := example()
		n.PoolPinned, n.PoolSet = true, n.Pool
		change(n)
		return Size(n, ownClasses(t), "", sizing())
	}
	for name, change := range map[string]func(*SizeNeed){
		"of 48 GiB":                   func(*SizeNeed) {},
		"by a byte":                   func(n *SizeNeed) { n.Pool, n.PoolSet = 24*gib, 24*gib+1 },
		"that waits for a restart":    func(n *SizeNeed) { n.Pool = 24 * gib },
		"that its server has already": func(n *SizeNeed) { n.PoolSet = 24 * gib },
	} {
		s := pinned(change)
		if s.Verdict != SizeStay || s.check(t, "db.r7g.2xlarge", "buffer pool").Fits != model.Holds ||
			!strings.Contains(s.Says, "set innodb_buffer_pool_size first, to at most 25769803776") {
			t.Errorf("a pool %s: %s %s: %s", name, s.Verdict, s.To, s.Says)
		}
	}
	if s := pinned(func(n *SizeNeed) { n.Pool, n.PoolSet = 24*gib, 24*gib }); s.Verdict != SizeDown {
		t.Errorf("a pool that fits: %s: %s", s.Verdict, s.Says)
	}
	l := steadyLoad(60, 0)
	f := factsOf(t, l, "db.r7g.2xlarge")
	f.Instance.Group.Value.Values = []model.Parameter{{Name: "innodb_buffer_pool_size", Value: "51539607552"}}
	if n := NeedOf(l, f, sizing()); !n.PoolPinned || n.PoolSet != 48*gib || len(n.Blind) > 0 {
		t.Errorf("pinned %v to %v: %q", n.PoolPinned, n.PoolSet, n.Blind)
	}
	for _, group := range []model.Reading[model.ParameterGroup]{{}, {At: l.To, Why: "AWS refuses"}} {
		f.Instance.Group = group
		if n := NeedOf(l, f, sizing()); !strings.Contains(strings.Join(n.Blind, "; "), "its parameter group was not read") {
			t.Errorf("an unread group, %q: %q", group.Why, n.Blind)
		}
	}
}

// TestMoreNeedNeverChoosesASmallerClass raises needs one by one.
func TestMoreNeedNeverChoosesASmallerClass(t *testing.T) {
	classes := ownClasses(t)
	rank := func(s *Sized) float64 {
		if s.Verdict == SizeNone {
			return math.Inf(1)
		}
		return classes.Of(s.To).VCPU
	}
	rapid.Check(t, func(t *rapid.T) {
		n := &SizeNeed{
			Class:   rapid.SampledFrom([]string{"db.r7g.large", "db.r8g.xlarge", "db.m7g.2xlarge", "db.m8g.4xlarge"}).Draw(t, "class"),
			Storage: model.Storage{Type: "gp3", GiB: rapid.SampledFrom([]int{20, 399, 400, 900}).Draw(t, "gib")},
			CPU:     rapid.Float64Range(0, 100).Draw(t, "cpu"), Herd: rapid.Float64Range(0, 100).Draw(t, "herd"),
			ReadP95: rapid.Float64Range(0, 6000).Draw(t, "reads"), ReadBefore: rapid.Float64Range(0, 3000).Draw(t, "before"),
			IOPS: rapid.Float64Range(0, 20000).Draw(t, "iops"), Bytes: rapid.Float64Range(0, 8e8).Draw(t, "bytes"),
			Net: rapid.Float64Range(0, 8e9).Draw(t, "net"), Connections: rapid.Float64Range(0, 6000).Draw(t, "connections"),
			Data: rapid.Float64Range(0, 2e11).Draw(t, "data"), SwapGrew: rapid.Float64Range(-1e8, 1e8).Draw(t, "swap"),
			MaxConnections: rapid.Float64Range(100, 6000).Draw(t, "max"), Pool: rapid.Float64Range(1e9, 1e11).Draw(t, "pool"),
			ConnsPinned: rapid.Bool().Draw(t, "conns pinned"), PoolPinned: rapid.Bool().Draw(t, "pool pinned"),
			PoolFor: time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour,
		}
		more := *n
		for name, f := range map[string]*float64{"cpu": &more.CPU, "herd": &more.Herd, "reads": &more.ReadP95, "iops": &more.IOPS,
			"bytes": &more.Bytes, "net": &more.Net, "connections": &more.Connections, "data": &more.Data, "swap": &more.SwapGrew} {
			if rapid.Bool().Draw(t, "more "+name) {
				*f += math.Abs(*f) * rapid.Float64Range(0, 3).Draw(t, "by "+name)
			}
		}
		a, b := Size(n, classes, "", sizing()), Size(&more, classes, "", sizing())
		if a.Verdict == SizeRefused || b.Verdict == SizeRefused {
			t.Fatalf("refused: %s, %s", a.Says, b.Says)
		}
		if rank(b) < rank(a) {
			t.Fatalf("%+v needs %s (%s), and %+v only %s (%s)", n, a.To, a.Says, more, b.To, b.Says)
		}
	})
}

// steadyLoad is the same in every point of so many days.
func steadyLoad(days int, drop int) *model.Load {
	to := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	l := &model.Load{From: to.AddDate(0, 0, -60), To: to}
	for _, s := range []struct {
		to *model.Series
		v  float64
	}{{&l.CPU, 18}, {&l.Connections, 200}, {&l.ReadIOPS, 900}, {&l.WriteIOPS, 1000}, {&l.ReadBytes, 2e7}, {&l.WriteBytes, 4e7}, {&l.NetIn,
		1e7},
		{&l.NetOut, 2e7}, {&l.Swap, 1e6}, {&l.FreeStorage, 385 * gib}, {&l.Binlogs, gib}, {&l.IOBalance, 99}, {&l.ByteBalance, 99}} {
		for i, at := 0, to.AddDate(0, 0, -days); at.Before(to); i, at = i+1, at.Add(model.LoadEvery) {
			if drop == 0 || i%drop != 0 {
				*s.to = append(*s.to, model.Point{At: at, Value: s.v})
			}
		}
	}
	return l
}

func TestNeedOfALoad(t *testing.T) {
	facts := func(l *model.Load) SizeFacts {
		i := &model.Instance{}
		i.AWS.At, i.AWS.Value = l.To, model.Description{Class: "db.r7g.2xlarge", Storage: model.Storage{Type: "gp3", GiB: 400}}
		i.Server.At, i.Server.Value = l.To, model.Server{MaxConnections: 5461,
			Variables: []model.Parameter{{Name: "innodb_buffer_pool_size", Value: "51539607552"}}}
		i.Group.At = l.To
		return SizeFacts{Instance: i, Class: ownClasses(t).Of("db.r7g.2xlarge"), CatchUps: []time.Time{l.To.AddDate(0, 0, -3)},
			ClassSince: l.From}
	}
	l := steadyLoad(60, 0)
	for i := range 3 { // a quarter of an hour of catching up
		l.CPU[5000+i].Value = 27
	}
	l.CPU[9000].Value = 90 // a spike of five minutes counts for a third of a quarter of an hour
	n := NeedOf(l, facts(l), sizing())
	if len(n.Blind) > 0 || n.CPU != 18 || n.Herd < 41 || n.Herd > 43 || n.IOPS != 1900 || n.Bytes != 6e7 || n.Net != 2.4e8 ||
		n.Data != 14*gib {
		t.Errorf("%+v", n)
	}
	for name, x := range map[string]struct {
		load   *model.Load
		change func(*SizeFacts, *model.Load)
		says   string
	}{
		"thirteen days":   {steadyLoad(13, 0), nil, "FreeStorageSpace: there for 13d, and 14d are needed: wait"},
		"a tenth lost":    {steadyLoad(60, 10), nil, "FreeStorageSpace: 90 % of the points are there"},
		"no catch-up":     {steadyLoad(60, 0), func(f *SizeFacts, _ *model.Load) { f.CatchUps = nil }, "--catch-up"},
		"an old catch-up": {steadyLoad(60, 0), func(f *SizeFacts, l *model.Load) { f.CatchUps = []time.Time{l.From.Add(-1)} }, "--catch-up"},
		"a metric is not": {steadyLoad(60, 0), func(_ *SizeFacts, l *model.Load) { l.NetIn = nil },
			"NetworkReceiveThroughput: CloudWatch has none of it"},
		"a burst was used": {steadyLoad(60, 0), func(_ *SizeFacts, l *model.Load) { l.IOBalance[7].Value = 40 }, "its EBSIOBalance% fell to 40"},
		"no balance":       {steadyLoad(60, 0), func(_ *SizeFacts, l *model.Load) { l.ByteBalance = nil }, "its class bursts"},
	} {
		f := facts(x.load)
		if x.change != nil {
			x.change(&f, x.load)
		}
		if n := NeedOf(x.load, f, sizing()); !strings.Contains(strings.Join(n.Blind, "; "), x.says) {
			t.Errorf("%s: %q", name, n.Blind)
		}
	}
}
