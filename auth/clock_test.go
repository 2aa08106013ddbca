package auth

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// jumping is a cache over tokens that live for an hour, and the function that sets the
// clock of the system off.
func jumping(fetches *int) (*cache, func(time.Duration)) {
	c := newCache("a letter", func(context.Context, fetching, string) (grant, error) {
		*fetches++
		return grant{secret: string(rune('a' + *fetches - 1)), life: time.Hour}, nil
	})
	off := time.Duration(0)
	c.clock = func() time.Time { return time.Now().Round(0).Add(off) }
	return c, func(d time.Duration) {
		c.mu.Lock()
		defer c.mu.Unlock()
		off = d
	}
}

// However the clock of the system jumps, no token is used beyond its life, and none is
// fetched without end.
func TestTheClockJumps(t *testing.T) {
	for name, c := range map[string]struct {
		off     time.Duration
		fetches int // within 50 minutes of the jump, which comes after ten
		waits   bool
	}{
		"not":                     {0, 2, false},
		"back by five minutes":    {-5 * time.Minute, 2, false},
		"back by a day":           {-24 * time.Hour, 2, false},
		"back by ten years":       {-10 * 365 * 24 * time.Hour, 2, false},
		"ahead by five minutes":   {5 * time.Minute, 2, false},
		"ahead by 35 minutes":     {35 * time.Minute, 3, false}, // it is time for another one
		"ahead by a day":          {24 * time.Hour, 3, true},
		"ahead by twenty years":   {20 * 365 * 24 * time.Hour, 3, true},
		"ahead, as after a sleep": {49*time.Minute + 55*time.Second, 3, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			fetches := 0
			cache, jump := jumping(&fetches)
			for range 60 {
				if time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) == 10*time.Minute {
					jump(c.off)
				}
				if _, err := cache.secret(t.Context(), fetching{}); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
			}
			if fetches < 2 || fetches > c.fetches {
				t.Errorf("%s: %d fetches, want %d at most", name, fetches, c.fetches)
			}
		})
	}
}

// A machine that sleeps stops the clock by which timers go.
func TestATokenEndsWhileTheMachineSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetches := 0
		cache, jump := jumping(&fetches)
		for _, want := range []string{"a", "a", "b"} {
			if fetches == 1 && want == "b" {
				jump(time.Hour)
			}
			if got, err := cache.secret(t.Context(), fetching{}); got != want || err != nil {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		}
	})
}

// A timer that was set by a clock which has jumped since is not the last one.
func TestATokenIsReplacedInTheBackgroundWhateverTheClockDid(t *testing.T) {
	const minute = time.Minute
	for name, c := range map[string]struct {
		during, after time.Duration // by how much it is off, from the end of the first fetch, and from the first use on
		lives         time.Duration // what is fetched then
		passes        time.Duration // until there were three fetches, or two
		want          int
	}{
		"ahead, and back": {30 * minute, 0, time.Hour, 52 * minute, 2},
		"ahead for good":  {0, 24 * time.Hour, minute, minute, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			var cache *cache
			var off time.Duration
			fetches := 0
			cache = newCache("a letter", func(context.Context, fetching, string) (grant, error) {
				if fetches++; fetches == 1 {
					off = c.during
					return grant{secret: "a", life: time.Hour}, nil
				}
				return grant{secret: string(rune('a' + fetches - 1)), life: c.lives}, nil
			})
			cache.clock = func() time.Time { return time.Now().Round(0).Add(off) }
			use := func() {
				t.Helper()
				if _, err := cache.secret(t.Context(), fetching{}); err != nil {
					t.Error(err)
				}
			}
			use()
			synctest.Wait()
			off = c.after
			use()
			time.Sleep(c.passes)
			synctest.Wait()
			if fetches != c.want {
				t.Errorf("%s: %d fetches, want %d", name, fetches, c.want)
			}
		})
	}
}

// The clock of whoever says when a token ends may differ from ours: the token is used for
// as long as it seems to live, and beyond that if it seems to have ended before.
func TestExpiryByAnotherClock(t *testing.T) {
	for off, life := range map[time.Duration]time.Duration{
		0: 4 * time.Minute, 5 * time.Minute: 9 * time.Minute, -3 * time.Minute: time.Minute, -5 * time.Minute: 0,
	} {
		now := time.Now()
		g, err := tokenGrant(&oauth2.Token{AccessToken: "abc", Expiry: now.Round(0).Add(4*time.Minute + off)}, now)
		if err != nil || (g.life-life).Abs() > time.Second {
			t.Errorf("off by %v: lives for %v, %v; want %v", off, g.life, err, life)
		}
	}
}
