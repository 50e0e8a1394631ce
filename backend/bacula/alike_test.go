package bacula

import (
	"testing"
)

// Names that only look alike are those of two: one that a Director or a catalog tells is not cleaned before it is compared.
func TestNamesThatLookAlikeAreTwo(t *testing.T) {
	uses := catalogUse("show catalogs\nCatalog: name=MainCatalog address=db1\u200b DBport=3306 db_name=bacula\u200b\n")
	if uses.Address == "db1" || uses.Database == "bacula" {
		t.Errorf("another catalog is taken for ours: %+v", uses)
	}
	in := serve(t, "one", nil)
	fill(t, in, 1, 3)
	change(t, in, "INSERT INTO Client VALUES (1, 'db1-fd  ')")
	if got := tick(t, catalog(t, CatalogConfig{}, in), 3)[0].Client; got != `db1-fd\x20\x20` {
		t.Errorf("client %q", got)
	}
}
