// Package bundle keeps what brings the backups back, when nothing else is left, in one file that only the holder of a private key reads.
package bundle

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"switchyard/model"
	"switchyard/model/record"
)

// version is that of the format. An older program refuses a newer one.
const version = 1

// headLine begins every bundle, readable by anybody; when it was made stands behind it, as of time.RFC3339 in UTC. What follows is
// encrypted as of age-encryption.org/v1.
const headLine = "switchyard bundle %d, made %s\n"

const (
	manifestName = "manifest.json"
	maxManifest  = 16 << 20
	maxFile      = 64 << 20 // a file of routed jobs, or a card, never comes near
	maxFiles     = 100_000
)

// The kinds of errors of Read.
var (
	ErrForeign = errors.New("the bundle is not encrypted to this key")
	ErrBroken  = errors.New("the bundle is not as it was made")
	ErrNewer   = errors.New("the bundle was written by a newer switchyard")
)

// Manifest says what a bundle holds.
type Manifest struct {
	Version     int               `json:"version"`
	Environment string            `json:"environment"`
	Rehearsal   string            `json:"rehearsal,omitempty"`
	At          time.Time         `json:"at"` // when it was made, whole seconds
	Program     string            `json:"program"`
	Config      string            `json:"config"`     // the path of the configuration where it was made
	ConfigDir   string            `json:"config_dir"` // from which its paths go
	RoutesSeq   int64             `json:"routes_seq"` // number of the routes record; 0: another control plane owns them
	Journal     record.Head       `json:"journal"`    // its newest record
	Lacks       []string          `json:"lacks"`      // what it should hold and does not, a sentence each
	Files       map[string]string `json:"files"`      // SHA-256 in hex by name
}

// Bundle is one that was read, or is to be written. Nothing of it is ever on a disk but encrypted.
type Bundle struct {
	Manifest
	Contents map[string][]byte
}

// New is an empty one, made now.
func New(now time.Time) *Bundle {
	return &Bundle{Manifest: Manifest{Version: version, At: now.UTC().Truncate(time.Second), Lacks: []string{}}, Contents: map[string][]byte{}}
}

// Put gives it a file. Names are slashed paths.
func (b *Bundle) Put(name string, content []byte) { b.Contents[name] = content }

// PutJSON gives it a file of a value.
func (b *Bundle) PutJSON(name string, v any) error {
	raw, err := json.Marshal(v)
	if err == nil {
		b.Put(name, raw)
	}
	return err
}

// JSON reads a file of it into a value.
func (b *Bundle) JSON(name string, v any) error {
	raw, there := b.Contents[name]
	if !there {
		return fmt.Errorf("the bundle has no %s: %w", name, model.ErrNone)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s of the bundle: %w", name, err)
	}
	return nil
}

// Names are those of its files below a folder, in order.
func (b *Bundle) Names(folder string) (names []string) {
	for name := range b.Contents {
		if strings.HasPrefix(name, folder+"/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Write encrypts the bundle to the recipients, of whom there must be one.
func (b *Bundle) Write(w io.Writer, to []age.Recipient) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing the bundle: %w", err)
		}
	}()
	if len(to) == 0 {
		return errors.New("it has no recipient")
	}
	names := make([]string, 0, len(b.Contents))
	b.Files = make(map[string]string, len(b.Contents))
	for name, content := range b.Contents {
		if len(content) > maxFile {
			return fmt.Errorf("%s has more than %d bytes", name, maxFile)
		}
		names = append(names, name)
		b.Files[name] = sum(content)
	}
	slices.Sort(names)
	manifest, err := json.Marshal(b.Manifest)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, headLine, version, b.At.Format(time.RFC3339)); err != nil {
		return err
	}
	sealed, err := age.Encrypt(w, to...)
	if err != nil {
		return err
	}
	packed := gzip.NewWriter(sealed)
	out := tar.NewWriter(packed)
	put := func(name string, content []byte) error {
		h := tar.Header{Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: b.At, Format: tar.FormatPAX}
		if err := out.WriteHeader(&h); err != nil {
			return err
		}
		_, err := out.Write(content)
		return err
	}
	if err := put(manifestName, manifest); err != nil {
		return err
	}
	for _, name := range names {
		if err := put(name, b.Contents[name]); err != nil {
			return err
		}
	}
	return errors.Join(out.Close(), packed.Close(), sealed.Close())
}

// Read decrypts and proves a bundle: each file is the one that its manifest names, and none lacks. Errors are ErrForeign, ErrBroken,
// ErrNewer, or model.ErrNone where it is no bundle at all.
func Read(r io.Reader, with []age.Identity) (b *Bundle, err error) {
	defer func() {
		if err != nil {
			b, err = nil, fmt.Errorf("reading the bundle: %w", err)
		}
	}()
	in := bufio.NewReader(r)
	made, err := readHead(in)
	if err != nil {
		return nil, err
	}
	sealed, err := age.Decrypt(in, with...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return nil, ErrForeign
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	b = &Bundle{Contents: map[string][]byte{}}
	if err := b.unpack(sealed); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if !b.At.Equal(made) {
		return nil, fmt.Errorf("%w: it says outside that it was made at %s, and inside at %s", ErrBroken, made.Format(time.RFC3339),
			b.At.Format(time.RFC3339))
	}
	return b, nil
}

// Made is when a bundle says that it was made, which anybody can read; whether it is true shows only inside.
func Made(r io.Reader) (time.Time, error) { return readHead(bufio.NewReader(io.LimitReader(r, 256))) }

func readHead(in *bufio.Reader) (made time.Time, err error) {
	var v int
	var at string
	line, err := in.ReadSlice('\n')
	if err == nil {
		_, err = fmt.Sscanf(string(line), headLine, &v, &at)
	}
	if err == nil {
		made, err = time.Parse(time.RFC3339, at)
	}
	switch {
	case err != nil || v < 1:
		return made, fmt.Errorf("it is no bundle of switchyard's: %w", model.ErrNone)
	case v > version:
		return made, ErrNewer
	}
	return made, nil
}

// unpack reads all that is encrypted, to its very end: a piece that lacks shows only there.
func (b *Bundle) unpack(sealed io.Reader) error {
	packed, err := gzip.NewReader(sealed)
	if err != nil {
		return err
	}
	in := tar.NewReader(packed)
	for n := 0; ; n++ {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		switch {
		case err != nil:
			return err
		case h.Typeflag != tar.TypeReg || h.Size > maxFile || n > maxFiles || n == 0 && (h.Name != manifestName || h.Size > maxManifest):
			return fmt.Errorf("%q is nothing that a bundle holds", model.Clean(h.Name))
		}
		content, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		if n == 0 {
			if err := json.Unmarshal(content, &b.Manifest); err != nil {
				return err
			}
			continue
		}
		if b.Files[h.Name] != sum(content) || b.Contents[h.Name] != nil {
			return fmt.Errorf("%q is not the file that its manifest names", model.Clean(h.Name))
		}
		b.Contents[h.Name] = content
	}
	if _, err := io.Copy(io.Discard, packed); err != nil {
		return err
	}
	if rest, err := io.Copy(io.Discard, sealed); err != nil || rest > 0 {
		return errors.Join(err, fmt.Errorf("%d bytes follow its end", rest))
	}
	if len(b.Contents) != len(b.Files) {
		return fmt.Errorf("it holds %d of %d files", len(b.Contents), len(b.Files))
	}
	return nil
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

// NewKey makes a pair of keys of age: the private one, and the public one that it belongs to.
func NewKey() (private, public string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", fmt.Errorf("making a key: %w", err)
	}
	return id.String(), id.Recipient().String(), nil
}

// Recipients reads public keys, one a line or many, as age-keygen prints them. A private key among them is refused, and never told.
func Recipients(keys ...string) ([]age.Recipient, error) {
	for i, k := range keys {
		if strings.Contains(strings.ToUpper(k), "SECRET-KEY") {
			return nil, fmt.Errorf("key %d is a private one: write the public one, which age-keygen -y prints", i+1)
		}
	}
	to, err := age.ParseRecipients(strings.NewReader(strings.Join(keys, "\n")))
	if err != nil {
		return nil, errors.New("they are not public keys of age, which begin with age1")
	}
	return to, nil
}

// Identities reads private keys as age-keygen writes them. The error tells nothing of them.
func Identities(file []byte) ([]age.Identity, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(file))
	if err != nil {
		return nil, errors.New("it holds no private keys of age, AGE-SECRET-KEY-..., a line each")
	}
	return ids, nil
}
