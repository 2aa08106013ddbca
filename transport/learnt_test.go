package transport_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// TestWhatWasLearntIsForgotten checks that a server which takes more than it did
// gets it after ten minutes, and not before.
func TestWhatWasLearntIsForgotten(t *testing.T) {
	for name, fault := range map[string]func(s *logstotest.Server, on bool){
		"arrays": func(s *logstotest.Server, on bool) {
			s.RefuseArrays(map[bool]int{true: 400}[on])
		},
		"compression": func(s *logstotest.Server, on bool) {
			s.RefuseCompression(map[bool]int{true: 415}[on])
		},
		"size": func(s *logstotest.Server, on bool) {
			s.SetMaxBody(map[bool]int{true: 1000}[on])
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := logstotest.NewInMemory()
				defer srv.Close()
				var opts []transport.Option
				if name == "size" {
					opts = append(opts, transport.WithCompression(transport.Identity), transport.WithFormat(transport.Array))
				}
				c := newClient(t, srv, opts...)
				requests := func() (n int, packed bool) {
					srv.Reset()
					if err := deliver.Records(t.Context(), c, records(32)); err != nil {
						t.Fatal(err)
					}
					for _, r := range srv.Requests() {
						packed = packed || r.Encoding != ""
					}
					return len(srv.Requests()), packed
				}
				fault(srv, true)
				requests()
				time.Sleep(9 * time.Minute)
				if n, packed := requests(); name == "arrays" && n != 32 || name == "size" && (n < 8 || n > 11) || name == "compression" && (n != 1 || packed) {
					t.Errorf("before it is forgotten: %d requests, packed %v", n, packed)
				}
				fault(srv, false)
				time.Sleep(59 * time.Second)
				if n, packed := requests(); name != "compression" && n == 1 || packed {
					t.Errorf("before it is forgotten: %d requests, packed %v", n, packed)
				}
				time.Sleep(2 * time.Second)
				if n, _ := requests(); n > 32 { // one request tries more, and others of the batch go beside it
					t.Errorf("the batch that tries more: %d requests", n)
				}
				if n, packed := requests(); n > 4 || name != "size" && (n > 1 || !packed) {
					t.Errorf("after that: %d requests, packed %v", n, packed)
				}
			})
		})
	}
}

// TestArraysThatAreTakenNoMore checks that a server which refuses arrays of a
// sudden is believed after one batch.
func TestArraysThatAreTakenNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		c := newClient(t, srv)
		if err := deliver.Records(t.Context(), c, records(32)); err != nil {
			t.Fatal(err)
		}
		srv.RefuseArrays(422)
		for i, most := range []int{2 * 32, 32} {
			srv.Reset()
			if err := deliver.Records(t.Context(), c, records(32)); err != nil || len(srv.Requests()) > most {
				t.Errorf("batch %d: %v in %d requests", i, err, len(srv.Requests()))
			}
		}
	})
}
