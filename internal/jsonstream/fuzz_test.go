package jsonstream_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/internal/jsonstream"
)

// shreds cuts a body where it likes.
type shreds struct {
	body string
	rng  *rand.Rand
}

func (s *shreds) Read(p []byte) (int, error) {
	n := copy(p, s.body[:min(len(s.body), s.rng.IntN(9))])
	s.body = s.body[n:]
	if s.body == "" && (n == 0 || s.rng.IntN(2) == 0) {
		return n, io.EOF
	}
	return n, nil
}

// twin says by means of encoding/json what is to be found in an answer, and
// whether the answer is to be an error.
func twin(body string) (records []string, ok bool) {
	body = strings.TrimPrefix(body, "\uFEFF")
	if !json.Valid([]byte(body)) {
		return nil, false
	}
	ok, second, arrays := true, false, 0
	var walk func(raw json.RawMessage, levels int)
	walk = func(raw json.RawMessage, levels int) {
		switch dec := json.NewDecoder(bytes.NewReader(raw)); {
		case !ok || raw[0] != '[' && raw[0] != '{':
		case raw[0] == '{':
			if ok = levels > 0; !ok {
				return
			}
			_, _ = dec.Token() // the text is valid
			for dec.More() {
				var member json.RawMessage
				_, _ = dec.Token()
				_ = dec.Decode(&member)
				walk(member, levels-1)
			}
		default:
			arrays++
			var list []json.RawMessage
			_ = json.Unmarshal(raw, &list)
			if len(list) > 0 && second {
				ok = false
				return
			}
			second = second || len(list) > 0
			for _, r := range list {
				if ok = r[0] == '{'; !ok {
					return
				}
				records = append(records, string(r))
			}
		}
	}
	walk(bytes.TrimSpace([]byte(body)), 512)
	return records, ok && arrays > 0
}

// FuzzRecords compares what is found in an answer that arrives in pieces with
// what encoding/json reads of the whole.
func FuzzRecords(f *testing.F) {
	for _, c := range envelopes {
		if len(c.body) < 1000 {
			f.Add(c.body, uint64(1))
			f.Add(c.body[:len(c.body)/2], uint64(2))
		}
	}
	f.Fuzz(func(t *testing.T, body string, seed uint64) {
		if len(body) > 64<<10 || strings.Count(body, "{")+strings.Count(body, "[") > 9000 {
			return // other bounds are tested elsewhere
		}
		want, ok := twin(body)
		for _, r := range []io.Reader{strings.NewReader(body), &shreds{body, rand.New(rand.NewPCG(seed, 0))}} {
			got, err := read(r, maxRecord)
			if ok != (err == nil) {
				t.Fatalf("error %v, want one: %v", err, !ok)
			}
			if (ok || want != nil) && !slices.Equal(got, want) {
				t.Fatalf("found %q, want %q", got, want)
			}
			for _, record := range got {
				if !json.Valid([]byte(record)) || record[0] != '{' {
					t.Fatalf("%q is no record", record)
				}
			}
		}
	})
}

// TestTheTwin holds what the fuzz target compares with to the table.
func TestTheTwin(t *testing.T) {
	for name, c := range envelopes {
		got, ok := twin(c.body)
		if len(c.body) < 10_000 && (ok != (c.err == "") || ok && !slices.Equal(got, c.want)) {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
}

// BenchmarkRecords measures what is done with an answer of 1,000 records, next to
// json.Decoder: MB/s, and allocations per answer.
func BenchmarkRecords(b *testing.B) {
	for _, size := range []int{200, 2000} {
		var body bytes.Buffer
		for i := range 1000 {
			if i > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `{"message":%q,"level":"info","i":%d}`, strings.Repeat("x", size), i)
		}
		compact := `{"took":3,"records":[` + body.String() + `]}`
		body.Reset()
		_ = json.Indent(&body, []byte(compact), "", "  ")
		for how, text := range map[string]string{"compact": compact, "indented": body.String()} {
			b.Run(fmt.Sprintf("%s/%d/records", how, size), func(b *testing.B) {
				var r strings.Reader
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					r.Reset(text)
					n := 0
					for _, err := range jsonstream.Records(on(&r), maxRecord) {
						if err != nil {
							b.Fatal(err)
						}
						n++
					}
					if n != 1000 {
						b.Fatal(n)
					}
				}
			})
			b.Run(fmt.Sprintf("%s/%d/decoder", how, size), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					dec := json.NewDecoder(strings.NewReader(text))
					for t, err := dec.Token(); t != json.Delim('['); t, err = dec.Token() {
						if err != nil {
							b.Fatal(err)
						}
					}
					for dec.More() {
						var record json.RawMessage
						if err := dec.Decode(&record); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}
