package logstotest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func TestDecompressionIsBounded(t *testing.T) {
	const limit = 256 << 10
	for name, pack := range map[string]func([]byte) []byte{
		"gzip": func(b []byte) []byte {
			var buf bytes.Buffer
			z := gzip.NewWriter(&buf)
			_, _ = z.Write(b)
			_ = z.Close()
			return buf.Bytes()
		},
		"zstd": func(b []byte) []byte {
			z, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
			return z.EncodeAll(b, nil)
		},
	} {
		var ws workspace // one for all, so that what one body leaves shows
		defer ws.close()
		decompress := func(body []byte) ([]byte, error) {
			if err := ws.readBody(bytes.NewReader(body)); err != nil {
				t.Fatal(err)
			}
			return ws.decompress(name, limit)
		}
		if plain, err := decompress(pack(make([]byte, limit))); err != nil || len(plain) != limit {
			t.Errorf("%s at the limit: %d bytes, %v", name, len(plain), err)
		}
		bomb := pack(make([]byte, 4*limit))
		for _, body := range [][]byte{
			pack(make([]byte, limit+1)),
			bomb,
			bomb[:len(bomb)-9], // the broken end shows if more is read than need be
		} {
			plain, err := decompress(body)
			var h *httpError
			if plain != nil || !errors.As(err, &h) || h.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s, %d bytes: %d bytes, %v", name, len(body), len(plain), err)
			}
		}
	}
}
