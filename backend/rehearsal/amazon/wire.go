package amazon

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	kmsschemas "github.com/aws/aws-sdk-go-v2/service/kms/schemas"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/aws/smithy-go/transport/http/protocol/rpcv2"
)

// elementNames are the lists whose XML element is not named after its Go type (or "member" for text), as the SDK reads them.
var elementNames = map[string]string{
	"AdditionalStorageVolumes":         "member",
	"DBParameterGroups":                "DBParameterGroup",
	"DBSecurityGroups":                 "DBSecurityGroup",
	"EventCategories":                  "EventCategory",
	"ReadReplicaDBClusterIdentifiers":  "ReadReplicaDBClusterIdentifier",
	"ReadReplicaDBInstanceIdentifiers": "ReadReplicaDBInstanceIdentifier",
}

// writeXML writes an output struct of the SDK as the query protocol's XML. What is nil is left out.
func writeXML(b *bytes.Buffer, name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			writeXML(b, name, v.Elem())
		}
		return
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		element := elementNames[name]
		if element == "" {
			element = "member"
			if v.Type().Elem().Kind() == reflect.Struct {
				element = v.Type().Elem().Name()
			}
		}
		b.WriteString("<" + name + ">")
		for i := range v.Len() {
			writeXML(b, element, v.Index(i))
		}
		b.WriteString("</" + name + ">")
		return
	case reflect.String:
		if v.Type().PkgPath() != "" && v.Len() == 0 { // an enum that is not set
			return
		}
	}
	b.WriteString("<" + name + ">")
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		b.WriteString(v.Interface().(time.Time).UTC().Format("2006-01-02T15:04:05.000Z"))
	case v.Kind() == reflect.Struct:
		writeFields(b, v)
	default:
		_ = xml.EscapeText(b, fmt.Append(nil, v.Interface())) // a buffer takes everything
	}
	b.WriteString("</" + name + ">")
}

func writeFields(b *bytes.Buffer, v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && f.Name != "ResultMetadata" {
			writeXML(b, f.Name, v.Field(i))
		}
	}
}

// queryAnswer is the whole body of a query answer.
func queryAnswer(operation string, out any, request string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<%sResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><%[1]sResult>`, operation)
	writeFields(&b, reflect.ValueOf(out).Elem())
	fmt.Fprintf(&b, `</%sResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%[1]sResponse>`, operation, request)
	return b.Bytes()
}

// Both schema-based services get their answers written by the SDK's own serializers, as if an output were an input.
var (
	cborWire = rpcv2.NewCBOR(schemas.GraniteServiceVersion20100801)
	jsonWire = awsjson.New11(kmsschemas.TrentService)
)

func schemaAnswer(wire smithyhttp.ClientProtocol, schema *smithy.Schema, out smithy.Serializable) ([]byte, error) {
	req := smithyhttp.NewStackRequest().(*smithyhttp.Request)
	ctx := middleware.WithOperationName(context.Background(), schema.ID().Name)
	if err := wire.SerializeRequest(ctx, smithy.NewOperationSchema(schema, schema, schema), out, req); err != nil {
		return nil, err
	}
	return io.ReadAll(req.GetStream())
}

// formTree turns a query form into nested maps: Filters.Filter.1.Name.
func formTree(form url.Values) map[string]any {
	root := map[string]any{}
	for key, values := range form {
		at := root
		path := strings.Split(key, ".")
		for _, p := range path[:len(path)-1] {
			next, ok := at[p].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[p] = next
			}
			at = next
		}
		at[path[len(path)-1]] = values[0]
	}
	return root
}

// cborTree turns a CBOR body into nested maps and lists.
func cborTree(body []byte) (any, error) {
	if len(body) == 0 {
		return map[string]any{}, nil
	}
	v, err := cbor.Decode(body)
	if err != nil {
		return nil, err
	}
	return plainCBOR(v), nil
}

func plainCBOR(v cbor.Value) any {
	switch v := v.(type) {
	case cbor.Map:
		m := map[string]any{}
		for k, e := range v {
			m[k] = plainCBOR(e)
		}
		return m
	case cbor.List:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = plainCBOR(e)
		}
		return l
	case cbor.String:
		return string(v)
	case cbor.Uint:
		return float64(v)
	case cbor.NegInt:
		return -float64(v)
	case cbor.Float32:
		return float64(v)
	case cbor.Float64:
		return float64(v)
	case cbor.Bool:
		return bool(v)
	case *cbor.Tag:
		return plainCBOR(v.Value)
	}
	return nil
}

// fill puts a tree into an input struct of the SDK, whose field names are the wire's.
func fill(dst reflect.Value, from any) error {
	if from == nil {
		return nil
	}
	if dst.Type() == reflect.TypeFor[time.Time]() {
		return fillTime(dst, from)
	}
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return fill(dst.Elem(), from)
	case reflect.Struct:
		tree, ok := from.(map[string]any)
		if !ok {
			return fmt.Errorf("%v is no structure", from)
		}
		for i := range dst.NumField() {
			if f := dst.Type().Field(i); f.IsExported() {
				if err := fill(dst.Field(i), tree[f.Name]); err != nil {
					return fmt.Errorf("%s: %w", f.Name, err)
				}
			}
		}
		return nil
	case reflect.Slice:
		items := listOf(from)
		dst.Set(reflect.MakeSlice(dst.Type(), len(items), len(items)))
		for i, item := range items {
			if err := fill(dst.Index(i), item); err != nil {
				return err
			}
		}
		return nil
	case reflect.String:
		dst.SetString(fmt.Sprint(from))
		return nil
	case reflect.Bool:
		b, err := strconv.ParseBool(fmt.Sprint(from))
		dst.SetBool(b)
		return err
	case reflect.Int32, reflect.Int64:
		f, err := strconv.ParseFloat(fmt.Sprint(from), 64)
		dst.SetInt(int64(f))
		return err
	case reflect.Float64:
		f, err := strconv.ParseFloat(fmt.Sprint(from), 64)
		dst.SetFloat(f)
		return err
	}
	return fmt.Errorf("a %s cannot be read", dst.Type())
}

func fillTime(dst reflect.Value, from any) error {
	t, err := time.Time{}, error(nil)
	switch v := from.(type) {
	case float64:
		t = time.UnixMilli(int64(v * 1000)).UTC()
	case string:
		t, err = time.Parse(time.RFC3339, v)
	default:
		err = fmt.Errorf("%v is no time", from)
	}
	dst.Set(reflect.ValueOf(t))
	return err
}

// listOf reads a list of either protocol; the query one has an element name and then numbers.
func listOf(from any) []any {
	switch v := from.(type) {
	case []any:
		return v
	case map[string]any:
		for _, inner := range v {
			numbered, ok := inner.(map[string]any)
			if !ok {
				return nil
			}
			keys := make([]int, 0, len(numbered))
			for k := range numbered {
				if n, err := strconv.Atoi(k); err == nil {
					keys = append(keys, n)
				}
			}
			slices.Sort(keys)
			out := make([]any, len(keys))
			for i, n := range keys {
				out[i] = numbered[strconv.Itoa(n)]
			}
			return out
		}
	}
	return nil
}

// Failure is an error as AWS words it.
type Failure struct {
	Status  int
	Code    string
	Message string
}

func (f *Failure) Error() string { return f.Code + ": " + f.Message }

func failure(status int, code, format string, args ...any) *Failure {
	return &Failure{status, code, fmt.Sprintf(format, args...)}
}

// write answers in the wire of the service that was asked.
func (f *Failure) write(w http.ResponseWriter, service, request string) {
	h := w.Header()
	kind := "Sender"
	if f.Status >= 500 {
		kind = "Receiver"
	}
	switch service {
	case "monitoring":
		h.Set("Content-Type", "application/cbor")
		h.Set("Smithy-Protocol", "rpc-v2-cbor")
		h.Set("X-Amzn-Query-Error", f.Code+";"+kind)
		w.WriteHeader(f.Status)
		_, _ = w.Write(cbor.Encode(cbor.Map{"__type": cbor.String(f.Code), "message": cbor.String(f.Message)}))
	case "kms":
		h.Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(f.Status)
		b, _ := json.Marshal(map[string]string{"__type": f.Code, "message": f.Message})
		_, _ = w.Write(b)
	case "s3":
		h.Set("Content-Type", "application/xml")
		w.WriteHeader(f.Status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message><RequestId>%s</RequestId></Error>", f.Code, escape(f.Message), request)
	default:
		h.Set("Content-Type", "text/xml")
		w.WriteHeader(f.Status)
		fmt.Fprintf(
			w,
			"<ErrorResponse><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>",
			kind,
			f.Code,
			escape(f.Message),
			request,
		)
	}
}

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
