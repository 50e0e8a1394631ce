package amazon

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// Group is a DB parameter group: what its owner set, over what a default group has.
type Group struct {
	Region, Name string
	Set          map[string]string
}

// defaults are the parameters of a default group that the product asks for. A value that is not there is left to the engine.
var defaults = map[string]string{
	"read_only":                      "{TrueIfReplica}",
	"max_connections":                "{DBInstanceClassMemory/12582880}",
	"innodb_buffer_pool_size":        "{DBInstanceClassMemory*3/4}",
	"gtid-mode":                      "OFF_PERMISSIVE",
	"enforce_gtid_consistency":       "OFF",
	"require_secure_transport":       "0",
	"innodb_flush_log_at_trx_commit": "1",
	"sync_binlog":                    "1",
	"binlog_format":                  "",
	"max_allowed_packet":             "",
	"sql_mode":                       "",
	"time_zone":                      "",
}

// static parameters wait for a reboot.
var static = map[string]bool{
	"innodb_buffer_pool_size":  false,
	"gtid-mode":                true,
	"enforce_gtid_consistency": true,
	"lower_case_table_names":   true,
	"performance_schema":       true,
}

type group struct {
	Group
	values map[string]string
}

func newGroup(g Group) *group {
	values := maps.Clone(defaults)
	maps.Copy(values, g.Set)
	return &group{Group: g, values: values}
}

func (c *Cloud) firstGroup(region string) string {
	var names []string
	for at := range c.groups {
		if at.region == region {
			names = append(names, at.id)
		}
	}
	if len(names) == 0 {
		return "default.mysql8.4"
	}
	return slices.Min(names)
}

// group finds a parameter group; the default one is everywhere. The lock is held.
func (c *Cloud) group(region, name string) (*group, error) {
	if g := c.groups[place{region, name}]; g != nil {
		return g, nil
	}
	if name == "default.mysql8.4" {
		return newGroup(Group{Region: region, Name: name}), nil
	}
	return nil, failure(404, "DBParameterGroupNotFound", "DBParameterGroup not found: %s", name)
}

func (c *Cloud) describeGroups(
	_ context.Context,
	r request,
	in *rds.DescribeDBParameterGroupsInput,
) (*rds.DescribeDBParameterGroupsOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := []string{"default.mysql8.4"}
	for at := range c.groups {
		if at.region == r.region && at.id != names[0] {
			names = append(names, at.id)
		}
	}
	if in.DBParameterGroupName != nil {
		if _, err := c.group(r.region, *in.DBParameterGroupName); err != nil {
			return nil, err
		}
		names = []string{*in.DBParameterGroupName}
	}
	slices.Sort(names)
	out := make([]types.DBParameterGroup, len(names))
	for i, n := range names {
		out[i] = types.DBParameterGroup{
			DBParameterGroupArn:    ptr(arn("rds", r.region, "pg:"+n)),
			DBParameterGroupFamily: ptr("mysql8.4"),
			DBParameterGroupName:   ptr(n),
			Description:            ptr(n),
		}
	}
	list, marker, err := page(out, in.Marker, in.MaxRecords)
	return &rds.DescribeDBParameterGroupsOutput{DBParameterGroups: list, Marker: marker}, err
}

func (c *Cloud) describeParameters(
	_ context.Context,
	r request,
	in *rds.DescribeDBParametersInput,
) (*rds.DescribeDBParametersOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, err := c.group(r.region, value(in.DBParameterGroupName))
	if err != nil {
		return nil, err
	}
	var asked []string
	for _, f := range in.Filters {
		if value(f.Name) != "parameter-name" {
			return nil, failure(400, "InvalidParameterValue", "Unrecognized filter name: %s", value(f.Name))
		}
		asked = append(asked, f.Values...)
	}
	out := []types.Parameter{}
	for _, name := range slices.Sorted(maps.Keys(g.values)) {
		source := "system"
		if _, own := g.Set[name]; own {
			source = "user"
		}
		if len(asked) > 0 && !slices.Contains(asked, name) || in.Source != nil && *in.Source != source {
			continue
		}
		p := types.Parameter{
			ParameterName: ptr(name),
			Source:        &source,
			ApplyType:     ptr("dynamic"),
			ApplyMethod:   types.ApplyMethodPendingReboot,
			IsModifiable:  ptr(true),
			DataType:      ptr("string"),
		}
		if static[name] {
			p.ApplyType = ptr("static")
		}
		if v := g.values[name]; v != "" {
			p.ParameterValue = &v
		}
		out = append(out, p)
	}
	list, marker, err := page(out, in.Marker, in.MaxRecords)
	return &rds.DescribeDBParametersOutput{Parameters: list, Marker: marker}, err
}

// modifyGroup changes parameters. A dynamic read_only reaches the servers of every instance of the group at once.
func (c *Cloud) modifyGroup(
	ctx context.Context,
	r request,
	in *rds.ModifyDBParameterGroupInput,
) (*rds.ModifyDBParameterGroupOutput, error) {
	c.mu.Lock()
	g, ok := c.groups[place{r.region, value(in.DBParameterGroupName)}]
	if !ok {
		c.mu.Unlock()
		return nil, failure(404, "DBParameterGroupNotFound", "DBParameterGroup not found: %s", value(in.DBParameterGroupName))
	}
	readOnly := map[string]bool{}
	for _, p := range in.Parameters {
		name, v := value(p.ParameterName), value(p.ParameterValue)
		if g.Set == nil {
			g.Set = map[string]string{}
		}
		g.Set[name], g.values[name] = v, v
		for at, i := range c.instances {
			if at.region != r.region || *i.DBParameterGroups[0].DBParameterGroupName != g.Name {
				continue
			}
			if static[name] {
				i.DBParameterGroups = groupStatus(g.Name, "pending-reboot")
			}
			if name == "read_only" {
				readOnly[at.id] = isReadOnly(v, i)
			}
		}
	}
	c.mu.Unlock()
	for id, on := range readOnly {
		if c.o.Backend.ReadOnly != nil {
			if err := c.o.Backend.ReadOnly(ctx, id, on); err != nil {
				return nil, err
			}
		}
	}
	return &rds.ModifyDBParameterGroupOutput{DBParameterGroupName: in.DBParameterGroupName}, nil
}

func groupStatus(name, status string) []types.DBParameterGroupStatus {
	return []types.DBParameterGroupStatus{{DBParameterGroupName: &name, ParameterApplyStatus: &status}}
}

// isReadOnly works out read_only of a parameter group for an instance.
func isReadOnly(v string, in *instance) bool {
	switch strings.ToLower(v) {
	case "1", "on", "true":
		return true
	case "0", "off", "false":
		return false
	}
	return in.ReadReplicaSourceDBInstanceIdentifier != nil
}

// Key is a KMS key.
type Key struct {
	Region, ID  string // mrk-... is a multi-Region key
	MultiRegion bool
	Disabled    bool
	Deletes     time.Time // scheduled; zero: not

	noticed time.Time // when RDS notices that the key is gone
}

func (c *Cloud) firstKey(region string) string {
	var ids []string
	for at := range c.keys {
		if at.region == region {
			ids = append(ids, at.id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return slices.Min(ids)
}

func nameOfKey(id string) string {
	if i := strings.LastIndexByte(id, '/'); i >= 0 {
		return id[i+1:]
	}
	return id
}

// DisableKey takes a key out of use, or puts it back. RDS notices after about two hours of AWS's time and then shuts the instance out.
func (c *Cloud) DisableKey(region, id string, disabled bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.keys[place{region, id}]; k != nil {
		k.Disabled, k.noticed = disabled, time.Time{}
		if disabled {
			k.noticed = c.now().Add(c.real(2 * time.Hour))
		}
	}
}

// key finds a key by its id or ARN. The caller holds the mutex.
func (c *Cloud) key(region, id string) (*Key, error) {
	k := c.keys[place{region, nameOfKey(id)}]
	if k == nil || strings.HasPrefix(id, "arn:") && id != arn("kms", region, "key/"+k.ID) {
		return nil, failure(400, "NotFoundException", "Key '%s' does not exist", cmp.Or(id, "?"))
	}
	return k, nil
}

// createGrant tells whether a grant would be made. The rehearsal makes none: nothing of it asks for one.
func (c *Cloud) createGrant(_ context.Context, r request, in *kms.CreateGrantInput) (*kms.CreateGrantOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, err := c.key(r.region, value(in.KeyId))
	switch {
	case err != nil:
		return nil, err
	case !k.Deletes.IsZero():
		return nil, failure(400, "KMSInvalidStateException", "%s is pending deletion.", arn("kms", r.region, "key/"+k.ID))
	case k.Disabled:
		return nil, failure(400, "DisabledException", "%s is disabled.", arn("kms", r.region, "key/"+k.ID))
	case value(in.GranteePrincipal) == "" || len(in.Operations) == 0:
		return nil, failure(400, "ValidationException", "GranteePrincipal and Operations are required")
	case !value(in.DryRun):
		return nil, failure(501, "UnsupportedOperationException", "The rehearsal makes no grants.")
	}
	return nil, failure(412, "DryRunOperationException", "The request would have succeeded, but the DryRun parameter is set.")
}

func (c *Cloud) describeKey(_ context.Context, r request, in *kms.DescribeKeyInput) (*kms.DescribeKeyOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, err := c.key(r.region, value(in.KeyId))
	if err != nil {
		return nil, err
	}
	m := &kmstypes.KeyMetadata{
		KeyId: ptr(
			k.ID,
		),
		Arn:          ptr(arn("kms", r.region, "key/"+k.ID)),
		AWSAccountId: ptr(Account),
		CreationDate: ptr(time.Date(2024, 7, 1, 9, 0, 0, 0, time.UTC)),
		Enabled: !k.Disabled &&
			k.Deletes.IsZero(),
		KeyState:             kmstypes.KeyStateEnabled,
		KeyManager:           kmstypes.KeyManagerTypeCustomer,
		Origin:               kmstypes.OriginTypeAwsKms,
		KeySpec:              kmstypes.KeySpecSymmetricDefault,
		KeyUsage:             kmstypes.KeyUsageTypeEncryptDecrypt,
		MultiRegion:          ptr(k.MultiRegion),
		Description:          ptr("bacula catalog"),
		EncryptionAlgorithms: []kmstypes.EncryptionAlgorithmSpec{kmstypes.EncryptionAlgorithmSpecSymmetricDefault},
	}
	switch {
	case !k.Deletes.IsZero():
		m.KeyState, m.DeletionDate = kmstypes.KeyStatePendingDeletion, ptr(k.Deletes)
	case k.Disabled:
		m.KeyState = kmstypes.KeyStateDisabled
	}
	if k.MultiRegion {
		m.MultiRegionConfiguration = &kmstypes.MultiRegionConfiguration{
			MultiRegionKeyType: kmstypes.MultiRegionKeyTypePrimary,
			PrimaryKey:         &kmstypes.MultiRegionKey{Arn: m.Arn, Region: ptr(r.region)},
		}
	}
	return &kms.DescribeKeyOutput{KeyMetadata: m}, nil
}
