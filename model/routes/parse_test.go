package routes

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"switchyard/model"
)

// small is an inventory of chain1 and chain2 in region1 and chain1 in region2.
var small = inventoryOf(
	model.Cell{Chain: "chain1", Region: "region1"}, model.Cell{Chain: "chain1", Region: "region1", Kind: model.Immutable},
	model.Cell{Chain: "chain2", Region: "region1"}, model.Cell{Chain: "chain1", Region: "region2"},
)

func TestMistakes(t *testing.T) {
	in := func(region string) string { return `{"bacula-blue": {"region1": ` + region + "}}" }
	flags := func(more string) string {
		return in("\n" + `{"take_regular_backups": true, "take_immutable_backups": true` + more + "}")
	}
	for _, c := range []struct{ text, want string }{
		{``, "x:1:1: parsing value: unexpected EOF; write JSON, in which"},
		{`{"bacula-blue": {`, "x:1:18: parsing value: unexpected EOF; "},
		{"{\n  'bacula-blue': {}}", "x:2:3: invalid character '\\'' at start of value; "},
		{"{\"é\": nope}", "x:1:7: invalid literal: nope; "},
		{`{} {}`, "x:1:4: invalid character '{' after top-level value; "},
		{strings.Repeat("[", 2_000_000), "x:1:17: it is nested too deeply; "},
		{"{\"a\": \"\xff\"}", "x:1:8: the text is not UTF-8; "},
		{`[]`, "x:1:1: it is a list; write {"},
		{`{"blue": {}}`, "x:1:2: blue: there is no such cluster; write bacula-blue or bacula-green\n    1 | {\"blue\": {}}\n      |  ^"},
		{`{"bacula-bleu": {}}`, "x:1:2: bacula-bleu: there is no such cluster; did you mean bacula-blue?"},
		{"{\"bacula-blue\": {},\n \"bacula-blue\": {}}", "x:2:2: bacula-blue: it is there twice, first in line 1; keep one\n    2 |  \"bac"},
		{`{"bacula-blue": null}`, "x:1:17: bacula-blue: it is null; write {} for none"},
		{`{"bacula-blue": {"region3": {}}}`, "x:1:18: bacula-blue.region3: the inventory has no such region; it has region1, region2"},
		{`{"bacula-blue": {"": {}}}`, "x:1:18: bacula-blue.: a region's name is empty; write it"},
		{`{"bacula-blue": {"region 1": {}}}`, "x:1:18: bacula-blue.region 1: a region's name cannot hold \" \"; "},
		{in("true"), "x:1:29: bacula-blue.region1: it is true or false; write take_regular_backups, "},
		{in("7"), "x:1:29: bacula-blue.region1: it is a number; "},
		{in("{}"), "x:1:29: bacula-blue.region1.take_regular_backups: it is missing; write true or false"},
		{in(`{"take_regular_backup": true, "take_immutable_backups": true}`),
			"x:1:30: bacula-blue.region1.take_regular_backup: there is no such key here; did you mean take_regular_backups?"},
		{in(`{"take_regular_backups": "yes", "take_immutable_backups": true}`),
			"x:1:54: bacula-blue.region1.take_regular_backups: it is a text; write true or false"},
		{flags(`, "chain": []`), "x:2:64: bacula-blue.region1.chain: there is no such key here; did you mean chains?"},
		{flags(`, "chains": "chain1"`), "x:2:74: bacula-blue.region1.chains: it is a text; write a list of chains"},
		{flags(`, "chains": null`), "x:2:74: bacula-blue.region1.chains: it is null; write a list of chains"},
		{flags(`, "chains": [["chain1"]]`), "x:2:75: bacula-blue.region1.chains[0]: it is a list; write the name of a chain in quotes"},
		{flags(`, "chains": ["chain1", "chain1"]`), "x:2:85: bacula-blue.region1.chains[1]: chain1 is there twice; write it once"},
		{flags(`, "chains": ["chain1", "chain3"]`), "x:2:85: bacula-blue.region1.chains[1]: the inventory has no chain chain3 in region1; "},
		{flags(`, "chains": ["chain\u001b"]`), "x:2:75: bacula-blue.region1.chains[0]: a chain's name cannot hold \"\\x1b\"; "},
		{flags(`, "except_chains": ["chain1"]`), "x:2:64: bacula-blue.region1.except_chains: it is an extension that is not allowed here; "},
		{in("[]"), "x:1:29: bacula-blue.region1: it is a list of rules, which is an extension that is not allowed here; "},
	} {
		_, err := Parse("x", []byte(c.text), Options{Inventory: small})
		if !errors.Is(err, model.ErrRoutes) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.80s:\n%v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestMistakesOfExtensions(t *testing.T) {
	in := func(region string) string { return `{"bacula-blue": {"region1": ` + region + "}}" }
	const flags = `{"take_regular_backups": true, "take_immutable_backups": true`
	for _, c := range []struct{ text, want string }{
		{in("[]"), "x:1:29: bacula-blue.region1: the list of rules is empty; "},
		{in("[" + flags + "}, []]"), "x:1:94: bacula-blue.region1[1]: it is a list; "},
		{in("[" + flags + `, "chains": ["chain9"]}]`),
			"x:1:104: bacula-blue.region1[0].chains[0]: the inventory has no chain chain9 in region1; "},
		{in(flags + `, "chains": [], "except_chains": []}`),
			"x:1:106: bacula-blue.region1.except_chains: chains is there, too; keep one of them"},
	} {
		_, err := Parse("x", []byte(c.text), Options{Inventory: small, Extensions: true})
		if !errors.Is(err, model.ErrRoutes) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s:\n%v\nwant %s", c.text, err, c.want)
		}
	}
}

// TestMistakesAreToldInTheirOrder wants all of them at once, each with its line and a caret, and no more than a person reads.
func TestMistakesAreToldInTheirOrder(t *testing.T) {
	_, err := Parse("x", []byte("{\n\t\"bacula-blue\": {\"region1\": 1},\n\t\"green\": {}\n}"), Options{})
	want := "x:2:29: bacula-blue.region1: it is a number; write take_regular_backups, take_immutable_backups and, unless every chain is " +
		"meant, chains\n    2 |  \"bacula-blue\": {\"region1\": 1},\n      |                             ^\n" +
		"x:3:2: green: there is no such cluster; write bacula-blue or bacula-green\n    3 |  \"green\": {}\n      |  ^"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, "%q: 1,\n", fmt.Sprintf("region%d", i))
	}
	_, err = Parse("x", []byte(`{"bacula-blue": {`+many.String()+"}}"), Options{})
	if err == nil || !strings.HasSuffix(err.Error(), "\nand 290 more") || strings.Count(err.Error(), "^") != 10 {
		t.Error(err)
	}
}

// TestWhereAFaultStands is told in lines and characters, and shown below the letter, behind whatever stands before it.
func TestWhereAFaultStands(t *testing.T) {
	for text, want := range map[string]string{
		"\ufeff{\"blue\": {}}": "x:1:2: blue: there is no such cluster; write bacula-blue or bacula-green\n    1 | " +
			"{\"blue\": {}}\n      |  ^",
		"/* 漢字 */ {\"blue\": {}}": "x:1:11: blue: there is no such cluster; write bacula-blue or bacula-green\n    1 " +
			"| /* 漢字 */ {\"blue\": {}}\n      |             ^",
		"// one\r\n{\"bacula-blue\": {},\r\n\"blue\": 1,}": "x:3:1: blue: there is no such cluster; write bacula-blue or bacula-green\n    3 | " +
			"\"blue\": 1,}\n      | ^",
		"{\"bacula-blue\": {}, \"bacula\\u002dblue\": {}}": "x:1:21: bacula-blue: it is there twice, first in line 1; keep one\n    1 | " +
			"{\"bacula-blue\": {}, \"bacula\\u002dblue\": {}}\n      |                     ^",
	} {
		if _, err := Parse("x", []byte(text), Options{Inventory: small}); err == nil || err.Error() != want {
			t.Errorf("%q:\n%v\nwant\n%s", text, err, want)
		}
	}
}

func TestNamesThatAnInventoryHasAreNotAsked(t *testing.T) {
	text := `{"bacula-blue": {"region7": {"take_regular_backups": true, "take_immutable_backups": true, "chains": ["chain9"]}}}`
	parsed(t, text, Options{})
	parsed(t, "\ufeff"+text, Options{})
	parsed(t, strings.ReplaceAll(text, ", ", ",\r\n"), Options{})
}

var told = regexp.MustCompile(`^f:[0-9]+:[0-9]+: `)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		sample, "{}", "[",
		`{"bacula-blue": {"region1": [{"take_regular_backups": true, "take_immutable_backups": false, "except_chains": ["a"]}]}}`,
		"// x\n{/* y */}", `{"a": "\u0000"}`, "{\"bacula-blue\": {\"r\": {}, \"r\": {}}}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, o := range []Options{{}, {Extensions: true}, {Inventory: small, Extensions: true}} {
			d, err := Parse("f", []byte(text), o)
			if err != nil {
				says := err.Error()
				if !told.MatchString(says) || strings.Count(says, "\n") > 3*maxShown || says != strings.Join(clean(says), "\n") {
					t.Fatalf("%q", says)
				}
				continue
			}
			if again, err := Parse("f", []byte(d.Text()), o); err != nil || !again.Equal(d) {
				t.Fatalf("%v: %s", err, d.Text())
			}
		}
	})
}

func clean(text string) []string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = model.Clean(lines[i])
	}
	return lines
}
