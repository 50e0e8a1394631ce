package model

// SourceKind is what kind of thing is asked.
type SourceKind uint8

// The kinds of sources; the zero value is none.
const (
	NoSource       SourceKind = iota
	SourceCatalog             // a cluster's catalog
	SourceDirector            // one Director of a cluster; Name as configured
	SourceStorages            // the Storage Daemons of a cluster that running jobs use
	SourceInstance            // what AWS says of one RDS instance; Name is its configured role, "primary" or "replica"
	SourceSettings            // its parameter group and pending maintenance
	SourceServer              // its own MySQL server
	SourceMetrics             // CloudWatch in one AWS region, which is the Name
	SourceJournal
	SourceCards  // the directory in which restore cards are kept
	SourceBundle // the recovery bundle where it is kept
	SourceFile   // what tells over and over which file of routed jobs one Director of a cluster has; Name as the Director's
)

// Source is one thing that is asked for facts. It compares with ==; its English is String's alone.
type Source struct {
	Kind    SourceKind
	Cluster Cluster // of a catalog, a Director, its file and storages
	Name    string
}

// CatalogOf is a cluster's catalog.
func CatalogOf(c Cluster) Source { return Source{Kind: SourceCatalog, Cluster: c} }

// DirectorOf is one Director of a cluster, by its configured name.
func DirectorOf(c Cluster, name string) Source {
	return Source{Kind: SourceDirector, Cluster: c, Name: name}
}

// AnyPassive stands for the name of whichever Director of a cluster does not schedule; no Director has it.
const AnyPassive = "(passive)"

// DirectorCalled is what a Director of that name is called at its place in a cluster: the active one's is 0, and a passive one says so.
func DirectorCalled(name string, place int) string {
	if place > 0 {
		return name + " (passive)"
	}
	return name
}

// PassiveOf is a passive Director as a source: one that has the active one's configuration, and so its name, is told apart from it.
func PassiveOf(c Cluster, name, active string) Source {
	if name == active {
		name = DirectorCalled(name, 1)
	}
	return DirectorOf(c, name)
}

// FileOf is what tells of the file of a Director, which is a source of its own.
func FileOf(director Source) Source {
	return Source{Kind: SourceFile, Cluster: director.Cluster, Name: director.Name}
}

// StoragesOf are a cluster's Storage Daemons that running jobs use.
func StoragesOf(c Cluster) Source { return Source{Kind: SourceStorages, Cluster: c} }

// Journal is the journal, which is no cluster's.
var Journal = Source{Kind: SourceJournal}

// Cards is the directory in which restore cards are kept.
var Cards = Source{Kind: SourceCards}

// Bundle is the recovery bundle where it is kept.
var Bundle = Source{Kind: SourceBundle}

// String names the source: "blue catalog", "green director dir-new", "RDS primary settings", "CloudWatch eu-west-1".
func (s Source) String() string {
	switch s.Kind {
	case SourceCatalog:
		return s.Cluster.String() + " catalog"
	case SourceDirector:
		return s.Cluster.String() + " director " + s.Name
	case SourceStorages:
		return s.Cluster.String() + " storages"
	case SourceInstance:
		return "RDS " + s.Name
	case SourceSettings:
		return "RDS " + s.Name + " settings"
	case SourceServer:
		return "RDS " + s.Name + " server"
	case SourceMetrics:
		return "CloudWatch " + s.Name
	case SourceJournal:
		return "journal"
	case SourceCards:
		return "restore cards"
	case SourceBundle:
		return "recovery bundle"
	case SourceFile:
		return s.Cluster.String() + " file of " + s.Name
	case NoSource:
	}
	return ""
}

// MarshalText writes String.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Of tells whether the source is a part of the cluster.
func (s Source) Of(c Cluster) bool {
	switch s.Kind {
	case SourceCatalog, SourceDirector, SourceStorages, SourceFile:
		return s.Cluster == c
	case NoSource, SourceInstance, SourceSettings, SourceServer, SourceMetrics, SourceJournal, SourceCards, SourceBundle:
	}
	return false
}

// OfPair tells whether the source tells of the RDS pair.
func (s Source) OfPair() bool {
	switch s.Kind {
	case SourceInstance, SourceSettings, SourceServer, SourceMetrics:
		return true
	case NoSource, SourceCatalog, SourceDirector, SourceStorages, SourceJournal, SourceCards, SourceBundle, SourceFile:
	}
	return false
}

// Who is whom an event about the source is told of: blue, green, RDS or the journal.
func (s Source) Who() string {
	switch {
	case s.Of(Blue), s.Of(Green):
		return s.Cluster.String()
	case s.OfPair():
		return "RDS"
	}
	return s.String()
}

// Verb picks the form for a source that is one, or several.
func (s Source) Verb(one, several string) string {
	if s.Kind == SourceStorages || s.Kind == SourceCards {
		return several
	}
	return one
}
