package nginx

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/slogx"
	"github.com/logsto/logsto-go/transport"
)

// TestBodyLimit has nginx take small bodies only. It says so from the length in
// the header, and does not wait for the body.
func TestBodyLimit(t *testing.T) {
	const records = 20_000
	for _, z := range []transport.Compression{transport.AutoCompression, transport.Identity} {
		t.Run(z.String(), func(t *testing.T) {
			r := newRig(t, new(ledger.Ledger), site{Server: "client_max_body_size 8k;"}, transportOptions(transport.WithCompression(z)))
			r.Log(records, rate*4)
			rep := r.finish(t)
			if r.Tap.Statuses()[http.StatusRequestEntityTooLarge] == 0 {
				t.Error("no body was too large")
			}
			if rep.Duplicates > 0 {
				t.Errorf("%d duplicates; no acknowledgement was cut off", rep.Duplicates)
			}
		})
	}
}

// TestLargeBodiesOverTheLimit has batches that do not fit into the buffers of a
// connection: nginx answers, and stops reading, while the client still writes.
func TestLargeBodiesOverTheLimit(t *testing.T) {
	r := newRig(t, new(ledger.Ledger), site{Server: "client_max_body_size 100k;"}, ledger.Setup{
		Transport: []transport.Option{transport.WithCompression(transport.Identity)},
		Batch: []batch.Option{
			batch.WithFlushInterval(time.Second), batch.WithBatchBytes(16 << 20), batch.WithBatchRecords(100_000),
		},
	})
	r.Log(80_000, 1_000_000) // about 11 MB
	rep := r.finish(t)
	if rep.Duplicates > 0 {
		t.Errorf("%d duplicates; no acknowledgement was cut off", rep.Duplicates)
	}
	largest := int64(0)
	for _, e := range r.Tap.Exchanges() {
		largest = max(largest, e.Bytes)
	}
	t.Logf("the largest body had %d bytes", largest)
}

// TestARecordOverTheLimit has one record among others that nginx takes in no
// form: it is counted and reported, and its neighbours are delivered once.
func TestARecordOverTheLimit(t *testing.T) {
	r := newRig(t, new(ledger.Ledger), site{Server: "client_max_body_size 8k;"},
		transportOptions(transport.WithCompression(transport.Identity)))
	r.Log(1000, rate)
	slog.New(slogx.NewHandler(r.Buffer)).Info("request served", "id", r.Next(), "large", strings.Repeat("x", 10_000))
	poison := 1000
	r.Log(1000, rate)
	rep := r.finish(t, poison)
	if rep.Duplicates > 0 {
		t.Errorf("%d duplicates; no acknowledgement was cut off", rep.Duplicates)
	}
	st := r.Buffer.Stats()
	if n := st.DroppedFor(batch.ReasonUndelivered); n != 1 {
		t.Errorf("%d records are counted as undelivered, one was refused: %v", n, st)
	}
	if told := strings.Join(r.Told(), "\n"); !strings.Contains(told, "413") {
		t.Errorf("the error handler got %q", told)
	}
}
