package differential

import (
	"errors"

	"go.uber.org/zap"
)

func (s *source) zapScalar(key string) zap.Field {
	switch s.below(22) {
	case 0:
		return zap.String(key, s.str())
	case 1:
		return zap.Int64(key, s.int())
	case 2:
		return zap.Uint64(key, uint64(s.int()))
	case 3:
		return zap.Float64(key, s.float())
	case 4:
		return zap.Float32(key, s.float32())
	case 5:
		return zap.Bool(key, s.one(2))
	case 6:
		return zap.Time(key, s.time())
	case 7:
		return zap.Duration(key, s.duration())
	case 8:
		return zap.ByteString(key, s.raw())
	case 9:
		return zap.Binary(key, append([]byte{}, s.raw()...)) // nil is null with us, as with encoding/json
	case 10:
		return zap.Complex128(key, s.complex())
	case 11:
		return zap.Complex64(key, complex64(s.complex()))
	case 12:
		return zap.Int(key, int(s.int()))
	case 13:
		return zap.Int32(key, int32(s.int()))
	case 14:
		return zap.Int16(key, int16(s.int()))
	case 15:
		return zap.Int8(key, int8(s.int()))
	case 16:
		return zap.Uint(key, uint(s.int()))
	case 17:
		return zap.Uint32(key, uint32(s.int()))
	case 18:
		return zap.Uint16(key, uint16(s.int()))
	case 19:
		return zap.Uint8(key, uint8(s.int()))
	case 20:
		return zap.Uintptr(key, uintptr(s.int()))
	default:
		return zap.Namespace(key)
	}
}

func (s *source) zapPointer(key string) zap.Field {
	none := s.one(4)
	switch s.below(8) {
	case 0:
		return pointer(zap.Stringp, key, s.str(), none)
	case 1:
		return pointer(zap.Int64p, key, s.int(), none)
	case 2:
		return pointer(zap.Float64p, key, s.float(), none)
	case 3:
		return pointer(zap.Float32p, key, s.float32(), none)
	case 4:
		return pointer(zap.Boolp, key, true, none)
	case 5:
		return pointer(zap.Timep, key, s.time(), none)
	case 6:
		return pointer(zap.Durationp, key, s.duration(), none)
	default:
		return pointer(zap.Complex128p, key, s.complex(), none)
	}
}

func pointer[T any](field func(string, *T) zap.Field, key string, v T, none bool) zap.Field {
	if none {
		return field(key, nil)
	}
	return field(key, &v)
}

func (s *source) zapSlice(key string) zap.Field {
	switch s.below(16) {
	case 0:
		return zap.Strings(key, list(s, s.str))
	case 1:
		return zap.ByteStrings(key, list(s, s.raw))
	case 2:
		return zap.Int64s(key, list(s, s.int))
	case 3:
		return zap.Uint64s(key, list(s, func() uint64 { return uint64(s.int()) }))
	case 4:
		return zap.Float64s(key, list(s, s.float))
	case 5:
		return zap.Float32s(key, list(s, s.float32))
	case 6:
		return zap.Bools(key, list(s, func() bool { return s.one(2) }))
	case 7:
		return zap.Times(key, list(s, s.time))
	case 8:
		return zap.Durations(key, list(s, s.duration))
	case 9:
		return zap.Complex128s(key, list(s, s.complex))
	case 10:
		return zap.Complex64s(key, list(s, func() complex64 { return complex64(s.complex()) }))
	case 11:
		return zap.Errors(key, list(s, func() error { return errors.New(s.str()) }))
	case 12:
		return zap.Stringers(key, list(s, func() stringer { return stringer{s.str()} }))
	case 13:
		return zap.Uint8s(key, list(s, func() uint8 { return s.byte() }))
	case 14:
		return zap.Int8s(key, list(s, func() int8 { return int8(s.byte()) }))
	default:
		return zap.Uintptrs(key, list(s, func() uintptr { return uintptr(s.int()) }))
	}
}

func (s *source) zapOdd(key string) zap.Field {
	switch s.below(9) {
	case 0, 1:
		return zap.NamedError(key, s.err())
	case 2:
		return zap.Error(s.err())
	case 3:
		return zap.Stringer(key, stringer{s.str()})
	case 4:
		return zap.Stringer(key, badString{s.str()})
	case 5:
		return zap.Stringer(key, (*stringer)(nil))
	case 6:
		return zap.Stringer(key, nil)
	case 7:
		return zap.Skip()
	default:
		return zap.Namespace(key)
	}
}
