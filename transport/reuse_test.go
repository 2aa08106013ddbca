package transport

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestReuse goes through what connections do: "s" starts a request, "d" is a dial for it,
// "a" an answer, "x" none, "." a second, "," a minute. Capitals are requests that are to
// have a connection of their own.
func TestReuse(t *testing.T) {
	for name, c := range map[string]struct {
		way  string
		only bool // the next request
	}{
		"one connection":                        {way: "sda sa sa sa sa sa"},
		"a new one for each":                    {way: "sda.sda.sda", only: true},
		"two are not enough":                    {way: "sda.sda."},
		"they last a while":                     {way: "sda,sda,sda,sda,sda"},
		"four at once":                          {way: "ssssdddd aaaa ssss aaaa ssss aaaa"},
		"four at once, and then five":           {way: "ssssdddd aaaa sssssd aaaaa"},
		"two at once, always anew":              {way: "ssddaa ssddaa ssddaa"},
		"two at once, always anew, and one":     {way: "ssddaa ssddaa sda", only: true},
		"used twice in between":                 {way: "sda.sda.sa.sda.sda."},
		"no answers":                            {way: "sdx.sdx.sdx.sdx.sdx"},
		"no answer in between":                  {way: "sda.sdx.sda.sda."},
		"dials that nobody waits for":           {way: "sda.d.sda.d.sda."},
		"each of its own for a while":           {way: "sda.sda.sda Sda,Sda,Sda,Sda,", only: true},
		"tried again after ten minutes":         {way: "sda.sda.sda Sda,Sda,Sda,,,,,,,,,", only: false},
		"and found spoilt again":                {way: "sda.sda.sda,,,,,,,,,, sda.sda.sda.", only: true},
		"and found mended":                      {way: "sda.sda.sda,,,,,,,,,, sda.sa.sa.sa.sda.", only: false},
		"not put off by requests of their own":  {way: "sda.sda.sda" + "Sda,Sda,Sda,Sda,Sda,Sda,Sda,Sda,Sda,Sda," + "sda."},
		"a request under way, and a second one": {way: "sd sda sa sa"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r reuse
				for i, step := range c.way {
					switch step {
					case 's', 'S':
						if only := r.start(); only != (step == 'S') {
							t.Errorf("at %d of %s: a connection of its own: %t", i, c.way, only)
						}
					case 'd':
						r.dial()
					case 'a', 'x':
						r.end(step == 'a')
					case '.':
						time.Sleep(time.Second)
					case ',':
						time.Sleep(time.Minute)
					}
				}
				if only := r.start(); only != c.only {
					t.Errorf("at the end of %s: a connection of its own: %t", c.way, only)
				}
			})
		})
	}
}
