package rds

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// TestATokenThatIsReplacedInItsFile is taken by a process that read the one before.
func TestATokenThatIsReplacedInItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	write := func(token string) {
		t.Helper()
		text := "[default]\naws_access_key_id = AKIA\naws_secret_access_key = x\naws_session_token = " + token + "\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	load := func(ctx context.Context) (aws.Config, error) { return config.LoadDefaultConfig(ctx) }
	cfg, err := load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := &reread{load: load, first: cfg.Credentials}
	for _, token := range []string{"one", "two"} {
		write(token)
		c, err := r.Retrieve(t.Context())
		if err != nil || c.SessionToken != token || !c.CanExpire || time.Until(c.Expires) > rereadAfter {
			t.Errorf("token %q, until %v, %v", c.SessionToken, c.Expires, err)
		}
	}
	whole, err := Options{}.AWS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c, err := whole.Credentials.Retrieve(t.Context()); err != nil || !c.CanExpire {
		t.Errorf("a reader keeps its credentials for ever: %+v, %v", c.Expires, err)
	}
}
