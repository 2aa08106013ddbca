package zapcore

import (
	"encoding/base64"
	"reflect"
	"sync"
	"time"

	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/internal/jsonenc"
)

// encoder appends fields to a record. It is at once the object and the array
// that is open, as encoders of zap are.
type encoder struct {
	dst   []byte
	limit int // its length from which on nothing more is nested
	open  int // namespaces that are open in the present object
	depth int // these, and all objects and arrays that are open

	inlined int // dicts that are open, and no objects
}

var (
	_ upstream.ObjectEncoder = (*encoder)(nil)
	_ upstream.ArrayEncoder  = (*encoder)(nil)
)

var encoders = sync.Pool{New: func() any { return new(encoder) }}

// newEncoder returns an encoder for a record of c.
func (c *core) newEncoder() *encoder {
	e := encoders.Get().(*encoder)
	e.limit = c.limit
	return e
}

// free gives the encoder back without the memory of the record.
func (e *encoder) free() {
	*e = encoder{}
	encoders.Put(e)
}

// room returns how many bytes the record may still grow.
func (e *encoder) room() int { return e.limit - len(e.dst) }

// state is what a field may change, for reset.
type state struct{ length, open, depth int }

func (e *encoder) mark() state { return state{len(e.dst), e.open, e.depth} }

func (e *encoder) reset(s state) { e.dst, e.open, e.depth = e.dst[:s.length], s.open, s.depth }

// key begins a member of the object that is open.
func (e *encoder) key(key string) {
	if e.depth == 0 {
		e.dst = jsonenc.AppendFieldKey(e.dst, key)
		return
	}
	e.dst = jsonenc.AppendKey(e.dst, key)
}

// object appends an object.
func (e *encoder) object(m upstream.ObjectMarshaler) (err error) {
	if m == nil {
		e.dst = append(e.dst, "null"...)
		return nil
	}
	if e.tooDeep() {
		return nil
	}
	mark, done := e.mark(), false
	defer func() {
		if !done {
			e.replace(mark, m, recover())
		}
	}()
	e.dst = append(e.dst, '{')
	e.open = 0
	e.depth++
	err = e.members(m)
	e.closeNamespaces(0)
	e.depth, e.open = mark.depth, mark.open
	e.dst = append(e.dst, '}')
	done = true
	return err
}

// dict is the type of an object that zap makes of fields.
var dict = reflect.TypeOf(zap.DictObject())

// members appends the members of an object. Those of a dict would pass addField by:
// zap adds them itself. There is no other way to them than reflection, of which
// only their type costs anything.
func (e *encoder) members(m upstream.ObjectMarshaler) error {
	if reflect.TypeOf(m) != dict {
		return m.MarshalLogObject(e)
	}
	fields := reflect.ValueOf(m)
	for i := range fields.Len() {
		e.addField(fields.Index(i).Addr().Interface().(*upstream.Field))
	}
	return nil
}

// array appends an array.
func (e *encoder) array(m upstream.ArrayMarshaler) (err error) {
	if m == nil {
		e.dst = append(e.dst, "null"...)
		return nil
	}
	if e.tooDeep() {
		return nil
	}
	mark, done := e.mark(), false
	defer func() {
		if !done {
			e.replace(mark, m, recover())
		}
	}()
	e.dst = append(e.dst, '[')
	e.depth++
	err = m.MarshalLogArray(e)
	e.depth = mark.depth
	e.dst = append(e.dst, ']')
	done = true
	return err
}

// replace appends what stands for a value that has panicked with p since mark:
// null if it is a nil pointer.
func (e *encoder) replace(mark state, v, p any) {
	e.reset(mark)
	if r := reflect.ValueOf(v); !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil() {
		e.dst = append(e.dst, "null"...)
		return
	}
	e.dst = jsonenc.AppendPanic(e.dst, p)
}

// tooDeep reports whether no more may be nested, and appends a string that says
// so. A value that brings itself along would not end otherwise.
func (e *encoder) tooDeep() bool {
	if e.depth < jsonenc.MaxGroups && len(e.dst) < e.limit {
		return false
	}
	e.dst = jsonenc.AppendTooDeep(e.dst)
	return true
}

// OpenNamespace puts the fields that follow into a nested object, unless that
// would be nested too deep.
func (e *encoder) OpenNamespace(key string) {
	if e.depth >= jsonenc.MaxGroups {
		return
	}
	e.key(key)
	e.dst = append(e.dst, '{')
	e.open++
	e.depth++
}

// closeNamespaces closes all but n.
func (e *encoder) closeNamespaces(n int) {
	for ; e.open > n; e.open-- {
		e.dst = append(e.dst, '}')
		e.depth--
	}
}

// The methods of an object encoder.

func (e *encoder) AddArray(key string, m upstream.ArrayMarshaler) error {
	e.key(key)
	return e.array(m)
}

func (e *encoder) AddObject(key string, m upstream.ObjectMarshaler) error {
	e.key(key)
	return e.object(m)
}

func (e *encoder) AddBinary(key string, v []byte) {
	e.key(key)
	if v == nil {
		e.dst = append(e.dst, "null"...)
		return
	}
	e.dst = append(e.dst, '"')
	e.dst = base64.StdEncoding.AppendEncode(e.dst, jsonenc.Fit(v, e.room()))
	e.dst = append(e.dst, '"')
}

func (e *encoder) AddReflected(key string, v any) error {
	e.key(key)
	e.dst = jsonenc.AppendAny(e.dst, v, e.limit)
	return nil
}

func (e *encoder) AddByteString(key string, v []byte) {
	e.key(key)
	e.dst = jsonenc.AppendBytes(e.dst, jsonenc.Fit(v, e.room()))
}

func (e *encoder) AddBool(key string, v bool) {
	e.key(key)
	e.dst = jsonenc.AppendBool(e.dst, v)
}

func (e *encoder) AddComplex128(key string, v complex128) {
	e.key(key)
	e.dst = jsonenc.AppendComplex(e.dst, v, 128)
}

func (e *encoder) AddComplex64(key string, v complex64) {
	e.key(key)
	e.dst = jsonenc.AppendComplex(e.dst, complex128(v), 64)
}

func (e *encoder) AddDuration(key string, v time.Duration) {
	e.key(key)
	e.dst = jsonenc.AppendDuration(e.dst, v)
}

func (e *encoder) AddFloat64(key string, v float64) {
	e.key(key)
	e.dst = jsonenc.AppendFloat64(e.dst, v)
}

func (e *encoder) AddFloat32(key string, v float32) {
	e.key(key)
	e.dst = jsonenc.AppendFloat32(e.dst, v)
}

func (e *encoder) AddInt64(key string, v int64) {
	e.key(key)
	e.dst = jsonenc.AppendInt(e.dst, v)
}

func (e *encoder) AddString(key, v string) {
	e.key(key)
	e.dst = jsonenc.AppendLimited(e.dst, v, e.limit)
}

func (e *encoder) AddTime(key string, v time.Time) {
	e.key(key)
	e.dst = jsonenc.AppendTime(e.dst, v)
}

func (e *encoder) AddUint64(key string, v uint64) {
	e.key(key)
	e.dst = jsonenc.AppendUint(e.dst, v)
}

func (e *encoder) AddInt(key string, v int)         { e.AddInt64(key, int64(v)) }
func (e *encoder) AddInt32(key string, v int32)     { e.AddInt64(key, int64(v)) }
func (e *encoder) AddInt16(key string, v int16)     { e.AddInt64(key, int64(v)) }
func (e *encoder) AddInt8(key string, v int8)       { e.AddInt64(key, int64(v)) }
func (e *encoder) AddUint(key string, v uint)       { e.AddUint64(key, uint64(v)) }
func (e *encoder) AddUint32(key string, v uint32)   { e.AddUint64(key, uint64(v)) }
func (e *encoder) AddUint16(key string, v uint16)   { e.AddUint64(key, uint64(v)) }
func (e *encoder) AddUint8(key string, v uint8)     { e.AddUint64(key, uint64(v)) }
func (e *encoder) AddUintptr(key string, v uintptr) { e.AddUint64(key, uint64(v)) }
