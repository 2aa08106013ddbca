package endtoend

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/logrusx"
	"github.com/logsto/logsto-go/slogx"
	logstozap "github.com/logsto/logsto-go/zapcore"
	"github.com/logsto/logsto-go/zerologw"
)

// account is a value that brings members of its own.
type account struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

const secret = "correct horse battery staple"

// secrets logs the secret in every way in which a logger can put it under a key.
var secrets = map[string]func(*batch.Buffer){
	"slog": func(b *batch.Buffer) {
		l := slog.New(slogx.NewHandler(b)).With("password", secret, slog.Group("g", "Password", secret))
		l.Info("m", "PASSWORD", secret, "account", account{"n", secret}, "accounts", []any{&account{"n", secret}},
			"map", map[string]any{"password": secret, "x": map[string]string{"user.password": secret}},
			slog.Group("db", slog.Group("x", "password", slog.AnyValue(errors.New(secret)))))
		l.WithGroup("password").Info("m", "x", secret, slog.Group("y", "z", secret))
	},
	"zap": func(b *batch.Buffer) {
		l := zap.New(logstozap.NewCore(b)).With(zap.String("password", secret))
		l.Info("m", zap.Any("account", account{"n", secret}), zap.Error(errors.New("e")), zap.Dict("d", zap.NamedError("PassWord", errors.New(secret))),
			zap.Strings("Password", []string{secret}), zap.ByteString("password", []byte(secret)), zap.Reflect("a", map[string]any{"password": []string{secret}}),
			zap.Any("raw", json.RawMessage(`{"password":"`+secret+`"}`)), zap.Namespace("password"), zap.String("x", secret))
		l.Sugar().Infow("m", "password", secret)
	},
	"zerolog": func(b *batch.Buffer) {
		l := zerolog.New(zerologw.NewWriter(b)).With().Str("password", secret).Logger()
		l.Info().Interface("account", account{"n", secret}).RawJSON("raw", []byte(`[{"password" : "`+secret+`"}]`)).
			Dict("d", zerolog.Dict().Str("Password", secret)).RawJSON("r", []byte(`{"pass\u0077ord":"`+secret+`"}`)).Msg("m")
		l.Info().RawJSON("spoilt", []byte(`{`)).Msg("m")
		l.Info().RawJSON("bytes", []byte("\"\xff\"")).Msg("m")
	},
	"logrus": func(b *batch.Buffer) {
		l := logrus.New()
		l.SetOutput(io.Discard)
		l.AddHook(logrusx.NewHook(b))
		l.WithFields(logrus.Fields{"password": secret, "account": account{"n", secret}, "f": logrus.Fields{"PASSWORD": secret}}).
			WithField("list", []account{{"n", secret}}).Info("m")
	},
}

// TestRedaction checks that one option of the buffer hides a member from whatever
// logger it comes, and that what is left is whole.
func TestRedaction(t *testing.T) {
	for name, log := range secrets {
		t.Run(name, func(t *testing.T) {
			b, sent := capture.Buffer(t)
			log(b)
			if plain := strings.Join(sent(), "\n"); !strings.Contains(plain, secret) {
				t.Errorf("without the option the secret is missing: the test tests nothing")
			}
			b, sent = capture.Buffer(t, batch.WithRedaction("password"))
			log(b)
			for _, r := range sent() {
				if strings.Contains(r, secret) || !json.Valid([]byte(r)) {
					t.Errorf("got %s", r)
				}
				if !strings.Contains(r, "[REDACTED]") && !strings.Contains(r, "!ERROR: withheld") || !strings.Contains(r, `"message":`) {
					t.Errorf("got %s", r)
				}
			}
			if s := b.Stats(); s.Dropped > 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// deep are log calls with values as deep as the adapters make them.
var deep = map[string]func(*batch.Buffer, json.RawMessage){
	"slog": func(b *batch.Buffer, v json.RawMessage) {
		l := slog.New(slogx.NewHandler(b))
		for range 99 {
			l = l.WithGroup("g")
		}
		l.Info("m", "v", v)
	},
	"zap": func(b *batch.Buffer, v json.RawMessage) {
		l := zap.New(logstozap.NewCore(b))
		for range 99 {
			l = l.With(zap.Namespace("n"))
		}
		l.Info("m", zap.Any("v", v))
	},
	"zerolog": func(b *batch.Buffer, v json.RawMessage) {
		l := zerolog.New(zerologw.NewWriter(b))
		l.Info().RawJSON("v", v).Msg("m")
	},
	"logrus": func(b *batch.Buffer, v json.RawMessage) {
		l := logrus.New()
		l.SetOutput(io.Discard)
		l.AddHook(logrusx.NewHook(b))
		l.WithField("v", v).Info("m")
	},
}

// TestRedactionOfDeepValues checks that redaction costs no record that the adapters
// make without it.
func TestRedactionOfDeepValues(t *testing.T) {
	for name, log := range deep {
		b, sent := capture.Buffer(t, batch.WithRedaction("password"))
		for _, levels := range []int{399, 400, 401, 511, 512, 600, 1000} {
			log(b, json.RawMessage(strings.Repeat("[", levels)+strings.Repeat("]", levels)))
		}
		if got, s := sent(), b.Stats(); len(got) != 7 || s.Dropped > 0 || !strings.Contains(got[1], strings.Repeat("[", 400)) {
			t.Errorf("%s: %d records, %v", name, len(got), s)
		}
	}
}
