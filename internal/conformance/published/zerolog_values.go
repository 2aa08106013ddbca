package published

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// What the tests of zerolog log.
type (
	fixture struct {
		Pub  string
		Tag  string `json:"tag"`
		priv int
	}
	lower struct {
		name string
		age  int
	}
	user struct {
		name string
		age  int
	}
	userList []user
	price    struct {
		val  uint64
		unit string
	}
	shouting struct{ error } // says itself what it is
	numbered struct {
		error
		line int
	}
	wrapped struct {
		error
		msg string
	}
	unexported struct{ _ string }
)

func (f fixture) MarshalZerologObject(e *zerolog.Event) {
	e.Str("Pub", f.Pub).Str("Tag", f.Tag).Int("priv", f.priv)
}

func (l lower) MarshalZerologObject(e *zerolog.Event) {
	e.Str("name", strings.ToLower(l.name)).Int("age", -l.age)
}

func (u user) MarshalZerologObject(e *zerolog.Event) {
	e.Str("name", u.name).Int("age", u.age).Time("created", time.Time{})
}

func (l userList) MarshalZerologArray(a *zerolog.Array) {
	for _, u := range l {
		a.Object(u)
	}
}

func (p price) MarshalZerologObject(e *zerolog.Event) {
	e.Str("price", fmt.Sprintf("%s%d.%d", p.unit, p.val/100, p.val%100))
}

func (s shouting) MarshalZerologObject(e *zerolog.Event) { e.Str("l", strings.ToUpper(s.Error())) }

func (w wrapped) Error() string { return w.error.Error() + ": " + w.msg }

var (
	errSome  = errors.New("some error")
	errOther = errors.New("some other error")
)
