package bench

import (
	"context"
	"log/slog"
)

func slogCall(h slog.Handler, shape string) func() {
	var ten [10]slog.Attr
	slogFields(&ten, keys[:])
	switch shape {
	case With:
		h = h.WithAttrs(ten[:])
	case Chain:
		for i := range ten {
			h = h.WithAttrs(ten[i : i+1])
		}
	}
	l, ctx := slog.New(h), context.Background()
	switch shape {
	case Five:
		return func() {
			l.LogAttrs(ctx, slog.LevelInfo, text, slog.String("method", method), slog.String("path", path), slog.Int("status", status),
				slog.Duration("took", took), slog.Float64("ratio", ratio))
		}
	case Ten:
		return func() {
			l.LogAttrs(ctx, slog.LevelInfo, text, slog.String("method", method), slog.String("path", path), slog.Int("status", status),
				slog.Duration("took", took), slog.Float64("ratio", ratio), slog.String("user", user), slog.String("remote", remote),
				slog.Bool("cached", cached), slog.Uint64("seq", seq), slog.Time("began", began))
		}
	case Forty:
		return func() {
			var a [40]slog.Attr
			for i := 0; i < len(a); i += 10 {
				slogFields((*[10]slog.Attr)(a[i:]), keys[i:])
			}
			l.LogAttrs(ctx, slog.LevelInfo, text, a[:]...)
		}
	default:
		return func() { l.LogAttrs(ctx, slog.LevelInfo, text) }
	}
}

// slogFields makes the ten fields under the first of the names.
func slogFields(a *[10]slog.Attr, names []string) {
	k := (*[10]string)(names)
	a[0], a[1], a[2] = slog.String(k[0], method), slog.String(k[1], path), slog.Int(k[2], status)
	a[3], a[4], a[5] = slog.Duration(k[3], took), slog.Float64(k[4], ratio), slog.String(k[5], user)
	a[6], a[7], a[8] = slog.String(k[6], remote), slog.Bool(k[7], cached), slog.Uint64(k[8], seq)
	a[9] = slog.Time(k[9], began)
}
