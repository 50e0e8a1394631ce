package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
)

// unreadOf are the catalogs that were not read and may have backups of cells that are asked for.
func unreadOf(s *board.Snapshot, only func(model.Cell, model.Cluster) bool) (out []model.Unread) {
	for _, k := range model.Clusters {
		if !slices.ContainsFunc(s.Cells, func(v board.CellView) bool {
			return !v.On[k].Read && v.On[k].Has != model.Fails && only(v.Cell, k)
		}) {
			continue
		}
		why := "it has not answered"
		if o := s.Source(model.CatalogOf(k)); o != nil && o.Why != "" {
			why = o.Why
		}
		out = append(out, model.Unread{Cluster: k, Why: why})
	}
	return out
}

// notAll says which catalogs are missing in what was told.
func notAll(unread []model.Unread) error {
	var says []string
	for _, u := range unread {
		says = append(says, fmt.Sprintf("%s's catalog was not read: %s", u.Cluster, u.Why))
	}
	return errors.New("this is not all: " + strings.Join(says, "; "))
}
