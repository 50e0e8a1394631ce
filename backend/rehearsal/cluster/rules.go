package cluster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchyard/model"
)

// rules are what Bacula asks of a kind of resource: the directives it permits, those it does not do without, and what a directive names.
type rules struct {
	permits  []string
	requires []string
	names    map[string]string
}

func permits(words string) []string {
	return append(strings.Fields(words), "name", "description")
}

var ofJob = map[string]string{"jobdefs": "jobdefs", "client": "client", "fileset": "fileset", "schedule": "schedule", "storage": "storage",
	"pool": "pool", "messages": "messages", "fullbackuppool": "pool", "incrementalbackuppool": "pool", "differentialbackuppool": "pool"}

const jobWords = `type level messages storage pool nextpool fullbackuppool incrementalbackuppool differentialbackuppool client restoreclient
	fileset schedule verifyjob jobtoverify jobdefs run where regexwhere stripprefix addprefix addsuffix bootstrap writebootstrap
	writeverifylist replace maximumbandwidth
	maxrunschedtime maxruntime fullmaxwaittime fullmaxruntime incrementalmaxwaittime incrementalmaxruntime
	differentialmaxwaittime differentialmaxruntime maxwaittime maxstartdelay maxfullinterval maxvirtualfullinterval maxdiffinterval
	prefixlinks prunejobs prunefiles prunevolumes purgemigrationjob enabled spoolattributes spooldata spoolsize rerunfailedlevels
	runbeforejob runafterjob runafterfailedjob clientrunbeforejob clientrunafterjob consolerunbeforejob consolerunafterjob runscript
	selectionpattern selectiontype maximumconcurrentjobs rescheduleonerror rescheduleincompletejobs rescheduleinterval rescheduletimes
	priority allowmixedpriority writepartafterjob accurate allowduplicatejobs allowhigherduplicates cancellowerlevelduplicates
	cancelqueuedduplicates cancelrunningduplicates deleteconsolidatedjobs pluginoptions base protocol tag snapshotretention
	backupstokeep comment maximumspawnedjobs storagegrouppolicy`

// kinds are the resources of a Director's configuration.
var kinds = map[string]rules{
	"director": {permits(`messages dirport diraddress diraddresses dirsourceaddress queryfile workingdirectory plugindirectory scriptsdirectory
		piddirectory subsysdirectory maximumconcurrentjobs maximumconsoleconnections maximumreloadrequests password fdconnecttimeout
		sdconnecttimeout heartbeatinterval tlsenable tlsrequire tlspskenable tlsverifypeer tlscertificate tlskey tlscacertificatefile
		statisticsretention verid fipsrequire autoprune`), []string{"messages", "queryfile", "workingdirectory", "password"},
		map[string]string{"messages": "messages"}},
	"catalog": {permits(`dbaddress address dbport dbpassword password dbuser user dbname dbdriver dbsocket multipledbconnections
		disablebatchinsert dbsslmode dbsslkey dbsslcert dbsslca dbsslcapath dbsslcipher`), []string{"dbname"}, nil},
	"client": {permits(`address fdaddress fdport password fdpassword catalog fileretention jobretention autoprune maximumconcurrentjobs
		maximumbandwidthperjob heartbeatinterval tlsenable tlsrequire tlspskenable tlscertificate tlskey tlscacertificatefile enabled
		sdcallsclient snapshotretention fdstorageaddress`), []string{"address", "password", "catalog"}, map[string]string{"catalog": "catalog"}},
	"fileset":  {permits("include exclude ignorefilesetchanges enablevss enablesnapshot"), nil, nil},
	"schedule": {permits("run enabled"), nil, nil},
	"storage": {permits(`address sdaddress sdport password sdpassword device mediatype autochanger enabled maximumconcurrentjobs
		maximumconcurrentreadjobs allowcompression heartbeatinterval tlsenable tlsrequire tlspskenable fdstorageaddress group sharedstorage`),
		[]string{"address", "password", "device", "mediatype"}, nil},
	"pool": {permits(`pooltype labelformat labeltype cleaningprefix usecatalog purgeoldestvolume actiononpurge recycleoldestvolume
		recyclecurrentvolume maximumvolumes maximumvolumejobs maximumvolumefiles maximumvolumebytes catalogfiles volumeretention cacheretention
		volumeuseduration migrationtime migrationhighbytes migrationlowbytes nextpool storage autoprune recycle recyclepool scratchpool
		copypool fileretention jobretention maximumpoolbytes`), []string{"pooltype"}, map[string]string{"storage": "storage"}},
	"messages": {
		permits(`mailcommand operatorcommand director console syslog append file mail mailonerror mailonsuccess operator catalog stdout
		stderr`),
		nil,
		nil,
	},
	"console": {permits(`password jobacl clientacl storageacl scheduleacl poolacl commandacl filesetacl catalogacl whereacl pluginoptionsacl
		backupclientacl restoreclientacl directoryacl userid useridacl tlsenable tlsrequire tlspskenable`), []string{"password"}, nil},
	"counter": {permits("minimum maximum wrapcounter catalog"), nil, nil},
	"jobdefs": {permits(jobWords), nil, ofJob},
	"job":     {permits(jobWords), []string{"type", "client", "fileset", "pool", "messages"}, ofJob},
}

func init() { kinds["autochanger"] = kinds["storage"] }

// errRequired is a directive that is missing: 9.6 does not survive it, not even in a reload (2 of 2 with real ones).
type errRequired struct{ directive, kind, name string }

func (e errRequired) Error() string {
	return fmt.Sprintf("%q directive in %s %q resource is required, but not found.", e.directive, e.kind, e.name)
}

// errDangling is a directive that names a resource which is not there. A reload of 9.6 says so and applies the file all the same.
type errDangling struct{ name, kind, from, at string }

func (e errDangling) Error() string {
	return fmt.Sprintf("Could not find config Resource %q referenced on %s: %s of %s", e.name, e.at, e.kind, e.from)
}

// config is a whole configuration as a Director has it.
type config struct {
	all map[string]map[string]*resource // by kind and name
	of  map[string][]string             // names by kind, in the file's order
}

// readConfig reads a whole configuration. With an errDangling it is still one that a Director of 9.6 goes on with.
func readConfig(path string, read func(string) ([]byte, error)) (*config, error) {
	all, err := resources(path, read)
	if err != nil {
		return nil, err
	}
	c := &config{all: map[string]map[string]*resource{}, of: map[string][]string{}}
	for _, r := range all {
		if r.kind == "autochanger" {
			r.kind = "storage"
		}
		if r.name == "" {
			return nil, errRequired{"Name", r.kind, ""}
		}
		if len(r.name) > 127 {
			return nil, fmt.Errorf("name %q is longer than 127 bytes: %s", r.name, r.at)
		}
		if c.all[r.kind] == nil {
			c.all[r.kind] = map[string]*resource{}
		}
		if c.all[r.kind][r.name] != nil {
			//lint:ignore ST1005 These are Bacula's own words.
			return nil, fmt.Errorf("Attempt to define second %q resource named %q is not permitted: %s",
				r.kind, r.name, r.at)
		}
		c.all[r.kind][r.name] = r
		c.of[r.kind] = append(c.of[r.kind], r.name)
	}
	return c, c.check()
}

// check finds what Bacula finds before it takes a configuration: what is missing, then what names nothing.
func (c *config) check() error {
	if n := len(c.of["director"]); n != 1 {
		return fmt.Errorf("want one Director resource, not %d", n)
	}
	if len(c.of["catalog"]) == 0 {
		return errors.New("no Catalog resource defined")
	}
	dangling := c.dangling()
	for _, name := range c.of["job"] {
		c.inherit(c.all["job"][name])
	}
	for _, kind := range slices.Sorted(maps.Keys(c.of)) {
		for _, name := range c.of[kind] {
			for _, directive := range kinds[kind].requires {
				if r := c.all[kind][name]; !r.has(directive) {
					return errRequired{directive, kind, name}
				}
			}
		}
	}
	for _, name := range c.of["job"] {
		if j := c.all["job"][name]; j.get("storage") == "" {
			pool := c.all["pool"][j.get("pool")]
			if pool != nil && pool.get("storage") == "" {
				return errRequired{"storage", "job", name}
			}
		}
	}
	for _, kind := range []string{"client", "pool"} {
		for _, name := range c.of[kind] {
			for _, directive := range []string{"jobretention", "fileretention", "volumeretention"} {
				r := c.all[kind][name]
				if _, err := retention(r.get(directive)); err != nil {
					return fmt.Errorf("%w: %s %q, %s", err, kind, name, r.at)
				}
			}
		}
	}
	for _, name := range c.of["schedule"] {
		r := c.all["schedule"][name]
		if !r.has("run") {
			continue
		}
		if _, err := model.ParseSchedule(r.every("run")...); err != nil {
			return fmt.Errorf("schedule %q: %w: %s", name, err, r.at)
		}
	}
	return dangling
}

// dangling is the first directive that names what is not there.
func (c *config) dangling() error {
	for _, kind := range []string{"director", "client", "pool", "jobdefs", "job"} {
		for _, from := range c.of[kind] {
			r := c.all[kind][from]
			for _, directive := range slices.Sorted(maps.Keys(kinds[kind].names)) {
				names := kinds[kind].names[directive]
				for _, value := range r.every(directive) {
					for name := range strings.SplitSeq(value, ",") {
						if name = strings.Trim(strings.TrimSpace(name), `"`); c.all[names][name] == nil {
							return errDangling{name, names, kind + " " + from, r.at}
						}
					}
				}
			}
		}
	}
	return nil
}

// inherit gives a Job what its JobDefs say and it does not.
func (c *config) inherit(job *resource) {
	defs := c.all["jobdefs"][job.get("jobdefs")]
	if defs == nil {
		return
	}
	var more []said
	for _, s := range defs.says {
		if head, _, _ := strings.Cut(s.directive, "."); head == "runscript" || s.directive != "name" && !job.has(s.directive) {
			more = append(more, s)
		}
	}
	job.says = slices.Concat(more, job.says)
}

// no tells whether a directive says no.
func (r *resource) no(directive string) bool {
	v := strings.ToLower(r.get(directive))
	return v == "no" || v == "false" || v == "0"
}
