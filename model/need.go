package model

import (
	"fmt"
	"strings"
)

// NodeKind is what kind of thing a Node is.
type NodeKind string

// The kinds; the list is closed.
const (
	NodeCluster     NodeKind = "cluster"               // blue or green: it backs up and restores
	NodeDirector    NodeKind = "director"              // one of them is enough for its cluster
	NodeCatalog     NodeKind = "catalog"               // blue or green
	NodeChain       NodeKind = "chain"                 // one backup of any of its cells brings it back
	NodeStorage     NodeKind = "storage"               // with its cluster in front: two clusters may call theirs alike
	NodeClient      NodeKind = "client"                // a clone source: cells are backed up from it, and nothing is brought back from it
	NodeInstance    NodeKind = "instance"              // of RDS
	NodeKey         NodeKind = "key"                   // of KMS, by its ARN
	NodeAWSRegion   NodeKind = "aws-region"            //
	NodeHost        NodeKind = "host"                  //
	NodeCredentials NodeKind = "credentials"           // where secrets are kept
	NodeDNS         NodeKind = "dns"                   //
	NodeManager     NodeKind = "configuration-manager" //
	NodeJournal     NodeKind = "journal"               // of this program
	NodeBundle      NodeKind = "bundle"                // what a recovery begins with
)

// NodeKinds lists them; true: it wants a name.
var NodeKinds = []struct {
	Kind  NodeKind
	Named bool
}{
	{NodeCluster, true}, {NodeDirector, true}, {NodeCatalog, true}, {NodeChain, true}, {NodeStorage, true}, {NodeClient, true},
	{NodeInstance, true},
	{NodeKey, true}, {NodeAWSRegion, true}, {NodeHost, true}, {NodeCredentials, false}, {NodeDNS, false}, {NodeManager, false},
	{NodeJournal, false}, {NodeBundle, false},
}

// Node is a thing that something needs to be brought back, or that needs something.
type Node struct {
	Kind NodeKind
	Name string // empty where there is only one
}

func (n Node) String() string { return strings.TrimSuffix(string(n.Kind)+" "+n.Name, " ") }

// MarshalText writes String.
func (n Node) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// maxNode bounds a name, in bytes: an ARN is longer than any name of Bacula's.
const maxNode = 256

// ParseNode reads "chain dbadb", "storage green sd-1", or "journal", which has no name unless somebody gives it one.
func ParseNode(text string) (Node, error) {
	kind, name, _ := strings.Cut(strings.TrimSpace(text), " ")
	name = strings.TrimSpace(name)
	words := make([]string, len(NodeKinds))
	for i, k := range NodeKinds {
		if words[i] = string(k.Kind); words[i] != kind {
			continue
		}
		first, rest, _ := strings.Cut(name, " ")
		of := first == Blue.String() || first == Green.String()
		switch {
		case len(name) > maxNode || name != Clean(name):
			return Node{}, fmt.Errorf("the name %.40q is not plain text of %d bytes at most", Clean(name), maxNode)
		case name == "" && k.Named:
			return Node{}, fmt.Errorf("which %s is not said", kind)
		case (k.Kind == NodeCluster || k.Kind == NodeCatalog) && (!of || rest != ""):
			return Node{}, fmt.Errorf("%s %.40q: want blue or green", kind, name)
		case k.Kind == NodeStorage && (!of || rest == ""):
			return Node{}, fmt.Errorf("storage %.40q: want blue or green, and its name", name)
		}
		return Node{k.Kind, name}, nil
	}
	return Node{}, fmt.Errorf("nothing is called %.40q: want one of %s, and its name", Clean(kind), strings.Join(words, ", "))
}

// Need is what one thing needs to be brought back: one of Any is enough.
type Need struct {
	Of  Node
	Any []Node
}

// OfferedGates are the gates, by ID, whose subject some pair of AWS regions, account, or edition of Bacula does not offer: of these a
// configuration may say that one is not available. None of them blocks.
var OfferedGates = []string{"rds-multi-az", "az-drill", "key-multi-region", "backups-replicated", "director-encrypted", "volumes-protected"}
