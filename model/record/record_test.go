package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
)

var t0 = time.Date(2024, 9, 2, 2, 40, 0, 0, time.UTC)

// follow seals a record that follows the state's head.
func follow(t interface{ Fatal(...any) }, s *State, actor string, at time.Time, b Body) Record {
	body, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var head Head
	if s != nil {
		head = s.Head
	}
	r, _, err := Record{
		V: Version, Seq: head.Seq + 1, ID: fmt.Sprintf("id%d", head.Seq+1), Prev: head.Hash,
		Actor: actor, Host: "bastion", Kind: b.RecordKind(), At: at, Body: body,
	}.Seal()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecordKeepsItsBytes(t *testing.T) {
	r, b, err := Record{
		V: 1, Seq: 1, ID: "a1", Actor: "ann <ann@example.org> & co", Host: "bastion", Kind: KindGenesis,
		At: time.Date(2024, 9, 2, 4, 40, 0, 120_000_000, time.FixedZone("CEST", 7200)), Body: json.RawMessage(`{ "environment": "prod" }`),
	}.Seal()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"v":1,"seq":1,"id":"a1","actor":"ann <ann@example.org> & co","host":"bastion","kind":"genesis",` +
		`"at":"2024-09-02T02:40:00.12Z","body":{"environment":"prod"}}` + "\n"
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Fatal(diff)
	}
	const sum = "55ed2e4cae3c9e8a44bc7b76a5a600fa6882b2de1f4450bb4bc8a2b7ce9470e3"
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if got.Hash != sum || r.Hash != sum {
		t.Errorf("hash %s, sealed %s, sha256sum says %s", got.Hash, r.Hash, sum)
	}
}

func TestRecordRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyRecord(t)
		sealed, b, err := want.Seal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sealed.Hash, got.Hash); diff != "" {
			t.Fatal(diff)
		}
		_, again, err := got.Seal()
		if err != nil || string(again) != string(b) {
			t.Fatalf("%q became %q: %v", b, again, err)
		}
		if strings.Count(string(b), "\n") != 1 {
			t.Fatalf("%q is not one line", b)
		}
	})
}

// TestRecordRefusesDamage cuts or flips one byte: the result is refused, or is another record with another hash.
func TestRecordRefusesDamage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sealed, b, err := anyRecord(t).Seal()
		if err != nil {
			t.Fatal(err)
		}
		cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		if _, err := Decode(b[:cut]); !errors.Is(err, ErrTorn) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		hurt := append([]byte(nil), b...)
		i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		hurt[i] ^= rapid.ByteRange(1, 255).Draw(t, "by")
		if r, err := Decode(hurt); err == nil && r.Hash == sealed.Hash {
			t.Fatalf("byte %d of %q changed unnoticed", i, b)
		}
	})
}

func anyRecord(t *rapid.T) Record {
	r := Record{
		V: Version, Seq: rapid.Int64Range(1, 1<<40).Draw(t, "seq"), ID: rapid.StringMatching(`[0-9a-f]{1,32}`).Draw(t, "id"),
		Actor: model.Clean(rapid.StringN(0, 20, 80).Draw(t, "actor")), Host: model.Clean(rapid.StringN(0, 20, 80).Draw(t, "host")),
		Kind: rapid.SampledFrom(slices.Sorted(maps.Keys(recordKinds))).Draw(t, "kind"),
		At:   t0.Add(time.Duration(rapid.Int64Range(-1e18, 1e18).Draw(t, "at"))),
	}
	if r.Seq > 1 {
		r.Prev = rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "prev")
	}
	r.Body, _ = json.Marshal(map[string]string{rapid.String().Draw(t, "key"): rapid.String().Draw(t, "value")})
	return r
}

func TestDecodeRecordSaysWhatIsWrong(t *testing.T) {
	_, good, err := Record{V: 1, Seq: 1, ID: "a", Kind: KindNote, At: t0, Body: json.RawMessage(`{}`)}.Seal()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, in string
		kind     error
		says     string
	}{
		{"empty", "", ErrTorn, "it is empty"},
		{"zeros", "\x00\x00\x00", ErrTorn, "3 zero bytes"},
		{"cut", string(good[:len(good)/2]), ErrTorn, "ends in the middle"},
		{"garbage", "%PDF-1.4 \x1b[2J\n", ErrTorn, "invalid character"},
		{"not an object", "[]\n", ErrTorn, "cannot unmarshal"},
		{"two records", string(good) + string(good), ErrTorn, "after top-level value"},
		{"spaces", " " + string(good), ErrTorn, "not in the form"},
		{"key twice", strings.Replace(string(good), `"v":1`, `"v":1,"v":1`, 1), ErrTorn, "not in the form"},
		{"a field more", strings.Replace(string(good), `"v":1`, `"v":1,"w":1`, 1), ErrTorn, "not in the form"},
		{"kind", strings.Replace(string(good), `"note"`, `"party"`, 1), ErrTorn, `unknown kind "party"`},
		{"newer", strings.Replace(string(good), `"v":1`, `"v":4,"new":{}`, 1), ErrNewer, "its version is 4, this program reads 3"},
		{"newer and different", `{"v":4,"seq":"1"}` + "\n", ErrNewer, "its version is 4"},
		{"newer in the same form", strings.Replace(string(good), `"v":1`, `"v":4`, 1), ErrNewer, "its version is 4"},
		{"a kind before its version", strings.Replace(string(good), `"note"`, `"attested"`, 1), ErrTorn, `unknown kind "attested"`},
		{"too long", strings.Repeat("x", MaxLargeBytes+1), ErrTorn, "more than"},
	} {
		_, err := Decode([]byte(c.in))
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %v saying %q", c.name, err, c.kind, c.says)
		}
		if err != nil && model.Clean(err.Error()) != err.Error() {
			t.Errorf("%s: the error is not clean: %q", c.name, err)
		}
	}
}

func TestSealRefuses(t *testing.T) {
	good := Record{V: 1, Seq: 1, ID: "a", Kind: KindNote, At: t0, Body: json.RawMessage(`{}`)}
	for name, hurt := range map[string]func(*Record){
		"version":  func(r *Record) { r.V = Version + 1 },
		"none":     func(r *Record) { r.V = 0 },
		"number":   func(r *Record) { r.Seq = 0 },
		"id":       func(r *Record) { r.ID = "" },
		"prev":     func(r *Record) { r.Seq = 2 },
		"hash":     func(r *Record) { r.Seq, r.Prev = 2, "abc" },
		"genesis":  func(r *Record) { r.Prev = strings.Repeat("a", 64) },
		"actor":    func(r *Record) { r.Actor = "\x1b[31mann" },
		"kind":     func(r *Record) { r.Kind = "" },
		"time":     func(r *Record) { r.At = time.Time{} },
		"body":     func(r *Record) { r.Body = json.RawMessage(`[]`) },
		"not JSON": func(r *Record) { r.Body = json.RawMessage(`{`) },
		"size":     func(r *Record) { r.Body = json.RawMessage(`{"a":"` + strings.Repeat("x", MaxBytes) + `"}`) },
	} {
		r := good
		hurt(&r)
		if _, _, err := r.Seal(); err == nil {
			t.Errorf("%s: sealed", name)
		}
	}
	if _, _, err := good.Seal(); err != nil {
		t.Error(err)
	}
}
