package record

import (
	"fmt"
	"strings"
	"testing"

	"switchyard/model"
)

// One name that is too long would let nothing of a look be recorded: what a server may hold fits.
func TestAsMuchAsAServerHoldsIsRecorded(t *testing.T) {
	blue := model.Blue
	p := &Proof{Of: Subject{Cluster: &blue}}
	h := &Housed{Tenants: model.Tenants{Server: "db:3306", Schema: "bacula"}}
	who := strings.Repeat("ж", 128) + "'@'" + strings.Repeat("h", 255)
	for i := range 500 {
		h.Schemas = append(h.Schemas, fmt.Sprintf("schema%d", i))
		h.Sessions = append(h.Sessions, model.SessionsOf{Account: who, Sessions: 1})
	}
	for range 256 {
		h.May = append(h.May, "'"+who+"'")
	}
	for range 64 {
		h.Named = append(h.Named, "the view "+strings.Repeat("v", 64)+"."+strings.Repeat("v", 64)+" names it")
		h.Unseen = append(h.Unseen, "what the view a.b reads cannot be seen")
	}
	if err := h.check(p); err != nil {
		t.Error(err)
	}
	h.Named[0] = "the view a.\x1b[2Jb names it"
	if err := h.check(p); err == nil {
		t.Error("what a terminal obeys is recorded")
	}
}
