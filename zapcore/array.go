package zapcore

import (
	"time"

	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/internal/jsonenc"
)

// This file has the methods of an array encoder.

// next begins an element of the array that is open.
func (e *encoder) next() []byte { return jsonenc.AppendComma(e.dst) }

func (e *encoder) AppendArray(m upstream.ArrayMarshaler) error {
	e.dst = e.next()
	return e.array(m)
}

func (e *encoder) AppendObject(m upstream.ObjectMarshaler) error {
	e.dst = e.next()
	return e.object(m)
}

func (e *encoder) AppendReflected(v any) error {
	e.dst = jsonenc.AppendAny(e.next(), v, e.limit)
	return nil
}

func (e *encoder) AppendBool(v bool) { e.dst = jsonenc.AppendBool(e.next(), v) }
func (e *encoder) AppendByteString(v []byte) {
	e.dst = jsonenc.AppendBytes(e.next(), jsonenc.Fit(v, e.room()))
}

func (e *encoder) AppendString(v string) {
	e.dst = jsonenc.AppendLimited(e.next(), v, e.limit)
}

func (e *encoder) AppendComplex128(v complex128)  { e.dst = jsonenc.AppendComplex(e.next(), v, 128) }
func (e *encoder) AppendDuration(v time.Duration) { e.dst = jsonenc.AppendDuration(e.next(), v) }
func (e *encoder) AppendTime(v time.Time)         { e.dst = jsonenc.AppendTime(e.next(), v) }
func (e *encoder) AppendFloat64(v float64)        { e.dst = jsonenc.AppendFloat64(e.next(), v) }
func (e *encoder) AppendFloat32(v float32)        { e.dst = jsonenc.AppendFloat32(e.next(), v) }
func (e *encoder) AppendInt64(v int64)            { e.dst = jsonenc.AppendInt(e.next(), v) }
func (e *encoder) AppendUint64(v uint64)          { e.dst = jsonenc.AppendUint(e.next(), v) }
func (e *encoder) AppendInt(v int)                { e.AppendInt64(int64(v)) }
func (e *encoder) AppendInt32(v int32)            { e.AppendInt64(int64(v)) }
func (e *encoder) AppendInt16(v int16)            { e.AppendInt64(int64(v)) }
func (e *encoder) AppendInt8(v int8)              { e.AppendInt64(int64(v)) }
func (e *encoder) AppendUint(v uint)              { e.AppendUint64(uint64(v)) }
func (e *encoder) AppendUint32(v uint32)          { e.AppendUint64(uint64(v)) }
func (e *encoder) AppendUint16(v uint16)          { e.AppendUint64(uint64(v)) }
func (e *encoder) AppendUint8(v uint8)            { e.AppendUint64(uint64(v)) }
func (e *encoder) AppendUintptr(v uintptr)        { e.AppendUint64(uint64(v)) }

func (e *encoder) AppendComplex64(v complex64) {
	e.dst = jsonenc.AppendComplex(e.next(), complex128(v), 64)
}
