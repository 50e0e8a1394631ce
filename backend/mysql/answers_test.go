package mysql

import (
	"errors"
	"testing"

	"github.com/go-sql-driver/mysql"

	"switchyard/model"
)

// A server that answers is never told as one that does not.
func TestWhatAServerAnswersIsNoSilence(t *testing.T) {
	for number, kind := range map[uint16]error{
		1040: model.ErrBusy, 1203: model.ErrBusy, 1226: model.ErrBusy, 1129: model.ErrRefused, 1130: model.ErrRefused, 1045: model.ErrRefused,
		1142: model.ErrNotAllowed, 3159: model.ErrUntrusted, 1064: model.ErrAnswer,
	} {
		err := FaultOf("connect", &mysql.MySQLError{Number: number, Message: "no"})
		if !errors.Is(err, kind) || kind != model.ErrUntrusted && !model.TroubleOf(err).Answers() {
			t.Errorf("%d is %v, %s", number, err, model.TroubleOf(err).Says())
		}
	}
	if err := FaultOf(
		"ask",
		&mysql.MySQLError{Number: 1053, Message: "Server shutdown in progress"},
	); model.TroubleOf(
		err,
	) != model.TroubleGone {
		t.Errorf("a server that shuts down: %v", err)
	}
}
