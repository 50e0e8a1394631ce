package bacula

import (
	"fmt"

	"switchyard/backend/mysql"
	"switchyard/model"
)

func fault(kind error, format string, a ...any) error {
	return &model.Fault{Kind: kind, Says: model.Clean(fmt.Sprintf(format, a...))}
}

// faultOf says what was being done when something was met, with its kind. What a bconsole meets is what any connection does.
func faultOf(doing string, err error) error { return mysql.FaultOf(doing, err) }
