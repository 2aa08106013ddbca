package bench

import (
	"io"

	"github.com/rs/zerolog"
)

func zerologCall(w io.Writer, shape string) func() {
	l := zerolog.New(w).With().Timestamp().Logger()
	switch shape {
	case Five:
		return func() {
			l.Info().Str("method", method).Str("path", path).Int("status", status).Dur("took", took).Float64("ratio", ratio).Msg(text)
		}
	case Ten:
		return func() {
			l.Info().Str("method", method).Str("path", path).Int("status", status).Dur("took", took).Float64("ratio", ratio).Str("user", user).
				Str("remote", remote).Bool("cached", cached).Uint64("seq", seq).Time("began", began).Msg(text)
		}
	case Forty:
		return func() {
			e := l.Info()
			for i := 0; i < len(keys); i += 10 {
				k := (*[10]string)(keys[i:])
				e.Str(k[0], method).Str(k[1], path).Int(k[2], status).Dur(k[3], took).Float64(k[4], ratio).Str(k[5], user).
					Str(k[6], remote).Bool(k[7], cached).Uint64(k[8], seq).Time(k[9], began)
			}
			e.Msg(text)
		}
	case With:
		l = l.With().Str("method", method).Str("path", path).Int("status", status).Dur("took", took).Float64("ratio", ratio).Str("user", user).
			Str("remote", remote).Bool("cached", cached).Uint64("seq", seq).Time("began", began).Logger()
	case Chain:
		for _, f := range []func(zerolog.Context) zerolog.Context{
			func(c zerolog.Context) zerolog.Context { return c.Str("method", method) },
			func(c zerolog.Context) zerolog.Context { return c.Str("path", path) },
			func(c zerolog.Context) zerolog.Context { return c.Int("status", status) },
			func(c zerolog.Context) zerolog.Context { return c.Dur("took", took) },
			func(c zerolog.Context) zerolog.Context { return c.Float64("ratio", ratio) },
			func(c zerolog.Context) zerolog.Context { return c.Str("user", user) },
			func(c zerolog.Context) zerolog.Context { return c.Str("remote", remote) },
			func(c zerolog.Context) zerolog.Context { return c.Bool("cached", cached) },
			func(c zerolog.Context) zerolog.Context { return c.Uint64("seq", seq) },
			func(c zerolog.Context) zerolog.Context { return c.Time("began", began) },
		} {
			l = f(l.With()).Logger()
		}
	}
	return func() { l.Info().Msg(text) }
}
