package batch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestOnlyWhatIsSentHasANumber opens a gap of which all has been told: one who loses a
// record has counted it, and a marker has told of it, before he notes the gap.
func TestOnlyWhatIsSentHasANumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var numbers numbered
		b, err := New(&numbers, WithoutErrorHandler())
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			b.noteGap(ReasonFull)
			time.Sleep(10 * time.Second)
		}
		b.Append(Info, time.Now(), []byte(`{}`))
		b.noteGap(ReasonFull)
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if st := b.Stats(); len(numbers) != 1 || numbers[0] != 1 || st.Batches != 1 {
			t.Errorf("batches %v are sent: %+v", numbers, st)
		}
	})
}

// numbered is a Sender that remembers the numbers of its batches.
type numbered []uint64

func (n *numbered) Send(_ context.Context, b *Batch) Result {
	*n = append(*n, b.Seq)
	return Result{}
}
