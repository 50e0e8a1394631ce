package ui

import (
	"switchyard/themes"
)

// rdsPane is the database pair that carries green's catalog.
type rdsPane struct{ rows[int] }

func newRDSPane() *rdsPane { return &rdsPane{} }

func (r *rdsPane) name() string                         { return "rds" }
func (r *rdsPane) lines() rower                         { return r }
func (r *rdsPane) title(*scene) []piece                 { return []piece{{themes.Key, "4"}, {themes.Title, " RDS"}} }
func (r *rdsPane) fresh(*scene) freshness               { return freshness{} }
func (r *rdsPane) refresh(*scene)                       {}
func (r *rdsPane) state(sc *scene) any                  { return sc.snap.RDS }
func (r *rdsPane) draw(*scene, int, int, bool) []string { return nil }
func (r *rdsPane) open(*scene) page                     { return nil }
func (r *rdsPane) text(*scene) string                   { return "" }
