package record

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"switchyard/model"
)

// Files are the files of routed jobs of a cluster's Directors, as they lie on disk, beside what the Directors have loaded.
type Files struct {
	Of []FileOf `json:"of"`
}

// FileOf is the file of one Director. A Director that has read its files since then may have taken it in.
type FileOf struct {
	Director string    `json:"director"` // as orders name it
	Read     time.Time `json:"read"`     // when the Director read its files last
	SHA256   string    `json:"sha256"`   // of the file, in hex
	First    string    `json:"first"`    // the same, when it was first seen since the Director read its files
	Differs  string    `json:"differs"`  // from what the Director has loaded; empty: in nothing that can be told
}

func (f *Files) check(p *Proof) error {
	of := &p.Of
	if of.Cluster == nil || of.Cell != nil || len(of.Instances) > 0 || len(of.Jobs) > 0 {
		return errors.New("files are those of one cluster's Directors, and of nothing else")
	}
	if len(f.Of) == 0 || len(f.Of) > len(model.Clusters) {
		return fmt.Errorf("files of %d Directors, not of one or two", len(f.Of))
	}
	differs := false
	for _, d := range f.Of {
		differs = differs || d.Differs != ""
		switch {
		case d.Director == "" || !plain(d.Director, maxName) || !plain(d.Differs, maxWhy):
			return fmt.Errorf("the file of %.40q is not told in plain text", d.Director)
		case d.Read.IsZero():
			return fmt.Errorf("nobody says when %s read its files", d.Director)
		}
		for _, sum := range []string{d.SHA256, d.First} {
			if b, err := hex.DecodeString(sum); err != nil || len(b) != 32 {
				return fmt.Errorf("the SHA-256 of %s's file is %.70q", d.Director, model.Clean(sum))
			}
		}
	}
	if (p.Verdict == model.Fails) != differs {
		return errors.New("files hold where none differs from what is loaded, and only there")
	}
	return nil
}
