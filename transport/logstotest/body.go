package logstotest

import (
	"bytes"
	"io"
	"net/http"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxPlain bounds a body after decompression, in bytes.
const maxPlain = 256 << 20

// maxIdle bounds the memory of one workspace that is kept for later requests, in
// bytes.
const maxIdle = 16 << 20

// workspace is what a request needs to be read. Workspaces are used again, since
// their memory costs more than the reading.
type workspace struct {
	body    []byte // as it was sent
	plain   []byte // after decompression
	records []Record
	gzip    gzip.Reader
	zstd    *zstd.Decoder // made when it is first needed
}

// space returns a workspace. Each server has its own ones, as some hold channels,
// which must not leave a testing/synctest bubble.
func (s *Server) space() *workspace {
	if w, ok := s.spaces.Get().(*workspace); ok {
		return w
	}
	return new(workspace)
}

// putBack takes a workspace back, of which nothing is used any more.
func (s *Server) putBack(w *workspace) {
	if cap(w.body)+cap(w.plain)+cap(w.records)*100 > maxIdle {
		w.close()
		return
	}
	s.spaces.Put(w)
}

func (w *workspace) close() {
	if w.zstd != nil {
		w.zstd.Close()
	}
}

// readBody reads a body as it is sent.
func (w *workspace) readBody(r io.Reader) (err error) {
	w.body, err = readAll(r, w.body)
	return err
}

// decompress returns the body without its encoding, if that is at most limit
// bytes. The result is valid until the workspace is used again.
func (w *workspace) decompress(encoding string, limit int) (plain []byte, err error) {
	var in io.Reader
	switch encoding {
	case "", "identity":
		return w.body, nil
	case "gzip":
		in, err = &w.gzip, w.gzip.Reset(bytes.NewReader(w.body))
	case "zstd":
		if w.zstd == nil {
			w.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
		}
		if err == nil {
			in, err = w.zstd, w.zstd.Reset(bytes.NewReader(w.body))
		}
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "content encoding %q is not supported", encoding)
	}
	if err == nil {
		w.plain, err = readAll(io.LimitReader(in, int64(limit)+1), w.plain)
	}
	switch {
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "%s: %v", encoding, err)
	case len(w.plain) > limit:
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes after decompression", limit)
	}
	return w.plain, nil
}

// readAll does what io.ReadAll does, in the memory of buf.
func readAll(r io.Reader, buf []byte) ([]byte, error) {
	out := bytes.NewBuffer(buf[:0])
	_, err := out.ReadFrom(r)
	return out.Bytes(), err
}
