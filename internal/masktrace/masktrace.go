// Package masktrace keeps the credential of a request from those who trace it.
package masktrace

import (
	"context"
	"net/http/httptrace"
	"slices"
	"strings"
)

// tracedContext is the context of a request that the caller traces (net/http/httptrace):
// its trace is another one than that of the context within. httptrace.WithClientTrace
// would call that one, too.
type tracedContext struct {
	context.Context
	trace *httptrace.ClientTrace
}

func (c tracedContext) Value(key any) any {
	value := c.Context.Value(key)
	// The key is known to package httptrace alone.
	if _, ok := value.(*httptrace.ClientTrace); ok {
		return c.trace
	}
	return value
}

// Header returns ctx with a trace that is told everything but the values of the headers
// in which secrets are: tracing libraries record headers, and leave out those that they know.
func Header(ctx context.Context, headers ...string) context.Context {
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil || trace.WroteHeaderField == nil {
		return ctx
	}
	masked := *trace
	masked.WroteHeaderField = func(key string, value []string) {
		// HTTP/2 has them in lower case.
		if slices.ContainsFunc(headers, func(h string) bool { return strings.EqualFold(key, h) }) {
			value = []string{"***"}
		}
		trace.WroteHeaderField(key, value)
	}
	return tracedContext{ctx, &masked}
}
