package bench

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func zapCall(c zapcore.Core, shape string) func() {
	l := zap.New(c)
	var ten [10]zap.Field
	zapFields(&ten, keys[:])
	switch shape {
	case Five:
		return func() {
			l.Info(text, zap.String("method", method), zap.String("path", path), zap.Int("status", status), zap.Duration("took", took),
				zap.Float64("ratio", ratio))
		}
	case Ten:
		return func() {
			l.Info(text, zap.String("method", method), zap.String("path", path), zap.Int("status", status), zap.Duration("took", took),
				zap.Float64("ratio", ratio), zap.String("user", user), zap.String("remote", remote), zap.Bool("cached", cached),
				zap.Uint64("seq", seq), zap.Time("began", began))
		}
	case Forty:
		return func() {
			var f [40]zap.Field
			for i := 0; i < len(f); i += 10 {
				zapFields((*[10]zap.Field)(f[i:]), keys[i:])
			}
			l.Info(text, f[:]...)
		}
	case With:
		l = l.With(ten[:]...)
	case Chain:
		for i := range ten {
			l = l.With(ten[i])
		}
	}
	return func() { l.Info(text) }
}

// zapFields makes the ten fields under the first of the names.
func zapFields(f *[10]zap.Field, names []string) {
	k := (*[10]string)(names)
	f[0], f[1], f[2] = zap.String(k[0], method), zap.String(k[1], path), zap.Int(k[2], status)
	f[3], f[4], f[5] = zap.Duration(k[3], took), zap.Float64(k[4], ratio), zap.String(k[5], user)
	f[6], f[7], f[8] = zap.String(k[6], remote), zap.Bool(k[7], cached), zap.Uint64(k[8], seq)
	f[9] = zap.Time(k[9], began)
}
