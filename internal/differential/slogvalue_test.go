package differential

import "log/slog"

type logValuer struct{ v slog.Value }

func (v logValuer) LogValue() slog.Value { return v.v }

type endless struct{}

func (endless) LogValue() slog.Value { return slog.AnyValue(endless{}) }

type panickingValuer struct{}

func (panickingValuer) LogValue() slog.Value { panic("in LogValue") }

func (s *source) slogValue(depth int) slog.Value {
	n := s.below(16)
	if depth == 0 {
		n %= 11
	}
	switch n {
	case 0:
		return slog.StringValue(s.str())
	case 1:
		return slog.Int64Value(s.int())
	case 2:
		return slog.Uint64Value(uint64(s.int()))
	case 3:
		return slog.Float64Value(s.float())
	case 4:
		return slog.BoolValue(s.one(2))
	case 5:
		return slog.DurationValue(s.duration())
	case 6:
		return slog.TimeValue(s.time())
	case 7, 8:
		return slog.AnyValue(s.value(3, false))
	case 9:
		return slog.AnyValue(s.err())
	case 10:
		return pick(s, []slog.Value{
			{},
			slog.AnyValue(panicking{"boom"}), slog.AnyValue(endless{}), slog.AnyValue(panickingValuer{}),
			slog.AnyValue(slog.LevelWarn + 1),
			slog.AnyValue((*logValuer)(nil)),
		})
	case 11:
		return slog.AnyValue(logValuer{s.slogValue(depth - 1)})
	default:
		return slog.GroupValue(s.slogAttrs(depth - 1)...)
	}
}

func (s *source) slogAttrs(depth int) []slog.Attr {
	attrs := make([]slog.Attr, s.below(5))
	for i := range attrs {
		attrs[i] = slog.Attr{Key: s.key(), Value: s.slogValue(depth)}
		if (attrs[i].Key == "source" || attrs[i].Key == "") && s.one(2) {
			attrs[i].Value = slog.AnyValue(pick(s, []*slog.Source{{Function: s.str() + "f"}, {File: "a.go", Line: 3}, {Function: s.str() + "f", File: "a.go", Line: 3}}))
		}
	}
	return attrs
}
