package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestWhoRefusesIsNotSilent(t *testing.T) {
	for kind, answers := range map[error]bool{
		ErrUnreachable: false, ErrTimeout: false, ErrRefused: true, ErrNotAllowed: true, ErrUntrusted: false, ErrNotReadOnly: true,
		ErrThrottled: true, ErrBusy: true,
		ErrNone: true, ErrAnswer: true, context.DeadlineExceeded: false,
	} {
		trouble := TroubleOf(fmt.Errorf("asking: %w", &Fault{Kind: kind, Says: "x"}))
		if trouble.Answers() != answers ||
			answers && (strings.Contains(trouble.Says(), "not answer") || strings.Contains(trouble.SaysMany(), "not answer")) {
			t.Errorf("%v: %q %q, answers %v", kind, trouble.Says(), trouble.SaysMany(), trouble.Answers())
		}
		var back Trouble
		b, err := json.Marshal(trouble)
		if err != nil || json.Unmarshal(b, &back) != nil || back != trouble {
			t.Errorf("%v becomes %s becomes %v, %v", kind, b, back, err)
		}
	}
	if TroubleOf(nil) != TroubleNone || TroubleOf(errors.New("password: the file is gone")) != TroubleOther {
		t.Error("no error, and one of ours")
	}
}

func TestWhyNoWritableHostIsSeen(t *testing.T) {
	host := func(name string, trouble Trouble) CatalogHost { return CatalogHost{Host: name, Trouble: trouble} }
	for _, c := range []struct {
		others []CatalogHost
		takes  Verdict
		says   string
		brief  string
	}{
		{nil, Fails, "takes no writes: only b answers, and it is read-only", "takes no writes; only read-only hosts answer"},
		{[]CatalogHost{host("a", TroubleGone)}, Fails, "takes no writes: only b answers, and it is read-only; a does not answer",
			"takes no writes; the other host does not answer"},
		{[]CatalogHost{{Host: "a", Trouble: TroubleGone, Why: "connection refused"}}, Fails,
			"takes no writes: only b answers, and it is read-only; a does not answer (connection refused)", "takes no writes; connection refused"},
		{[]CatalogHost{host("a", TroubleSilent)}, Fails, "takes no writes: only b answers, and it is read-only; a does not answer",
			"takes no writes; the other host does not answer"},
		{[]CatalogHost{host("a", TroubleNone)}, Fails, "takes no writes: b and a answer, and all are read-only",
			"takes no writes; only read-only hosts answer"},
		{[]CatalogHost{host("c", TroubleNone), host("a", TroubleGone)}, Fails,
			"takes no writes: only b answers, and it is read-only; a does not answer", "takes no writes; the other host does not answer"},
		{[]CatalogHost{host("a", TroubleRefused)}, Unknown, "is read from b, a read-only standby: a refuses the credentials",
			"is read from a standby; the other host refuses the credentials"},
		{[]CatalogHost{host("a", TroubleUntrusted)}, Unknown, "is read from b, a read-only standby: a is not trusted",
			"is read from a standby; the other host is not trusted"},
		{[]CatalogHost{host("a", TroubleWritable)}, Unknown, "is read from b, a read-only standby: a grants no read-only session",
			"is read from a standby; the other host grants no read-only session"},
		{[]CatalogHost{host("a", TroubleBusy)}, Unknown, "is read from b, a read-only standby: a takes no more connections",
			"is read from a standby; the other host takes no more connections"},
		{[]CatalogHost{host("c", TroubleGone), host("a", TroubleRefused)}, Unknown, "is read from b, a read-only standby: a refuses the " +
			"credentials; c does not answer", "is read from a standby; the other host refuses the credentials"},
	} {
		cat := Catalog{Host: "b", ReadOnly: true, Others: c.others}
		if cat.WhyNoWrites() != c.says || cat.TakesWrites() != c.takes || cat.WhyNoWritesBriefly() != c.brief {
			t.Errorf("%v: %q, in few words %q, takes writes: %v", c.others, cat.WhyNoWrites(), cat.WhyNoWritesBriefly(), cat.TakesWrites())
		}
	}
	if cat := (Catalog{Host: "a"}); cat.WhyNoWrites() != "" || cat.WhyNoWritesBriefly() != "" || cat.TakesWrites() != Holds {
		t.Errorf("%q", cat.WhyNoWrites())
	}
}

func TestWhatWasNotReadIsNotWritten(t *testing.T) {
	b, err := json.Marshal(Instance{ID: "bacula", Server: Reading[Server]{Why: "refused", Trouble: TroubleRefused}})
	if err != nil {
		t.Fatal(err)
	}
	for _, not := range []string{"null", "value", "connections", "0001-01-01"} {
		if strings.Contains(string(b), not) {
			t.Errorf("%q in %s", not, b)
		}
	}
	var back Instance
	if err := json.Unmarshal(
		b,
		&back,
	); err != nil || back.Server.Why != "refused" || back.Server.Trouble != TroubleRefused ||
		back.Server.Seen() {
		t.Errorf("%+v, %v", back.Server, err)
	}
}
