package transport_test
import ("testing";"testing/synctest";"time";"context";"github.com/logsto/logsto-go/batch")
func TestZZ2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		f := newFake(t, 10*time.Millisecond, nil)
		f.decide = func(r []int) int {
			s := 200
			for _, i := range r { if i == 50 { s = 0;  t.Log(time.Since(start), len(r)) } }
			return s
		}
		client := clientOn(t, f.RoundTrip)
		b, _ := batch.New(client, batch.WithMaxInFlight(1), batch.WithErrorHandler(func(err error) { t.Log(time.Since(start), err) }))
		for i := range 60000 { b.Append(batch.Info, time.Now(), record(i, 10)); time.Sleep(20*time.Millisecond)
		if i % 3000 == 0 { st := b.Stats(); t.Log(time.Since(start), st, st.BufferBytes, st.MaxBytes, st.InFlight) }
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		err := b.Close(ctx)
		t.Log(err, b.Stats(), client.Stats())
	})
}
