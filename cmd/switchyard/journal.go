package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	conf "switchyard/backend/config"
	"switchyard/backend/journal"
	"switchyard/backend/rds"
	"switchyard/model"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// openStore is where the configuration says that the journal is, for those who append to it.
func openStore(ctx context.Context, cfg *conf.Config) (journal.Store, error) {
	return storeOf(ctx, cfg, journal.OpenS3)
}

// readStore is the same place for those who only watch.
func readStore(ctx context.Context, cfg *conf.Config) (journal.Store, error) {
	return storeOf(ctx, cfg, journal.ReadS3)
}

func storeOf(ctx context.Context, cfg *conf.Config, s3 func(aws.Config, journal.Bucket) (*journal.S3, error)) (journal.Store, error) {
	switch at := cfg.Journal; {
	case at.Dir != "":
		return journal.OpenDir(at.Dir)
	case at.S3.Bucket != "":
		var opts []func(*config.LoadOptions) error
		if cfg.AWS.Profile != "" {
			opts = append(opts, config.WithSharedConfigProfile(cfg.AWS.Profile))
		}
		load := func(ctx context.Context) (aws.Config, error) { return config.LoadDefaultConfig(ctx, opts...) }
		c, err := load(ctx)
		if err != nil {
			return nil, fmt.Errorf("opening the journal: %w", err)
		}
		c.Credentials = rds.Reread(c, load)
		return s3(c, journal.Bucket{Name: at.S3.Bucket, Prefix: at.S3.Prefix, Region: at.S3.AWSRegion, Endpoint: cfg.AWS.Endpoint})
	}
	return nil, errors.New("the configuration names no journal; write journal: {dir: PATH} or {s3: {bucket: NAME, aws_region: REGION}}")
}

func journalOptions(cfg *conf.Config, store any) journal.Options {
	o := journal.Options{Environment: cfg.Environment, Rehearsal: cfg.Rehearsal}
	if dir, err := cacheDir(); err == nil && cfg.Rehearsal == "" {
		sum := sha256.Sum256([]byte(cfg.Environment + "\n" + fmt.Sprint(store)))
		o.Cache = filepath.Join(dir, "journal-"+hex.EncodeToString(sum[:8]))
	}
	return o
}

// openJournal opens the journal of the configuration to append to it, and verifies all of it.
func openJournal(ctx context.Context, cfg *conf.Config) (*journal.Journal, error) {
	store, err := openStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return verified(ctx, cfg, store, true)
}

// readJournal opens the journal of the configuration to watch it, and verifies it.
func readJournal(ctx context.Context, cfg *conf.Config) (*journal.Journal, error) {
	store, err := readStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return verified(ctx, cfg, store, false)
}

// verified reads the whole store for who acts; who watches starts from what this user has seen.
func verified(ctx context.Context, cfg *conf.Config, store journal.Store, whole bool) (*journal.Journal, error) {
	o := journalOptions(cfg, store)
	o.Whole = whole
	j, err := journal.Open(ctx, store, o)
	if errors.Is(err, model.ErrNone) {
		err = fmt.Errorf("%w; the first record of a journal is made with: switchyard journal --begin", err)
	}
	return j, err
}

// beginJournal makes the first record, with the first routes or none, and the directory when it is not there.
func beginJournal(ctx context.Context, cfg *conf.Config, first *routes.Document) (err error) {
	if cfg.Journal.Dir != "" {
		if _, there := os.Stat(cfg.Journal.Dir); errors.Is(there, fs.ErrNotExist) {
			defer func() {
				if err != nil {
					_ = os.Remove(cfg.Journal.Dir) // it is ours, and empty
				}
			}()
		}
		d, err := journal.MakeDir(cfg.Journal.Dir)
		if err != nil {
			return err
		}
		_ = d.Close()
	}
	store, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	by, err := person(cfg)
	if err != nil {
		return err
	}
	var document json.RawMessage
	if first != nil {
		if document, err = json.Marshal(first); err != nil {
			return fmt.Errorf("writing the routes: %w", err)
		}
	}
	_, err = journal.Begin(ctx, store, journalOptions(cfg, store), by, document)
	return err
}

func journalCommand() *cobra.Command {
	look := looking{lines: true}
	var verify, begin bool
	var merge, glass, first string
	var last int64
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "the records of everything that was done; --verify checks their hash chain",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if first != "" && !begin {
				return errors.New("--routes is of --begin: the routes of a journal that has begun are changed by what is done")
			}
			if begin {
				doc, err := firstRoutes(cmd, cfg, first)
				if err != nil {
					return err
				}
				err = beginJournal(cmd.Context(), cfg, doc)
				if errors.Is(err, journal.ErrEmptied) {
					return refusal{err}
				}
				if err != nil {
					return err
				}
				return printf(out, "the journal of %s begins\n", record.EnvironmentName(cfg.Environment, cfg.Rehearsal))
			}
			if merge != "" {
				return mergeGlass(cmd, cfg, merge)
			}
			j, err := readAt(cmd.Context(), cfg, glass)
			if bad := new(record.Bad); errors.As(err, &bad) {
				return errors.Join(printf(out, "%v\n", err), errFinding)
			}
			if err != nil {
				return err
			}
			if verify {
				return look.verify(cmd, j)
			}
			return writeRecords(cmd.Context(), out, j, last, look.json)
		},
	}
	cmd.Flags().BoolVar(&verify, "verify", false, "read every record again and check the hash chain; exit status 1 names the first bad one")
	cmd.Flags().BoolVar(&begin, "begin", false, "make the first record of a new journal")
	cmd.Flags().StringVar(&first, "routes", "", "with --begin: the first routes, in `FILE`, of which no cell may be left out")
	cmd.Flags().Int64Var(&last, "last", 50, "how many records to print; 0: all")
	look.addJSON(cmd, "print JSON, a record a line")
	cmd.Flags().StringVar(&merge, "merge", "", "append what the break-glass journal in `DIR` holds, each record once, and close it")
	cmd.Flags().StringVar(&glass, "break-glass", "", "read the break-glass journal in `DIR` instead")
	cmd.MarkFlagsMutuallyExclusive("verify", "begin", "merge")
	cmd.MarkFlagsMutuallyExclusive("merge", "break-glass")
	cmd.MarkFlagsMutuallyExclusive("begin", "break-glass")
	return cmd
}

func printf(w io.Writer, format string, args ...any) error {
	if _, err := fmt.Fprintf(w, format, args...); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// verify reads every record again.
func (l *looking) verify(cmd *cobra.Command, j *journal.Journal) error {
	st, err := j.Verify(cmd.Context())
	bad := new(record.Bad)
	if err != nil && !errors.As(err, &bad) {
		return err
	}
	told := struct {
		Journal string      `json:"journal"`
		Head    record.Head `json:"head"`
		Bad     string      `json:"bad,omitempty"`
	}{st.Journal, st.Head, ""}
	if err != nil {
		told.Bad = model.Clean(err.Error())
	}
	werr := l.print(cmd, "the journal", told, func(w io.Writer) error {
		if told.Bad != "" {
			return printf(w, "%d records hold; then %s\n", st.Head.Seq, told.Bad)
		}
		last := st.Head.At.UTC().Format("2006-01-02 15:04:05")
		return printf(w, "%d records, each follows the one before; the last is %s of %s\n", st.Head.Seq, st.Head.Hash[:12], last)
	})
	if werr != nil {
		return werr
	}
	return found(err != nil)
}

func writeRecords(ctx context.Context, w io.Writer, j *journal.Journal, last int64, asJSON bool) error {
	from := int64(1)
	if last > 0 {
		from = max(1, j.State().Head.Seq-last+1)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for r, err := range j.Tail(ctx, from) {
		if err != nil {
			return err
		}
		if asJSON {
			err = enc.Encode(r)
		} else {
			err = printf(w, "%5d  %s  %-12s  %s\n", r.Seq, r.At.UTC().Format("2006-01-02 15:04:05"), r.Actor, r.Line(j.State()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
