package bundle

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"pgregory.net/rapid"

	"switchyard/model"
)

func key(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

var made = time.Date(2026, 11, 29, 2, 0, 0, 0, time.UTC)

func written(t testing.TB, b *Bundle, to ...age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out, to); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestABundleComesBack: what was put in is read again by each of its recipients, and by nobody else.
func TestABundleComesBack(t *testing.T) {
	one, two, third := key(t), key(t), key(t)
	rapid.Check(t, func(t *rapid.T) {
		b := New(made)
		b.Environment = rapid.String().Draw(t, "environment")
		files := rapid.MapOf(rapid.StringMatching(`[a-z]{1,8}/[a-z0-9.-]{1,20}`), rapid.SliceOfN(rapid.Byte(), 1, 300)).Draw(t, "files")
		for name, content := range files {
			b.Put(name, content)
		}
		var out bytes.Buffer
		if err := b.Write(&out, []age.Recipient{one.Recipient(), two.Recipient()}); err != nil {
			t.Fatal(err)
		}
		for _, id := range []*age.X25519Identity{one, two} {
			got, err := Read(bytes.NewReader(out.Bytes()), []age.Identity{third, id})
			if err != nil {
				t.Fatal(err)
			}
			for name, content := range files {
				if !bytes.Equal(got.Contents[name], content) {
					t.Fatalf("%s: %q", name, got.Contents[name])
				}
			}
			if len(got.Contents) != len(files) || !got.At.Equal(made) {
				t.Fatalf("%d files made %s", len(got.Contents), got.At)
			}
		}
		if _, err := Read(bytes.NewReader(out.Bytes()), []age.Identity{third}); !errors.Is(err, ErrForeign) {
			t.Fatalf("the wrong key: %v", err)
		}
	})
}

// TestNothingOfABundleIsReadable: neither names nor contents nor the environment stand in the file.
func TestNothingOfABundleIsReadable(t *testing.T) {
	b := New(made)
	b.Environment = "production-of-somebody"
	b.Put("secrets.json", bytes.Repeat([]byte("hunter2hunter2 "), 100))
	raw := written(t, b, key(t).Recipient())
	for _, word := range []string{"hunter2", "secrets.json", "production-of-somebody", manifestName} {
		if bytes.Contains(raw, []byte(word)) {
			t.Errorf("%s is readable", word)
		}
	}
	if at, err := Made(bytes.NewReader(raw)); err != nil || !at.Equal(made) {
		t.Errorf("made %s, %v", at, err)
	}
}

// TestAHarmedBundleIsRefused: cut anywhere, with any byte changed, or with something behind its end, it is refused.
func TestAHarmedBundleIsRefused(t *testing.T) {
	id := key(t)
	b := New(made)
	b.Put("a/one", bytes.Repeat([]byte("one"), 10_000))
	b.Put("b/two", []byte("two"))
	raw := written(t, b, id.Recipient())
	read := func(raw []byte) error {
		_, err := Read(bytes.NewReader(raw), []age.Identity{id})
		return err
	}
	if err := read(raw); err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		if read(raw[:i]) == nil {
			t.Fatalf("cut behind %d of %d bytes it passes", i, len(raw))
		}
		harmed := bytes.Clone(raw)
		harmed[i] ^= 1
		if read(harmed) == nil {
			t.Fatalf("with byte %d of %d changed it passes", i, len(raw))
		}
	}
	if err := read(append(bytes.Clone(raw), 'x')); !errors.Is(err, ErrBroken) {
		t.Errorf("something behind its end: %v", err)
	}
	later := bytes.Replace(raw, []byte("2026-11-29"), []byte("2026-12-29"), 1)
	if err := read(later); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "2026-12-29") {
		t.Errorf("made younger: %v", err)
	}
	newer := bytes.Replace(raw, []byte("bundle 1,"), []byte("bundle 2,"), 1)
	if err := read(newer); !errors.Is(err, ErrNewer) {
		t.Errorf("of a newer version: %v", err)
	}
	if err := read([]byte("age-encryption.org/v1\n")); !errors.Is(err, model.ErrNone) {
		t.Errorf("something else: %v", err)
	}
}

// TestAPrivateKeyIsNoRecipient and is told by nobody.
func TestAPrivateKeyIsNoRecipient(t *testing.T) {
	id := key(t)
	_, err := Recipients(id.Recipient().String(), strings.ToLower(id.String()))
	if err == nil || strings.Contains(strings.ToUpper(err.Error()), id.String()[20:]) {
		t.Errorf("%v", err)
	}
	if _, err := Recipients("age1nothing"); err == nil || strings.Contains(err.Error(), "age1nothing") {
		t.Errorf("%v", err)
	}
	if _, err := Identities([]byte("AGE-SECRET-KEY-1NOTHING")); err == nil || strings.Contains(err.Error(), "NOTHING") {
		t.Errorf("%v", err)
	}
	if ids, err := Identities([]byte("# made today\n" + id.String() + "\n")); err != nil || len(ids) != 1 {
		t.Errorf("%d, %v", len(ids), err)
	}
}
