package render

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

var update = flag.Bool("update", false, "write the golden files again")

func schedule(t testing.TB, lines ...string) model.Schedule {
	t.Helper()
	s, err := model.ParseSchedule(lines...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// placed is an inventory of chains in two regions with both kinds.
func placed(t testing.TB, chains int) []model.Placement {
	t.Helper()
	nightly := schedule(t, "Full 1st sun at 01:05", "Incremental mon-sat at 01:05")
	weekly := schedule(t, "Full sun at 03:05")
	var out []model.Placement
	for i := range chains {
		for r := range 2 {
			for _, k := range model.Kinds {
				region := fmt.Sprintf("region%d", r+1)
				p := model.Placement{
					Cell: model.Cell{
						Chain:  fmt.Sprintf("chain%03d", i+1),
						Region: region,
						Kind:   k,
					},
					Tier:      2,
					Client:    fmt.Sprintf("db%d-%s-fd", i/2+1, region),
					Pool:      "reg-" + region,
					Storage:   "sd-" + region,
					Schedule:  nightly,
					Retention: 7 * 24 * time.Hour,
				}
				if k == model.Immutable {
					p.Pool, p.Storage, p.Schedule, p.Retention = "imm-"+region, "vault-"+region, weekly, 30*24*time.Hour
				}
				out = append(out, p)
			}
		}
	}
	return out
}

func names(t testing.TB, ps []model.Placement) *model.Names {
	t.Helper()
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	backup, err := model.ParseNameTemplate("backup-{chain}-{region}-{kind}")
	if err != nil {
		t.Fatal(err)
	}
	n, err := model.BindNames(inv, backup, model.NameTemplate{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var settings = Settings{
	Catalog: "MainCatalog", Messages: "Standard", Address: "{client}.example", Password: "/etc/bacula/clients/{client}",
	Data: "/backup/{chain}/{region}/{kind}",
}

func must(t testing.TB, in Input) Output {
	t.Helper()
	out, err := Render(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGolden(t *testing.T) {
	ps := placed(t, 2)
	whole := Input{
		Cluster:  model.Green,
		Settings: settings,
		Names:    names(t, ps),
		Takes:    ps[:4],
		Keeps:    ps,
		Off:      map[model.Cell]bool{ps[1].Cell: true},
	}
	overlap := whole
	overlap.Other, overlap.Apart = ps, 3*time.Hour
	own := whole
	own.Settings.Template = "{{range .Jobs}}\r\nJob { Name = {{quote .Name}}; JobDefs = \"{{.Kind}}\"; Client = {{quote .Client}}; " +
		"FileSet = {{quote .FileSet}}\n}  \n\n\n{{end}}"
	none := whole
	none.Takes = nil
	for name, in := range map[string]Input{"whole": whole, "overlap": overlap, "own-template": own, "takes-nothing": none} {
		t.Run(name, func(t *testing.T) {
			out := must(t, in)
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(out.Text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.Text); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRenderedIsWhatWasAsked renders random parts of random inventories in random order, and reads them again.
func TestRenderedIsWhatWasAsked(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		ps := placed(t, 1+r.IntN(6))
		in := Input{Cluster: model.Clusters[r.IntN(2)], Settings: settings, Names: names(t, ps), Keeps: ps, Off: map[model.Cell]bool{}}
		want := map[string]bool{}
		for _, p := range ps {
			if r.IntN(3) > 0 {
				in.Takes = append(in.Takes, p)
				in.Off[p.Cell] = r.IntN(4) == 0
				want[in.Names.Name(p.Cell)] = !in.Off[p.Cell]
			}
			if r.IntN(2) > 0 {
				in.Other = append(in.Other, p)
			}
		}
		in.Apart = time.Duration(r.IntN(5)) * time.Hour
		out := must(t, in)
		r.Shuffle(len(in.Takes), func(i, j int) { in.Takes[i], in.Takes[j] = in.Takes[j], in.Takes[i] })
		in.Keeps = append([]model.Placement{}, ps...)
		r.Shuffle(len(in.Keeps), func(i, j int) { in.Keeps[i], in.Keeps[j] = in.Keeps[j], in.Keeps[i] })
		if again := must(t, in); again.Text != out.Text {
			t.Fatalf("seed %d: the order of cells changes what is rendered", seed)
		}
		f, err := conf.Parse(out.Text, conf.Options{})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got := map[string]bool{}
		have := map[string]map[string]bool{"Client": {}, "FileSet": {}, "Schedule": {}}
		for _, res := range f.Resources {
			if res.Kind != "Job" {
				have[res.Kind][res.Name] = true
			} else if d, _ := res.Get("enabled"); res.Name != out.Canary {
				got[res.Name], _ = d.YesNo()
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || !cmp.Equal(want, out.Jobs) {
			t.Fatalf("seed %d: jobs (-want +got):\n%s", seed, diff)
		}
		for _, p := range ps { // all are kept
			if !have["Client"][p.Client] || !have["FileSet"]["fs-"+strings.ReplaceAll(p.Cell.String(), " ", "-")] {
				t.Fatalf("seed %d: %s has no Client or no FileSet: nothing of it could be restored", seed, p.Cell)
			}
		}
		if last := f.Resources[len(f.Resources)-1]; last.Name != out.Canary || out.Canary != model.CanaryName(out.Text[:last.Offset]) {
			t.Fatalf("seed %d: the canary is not the last, or not of this text", seed)
		}
	}
}

func TestTheCanaryIsOfEveryByte(t *testing.T) {
	ps := placed(t, 2)
	in := Input{Settings: settings, Names: names(t, ps), Takes: ps}
	one := must(t, in)
	in.Settings.Data += "x"
	if two := must(t, in); one.Canary == two.Canary || !model.IsCanary(one.Canary) {
		t.Errorf("%s and %s", one.Canary, two.Canary)
	}
}

// TestHostileNames: whatever an inventory or the settings hold, nothing of it becomes a directive, and the error names the cell.
func TestHostileNames(t *testing.T) {
	const inject = "x\"\n}\nJob { Name = \"evil\"; RunBeforeJob = \"/bin/sh\"; Type = Backup }\n"
	for _, bad := range []string{
		inject, "a\nb", `a"b`, `a\b`, "a;b", "a{b", "a}b", "@/etc/passwd", "a#b", "a=b", "\x1b[31m", "a\x00b", "ab\u202e", "é", "x ",
		strings.Repeat("n", 128),
	} {
		ps := placed(t, 1)
		n := names(t, ps)
		for what, change := range map[string]func(*Input, *model.Placement){
			"client":   func(_ *Input, p *model.Placement) { p.Client = bad },
			"pool":     func(_ *Input, p *model.Placement) { p.Pool = bad },
			"storage":  func(_ *Input, p *model.Placement) { p.Storage = bad },
			"chain":    func(_ *Input, p *model.Placement) { p.Cell.Chain = bad },
			"region":   func(_ *Input, p *model.Placement) { p.Cell.Region = bad },
			"messages": func(in *Input, _ *model.Placement) { in.Settings.Messages = bad },
			"catalog":  func(in *Input, _ *model.Placement) { in.Settings.Catalog = bad },
			"jobdefs":  func(in *Input, _ *model.Placement) { in.Settings.JobDefs = bad },
		} {
			in := Input{Settings: settings, Names: n, Takes: append([]model.Placement{}, ps...)}
			change(&in, &in.Takes[2])
			out, err := Render(in)
			if !errors.Is(err, ErrRender) || out.Text != "" || model.Clean(err.Error()) != err.Error() {
				t.Errorf("%s %q: %v", what, bad, err)
			} else if !strings.Contains(err.Error(), "cell ") {
				t.Errorf("%s %q: no cell is named: %v", what, bad, err)
			}
		}
		if bad == "é" || bad == "x " || len(bad) == 128 || strings.ContainsAny(bad, "@#;=") && len(bad) < 20 {
			continue // harmless in quotes
		}
		for what, change := range map[string]func(*Settings){
			"address":  func(s *Settings) { s.Address = "a" + bad },
			"data":     func(s *Settings) { s.Data = "/" + bad },
			"password": func(s *Settings) { s.Password = "/" + bad },
		} {
			in := Input{Settings: settings, Names: n, Takes: ps}
			change(&in.Settings)
			if _, err := Render(in); !errors.Is(err, ErrRender) {
				t.Errorf("%s %q: %v", what, bad, err)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	ps := placed(t, 1)
	n := names(t, ps)
	for says, in := range map[string]Input{
		"cell chain001 region1 regular is there twice": {Takes: append(placed(t, 1), ps[0])},
		"no cell is taken and none is kept":            {},
		"routed.tmpl:2:":                               {Takes: ps, Settings: Settings{Template: "\n{{.Nope}}", TemplatePath: "routed.tmpl"}},
		"routed.tmpl:1:":                               {Takes: ps, Settings: Settings{Template: "{{if}}", TemplatePath: "routed.tmpl"}},
		"routed.tmpl:3:": {Takes: ps, Settings: Settings{Template: "\n\n{{quote \"a\\nb\"}}",
			TemplatePath: "routed.tmpl"}},
		"writes nothing": {Takes: ps, Settings: Settings{Template: "{{/* nothing */}} \n"}},
		"without end": {Takes: ps, Settings: Settings{Template: "{{range 100000}}{{range " +
			"1000}}{{$.Jobs}}{{end}}{{end}}"}},
		"would share the Job backup-a-b-c-regular": {Takes: []model.Placement{
			{
				Cell:   model.Cell{Chain: "a-b", Region: "c"},
				Client: "x",
				Pool:   "p"}, {Cell: model.Cell{Chain: "a", Region: "b-c"},
				Client: "x",
				Pool:   "p",
			},
		}},
		"the Pool has no name": {Takes: []model.Placement{{Cell: model.Cell{Chain: "a", Region: "c"}, Client: "x"}}},
	} {
		base := settings
		base.Template, base.TemplatePath = in.Settings.Template, in.Settings.TemplatePath
		in.Settings, in.Names = base, n
		_, err := Render(in)
		if !errors.Is(err, ErrRender) || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q, got %v", says, err)
		}
	}
}

func TestTheDefaultTemplateIsOne(t *testing.T) {
	if err := CheckTemplate(defaultPath, Default); err != nil {
		t.Error(err)
	}
	if err := CheckTemplate("x.tmpl", "\n{{nope}}"); err == nil || !strings.HasPrefix(err.Error(), "x.tmpl:2: ") {
		t.Errorf("got %v", err)
	}
}
