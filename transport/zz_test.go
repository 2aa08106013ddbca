package transport_test
import ("testing";"testing/synctest";"time";"context";"os";"strconv";"github.com/logsto/logsto-go/batch")
func TestZZ(t *testing.T) {
	status, _ := strconv.Atoi(os.Getenv("ST"))
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		f := newFake(t, 10*time.Millisecond, nil)
		trace := map[int][]string{}
		f.decide = func(r []int) int {
			s := 200
			for _, i := range r { if i%100 == 7 { s = status; trace[i] = append(trace[i], time.Since(start).Round(100*time.Millisecond).String()+"/"+strconv.Itoa(len(r))) } }
			return s
		}
		client := clientOn(t, f.RoundTrip)
		b, _ := batch.New(client, batch.WithErrorHandler(func(err error) { t.Log(time.Since(start), err) }))
		for i := range 20000 { b.Append(batch.Info, time.Now(), record(i, 10)); time.Sleep(20*time.Millisecond) }
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		err := b.Close(ctx)
		t.Log(err, b.Stats(), client.Stats())
		for i := 7; i < 6000; i += 500 { t.Log(i, trace[i]) }
	})
}
