package transport

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// rule is one line of the table in docs/delivery.md. The first one that fits decides.
type rule struct {
	classes []class // nil for all that are left
	part    string  // a key of ruleParts
	when    string
	holds   func(t trial) bool // nil for always
	want    action
}

// ruleParts are the kinds of parts that a rule may be for.
var ruleParts = map[string]func(t trial) bool{
	"any":             func(trial) bool { return true },
	"one record":      func(t trial) bool { return t.single },
	"deferred record": func(t trial) bool { return t.single && t.deferred },
	"several records": func(t trial) bool { return !t.single },
	"half":            func(t trial) bool { return !t.single && t.half },
}

func (r rule) fits(t trial) bool {
	return (r.classes == nil || slices.Contains(r.classes, t.class)) && ruleParts[r.part](t) && (r.holds == nil || r.holds(t))
}

// cells returns the rule as the cells of its line.
func (r rule) cells() []string {
	classes := "any other"
	if r.classes != nil {
		var names []string
		for _, c := range r.classes {
			names = append(names, "`"+c.String()+"`")
		}
		classes = strings.Join(names, ", ")
	}
	return []string{classes, r.part, r.when, "**" + r.want.String() + "**"}
}

// rules is the table. Its numbers come from the constants, so the document has to
// follow them.
var rules = []rule{
	{[]class{accepted}, "any", "", nil, done},
	{[]class{content}, "any", "compression may be why", func(t trial) bool { return t.packed }, retryPlain},
	{[]class{content}, "one record", "", nil, lose},
	{[]class{content}, "several records", "", nil, split},
	{[]class{final}, "any", "", nil, lose},
	{[]class{unauthorized, misconfigured, unreachable}, "any", "", nil, retry},

	{
		[]class{forbidden, busy, failing, gateway},
		"deferred record",
		fmt.Sprintf("too early to lose it; %d failures or more, fewer than %d new keys", loseAfter-renewals, renewals),
		func(t trial) bool { return tooEarlyToLose(t) && t.failures >= 3 && t.renewed < 3 }, renew,
	},
	{nil, "deferred record", "too early to lose it", tooEarlyToLose, hold},
	{
		[]class{forbidden, busy, failing, gateway},
		"deferred record",
		fmt.Sprintf("fewer than %d new keys", renewals),
		func(t trial) bool { return t.renewed < 3 }, renew,
	},
	{nil, "deferred record", "", nil, lose},

	{
		nil, "one record",
		fmt.Sprintf("others were accepted; %d failures (2 if the answer is known), and chance (%v %%) ruled out", holdAfter, 100*holdChance),
		func(t trial) bool {
			return t.works && (t.failures >= 3 || t.known && t.failures >= 2) && notChance(t, 1e-3)
		}, hold,
	},
	{
		nil, "one record",
		fmt.Sprintf("all that is left of the batch fails alone, for %v s", lonely.Seconds()),
		func(t trial) bool { return t.alone && t.age >= 5*time.Second }, hold,
	},
	{nil, "one record", "", nil, retry},

	{
		[]class{busy},
		"several records",
		fmt.Sprintf("larger than any that was accepted; %d failures in %v s", silentAfter, silentTime.Seconds()),
		func(t trial) bool { return t.tooMuch && t.attempts >= 12 && t.age >= time.Minute }, split,
	},
	{[]class{busy}, "several records", "", nil, retry},
	{
		[]class{unanswered},
		"several records",
		fmt.Sprintf("the answer is not known; no half, or nothing else was accepted; %d failures in %v s", silentAfter, silentTime.Seconds()),
		func(t trial) bool { return mayBeStored(t) && t.attempts >= 12 && t.age >= time.Minute }, split,
	},
	{[]class{unanswered}, "several records", "the answer is not known; no half, or nothing else was accepted", mayBeStored, retry},
	{nil, "several records", "nothing else was accepted", func(t trial) bool { return !t.works }, retry},

	{
		nil, "half",
		fmt.Sprintf("one failure, and chance (%v %%) ruled out", 100*halfChance),
		func(t trial) bool { return notChance(t, 0.2) }, split,
	},
	{nil, "half", "", nil, retry},
	{
		nil, "several records",
		fmt.Sprintf("the answer is known; one failure, and chance (%v %%) ruled out", 100*splitChance),
		func(t trial) bool { return t.known && notChance(t, 0.02) }, split,
	},
	{
		nil, "several records",
		fmt.Sprintf("%d failures, and chance (%v %%) ruled out", splitAfter, 100*splitChance),
		func(t trial) bool { return t.failures >= 3 && notChance(t, 0.02) }, split,
	},
	{nil, "several records", "", nil, retry},
}

// notChance is the definition: so many failures in a row come by chance with this
// probability at most. A share of more than 0.9 counts as that.
func notChance(t trial, probability float64) bool {
	return t.failures >= 1 && math.Pow(min(t.failing, 0.9), float64(t.failures)) <= probability
}

// mayBeStored says of a part without an answer that nothing speaks for its content being
// why.
func mayBeStored(t trial) bool { return !t.known && (!t.half || !t.works) }

// tooEarlyToLose says of a deferred record what the document says of patience.
func tooEarlyToLose(t trial) bool {
	wait := 60.0
	switch {
	case t.lost:
		wait = 3
	case slices.Contains([]class{busy, gateway, unanswered}, t.class):
		wait = 300
	}
	wait = max(3, wait*(1-t.crowding)*(1-t.crowding))
	return t.failures < 6 || !notChance(t, 1e-9) || t.age.Seconds() < wait
}

// TestNext has an example at each edge of each line of the table.
func TestNext(t *testing.T) {
	const never = time.Duration(math.MaxInt64)
	for _, c := range []struct {
		name string
		in   trial
		want action
	}{
		{"accepted", trial{class: accepted}, done},
		{"accepted, whatever went before", trial{class: accepted, single: true, deferred: true, failures: 99, age: never}, done},
		{"rejected, compressed", trial{class: content, packed: true}, retryPlain},
		{"one rejected, compressed", trial{class: content, single: true, packed: true}, retryPlain},
		{"one rejected", trial{class: content, single: true}, lose},
		{"one rejected that was deferred", trial{class: content, single: true, deferred: true}, lose},
		{"several rejected", trial{class: content}, split},
		{"a final answer", trial{class: final}, lose},
		{"401", trial{class: unauthorized, failures: 99, age: never, works: true, known: true}, retry},
		{"407", trial{class: misconfigured, single: true, failures: 99, age: never, works: true, known: true}, retry},
		{"no connection", trial{class: unreachable, single: true, deferred: true, failures: 99, age: never}, retry},

		{"deferred, two failures", trial{class: failing, single: true, deferred: true, failures: 2, age: never}, hold},
		{"deferred, three failures", trial{class: failing, single: true, deferred: true, failures: 3, age: never}, renew},
		{"deferred, three failures without an answer", trial{class: unanswered, single: true, deferred: true, failures: 3, age: never}, hold},
		{"deferred, five failures, three keys", trial{class: failing, single: true, deferred: true, failures: 5, renewed: 3, age: never}, hold},
		{"deferred, six failures in less than a minute", trial{class: failing, single: true, deferred: true, failures: 6, renewed: 3, age: time.Minute - 1}, hold},
		{"deferred, six failures in a minute, two keys", trial{class: failing, single: true, deferred: true, failures: 6, renewed: 2, age: time.Minute}, renew},
		{"deferred, six failures in a minute, three keys", trial{class: failing, single: true, deferred: true, failures: 6, renewed: 3, age: time.Minute}, lose},
		{"deferred, 403", trial{class: forbidden, single: true, deferred: true, failures: 6, renewed: 3, age: time.Minute}, lose},
		{"deferred, 503 after a minute", trial{class: gateway, single: true, deferred: true, failures: 6, renewed: 3, age: time.Minute}, hold},
		{"deferred, 503 after five minutes", trial{class: gateway, single: true, deferred: true, failures: 6, renewed: 3, age: 5 * time.Minute}, lose},
		{"deferred, 429 after five minutes", trial{class: busy, single: true, deferred: true, failures: 6, renewed: 3, age: 5 * time.Minute}, lose},
		{"deferred, no answer after less than five minutes", trial{class: unanswered, single: true, deferred: true, failures: 9, age: 5*time.Minute - 1}, hold},
		{"deferred, no answer after five minutes, no new key", trial{class: unanswered, single: true, deferred: true, failures: 6, age: 5 * time.Minute}, lose},
		{"deferred, lost before, before three seconds", trial{class: failing, single: true, deferred: true, lost: true, failures: 6, renewed: 3, age: 3*time.Second - 1}, hold},
		{"deferred, lost before, after three seconds", trial{class: gateway, single: true, deferred: true, lost: true, failures: 6, renewed: 3, age: 3 * time.Second}, lose},
		{"deferred, half the room taken", trial{class: failing, single: true, deferred: true, failures: 6, renewed: 3, age: 15 * time.Second, crowding: 0.5}, lose},
		{"deferred, half the room taken, a little before", trial{class: failing, single: true, deferred: true, failures: 6, renewed: 3, age: 15*time.Second - 1, crowding: 0.5}, hold},
		{"deferred, no room left", trial{class: failing, single: true, deferred: true, failures: 6, renewed: 3, age: 3 * time.Second, crowding: 1}, lose},
		{"deferred, no room left, before three seconds", trial{class: failing, single: true, deferred: true, failures: 6, renewed: 3, age: 3*time.Second - 1, crowding: 1}, hold},
		{"deferred, six failures of which half may be chance", trial{class: failing, single: true, deferred: true, failures: 29, renewed: 3, age: never, failing: 0.5}, hold},
		{"deferred, thirty failures of which half may be chance", trial{class: failing, single: true, deferred: true, failures: 30, renewed: 3, age: never, failing: 0.5}, lose},

		{"one, two failures", trial{class: failing, single: true, works: true, failures: 2, age: never}, retry},
		{"one, three failures", trial{class: failing, single: true, works: true, failures: 3}, hold},
		{"one, three failures, nothing else accepted", trial{class: failing, single: true, failures: 3, age: never}, retry},
		{"one, known, one failure", trial{class: failing, single: true, works: true, known: true, failures: 1}, retry},
		{"one, known, two failures", trial{class: unanswered, single: true, works: true, known: true, failures: 2}, hold},
		{"one, nine failures by chance", trial{class: failing, single: true, works: true, failures: 9, failing: 0.5}, retry},
		{"one, ten failures, no chance", trial{class: failing, single: true, works: true, failures: 10, failing: 0.5}, hold},
		{"one, lonely", trial{class: failing, single: true, alone: true, failures: 1, age: 5 * time.Second}, hold},
		{"one, lonely, too soon", trial{class: failing, single: true, alone: true, failures: 9, age: 5*time.Second - 1}, retry},

		{"busy, large, in less than a minute", trial{class: busy, tooMuch: true, attempts: 12, age: time.Minute - 1}, retry},
		{"busy, large, eleven times", trial{class: busy, tooMuch: true, attempts: 11, age: never}, retry},
		{"busy, large, twelve times", trial{class: busy, tooMuch: true, attempts: 12, age: time.Minute}, split},
		{"busy, others accepted", trial{class: busy, attempts: 99, age: never, works: true}, retry},
		{"deferred, known, but not lost", trial{class: failing, single: true, deferred: true, known: true, failures: 6, renewed: 3, age: time.Minute - 1}, hold},
		{"busy, not larger than others", trial{class: busy, attempts: 99, age: never, known: true, half: true}, retry},
		{"no answer, in less than a minute", trial{class: unanswered, works: true, attempts: 12, age: time.Minute - 1}, retry},
		{"no answer, eleven times", trial{class: unanswered, works: true, attempts: 11, age: never}, retry},
		{"no answer, twelve times", trial{class: unanswered, attempts: 12, age: time.Minute}, split},
		{"no answer, known, nothing else accepted", trial{class: unanswered, known: true, failures: 99, attempts: 99, age: never}, retry},
		{"no answer to a half, nothing else accepted", trial{class: unanswered, half: true, failures: 99, attempts: 12, age: time.Minute - 1}, retry},
		{"no answer to a half, nothing else accepted for a minute", trial{class: unanswered, half: true, attempts: 12, age: time.Minute}, split},
		{"no answer to a half", trial{class: unanswered, half: true, works: true, failures: 1}, split},
		{"no answer, known", trial{class: unanswered, known: true, works: true, failures: 1}, split},
		{"one failure, nothing else accepted", trial{class: failing, failures: 1, age: never}, retry},
		{"many failures, nothing else accepted", trial{class: failing, failures: 99, attempts: 99, age: never}, retry},
		{"many failures of a half, nothing else accepted", trial{class: gateway, half: true, known: true, failures: 99, attempts: 99, age: never}, retry},

		{"half, one failure", trial{class: failing, half: true, works: true, failures: 1}, split},
		{"half, two failures by chance", trial{class: failing, half: true, works: true, failures: 2, failing: 0.5}, retry},
		{"half, three failures, no chance", trial{class: failing, half: true, works: true, failures: 3, failing: 0.5}, split},
		{"known, one failure", trial{class: forbidden, works: true, known: true, failures: 1}, split},
		{"known, five failures by chance", trial{class: forbidden, works: true, known: true, failures: 5, failing: 0.5}, retry},
		{"known, six failures, no chance", trial{class: forbidden, works: true, known: true, failures: 6, failing: 0.5}, split},
		{"two failures", trial{class: gateway, works: true, failures: 2}, retry},
		{"three failures", trial{class: gateway, works: true, failures: 3}, split},
		{"five failures by chance", trial{class: gateway, works: true, failures: 5, failing: 0.5}, retry},
		{"six failures, no chance", trial{class: gateway, works: true, failures: 6, failing: 0.5}, split},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := next(c.in); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// everyTrial calls f with each combination of a class, flags and numbers at the edges
// that matter for it. What does not matter is random.
func everyTrial(f func(t trial)) {
	rnd := rand.New(rand.NewPCG(1, 2))
	coin := func() bool { return rnd.IntN(2) == 1 }
	bools := []bool{false, true}
	ages := []time.Duration{
		0, 3*time.Second - 1, 3 * time.Second, 5*time.Second - 1, 5 * time.Second, 16 * time.Second,
		time.Minute - 1, time.Minute, 2 * time.Minute, 5*time.Minute - 1, 5 * time.Minute, time.Hour,
	}
	for c := accepted; c <= unanswered; c++ {
		for kind := range 3 { // several records, one, one that was deferred
			for flags := range 16 {
				for _, failures := range []int{0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 20, 40, 200, 3000} {
					for _, age := range ages {
						for _, failing := range []float64{0, 0.11, 0.31, 0.61, 0.91, 1} {
							t := trial{
								class: c, single: kind > 0, deferred: kind == 2, packed: bools[flags&1], works: bools[flags>>1&1], known: bools[flags>>2&1],
								failures: failures, age: age, failing: failing, renewed: rnd.IntN(5), crowding: rnd.Float64(),
								alone: coin(), half: coin(), tooMuch: coin(), lost: coin(), attempts: failures + rnd.IntN(3),
							}
							switch on := bools[flags>>3]; kind {
							case 0:
								t.half, t.deferred = on, coin()
							case 1:
								t.alone = on
							case 2:
								t.crowding = map[bool]float64{false: 0, true: t.crowding}[on]
							}
							f(t)
						}
					}
				}
			}
		}
	}
}

// TestNextIsTheTable checks every combination against the lines of the table, and that
// each line decides something.
func TestNextIsTheTable(t *testing.T) {
	decides := make([]int, len(rules))
	everyTrial(func(in trial) {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.fits(in) })
		if i < 0 {
			t.Fatalf("no line for %+v", in)
		}
		decides[i]++
		if got := next(in); got != rules[i].want {
			t.Fatalf("%+v: %v, but line %d says %v", in, got, i+1, rules[i].want)
		}
	})
	for i, n := range decides {
		if n == 0 {
			t.Errorf("line %d is never reached: %q", i+1, rules[i].cells())
		}
	}
}

// TestNextKeepsThePromises checks what must hold whatever the table says.
func TestNextKeepsThePromises(t *testing.T) {
	everyTrial(func(in trial) {
		got := next(in)
		wrong := func(why string) { t.Fatalf("%+v: %v: %s", in, got, why) }
		if (in.class == accepted) != (got == done) {
			wrong("what is accepted is done, and nothing else is")
		}
		if !in.single && (got == hold || got == renew || got == lose && in.class != final) {
			wrong("several records are never deferred, and lost for a final answer only")
		}
		if in.single && got == split {
			wrong("one record cannot be divided")
		}
		if got == retryPlain && (in.class != content || !in.packed) {
			wrong("a plain body is tried for a rejected compressed one only")
		}
		switch in.class {
		case unauthorized, unreachable, misconfigured:
			if got != retry {
				wrong("the records are not why, so they wait")
			}
		case content:
			if in.single && got != lose && got != retryPlain {
				wrong("one record that is rejected is lost")
			}
		case unanswered:
			early := in.attempts < 12 || in.age < time.Minute
			if got == split && early && mayBeStored(in) {
				wrong("it may have been stored: splitting may duplicate it")
			}
			if got == renew {
				wrong("it may have been stored: a new key may duplicate it")
			}
		case busy:
			if got == split && !in.tooMuch {
				wrong("smaller parts are no help to a server that has too much to do")
			}
		}
		if got == lose && in.class != content && in.class != final {
			switch {
			case !in.deferred:
				wrong("a record that fails is deferred before it is lost")
			case in.failures < 6 || in.age < 3*time.Second:
				wrong("a deferred record is lost too soon")
			case math.Pow(min(in.failing, 0.9), float64(in.failures)) > 1e-9:
				wrong("chance explains the failures")
			}
		}
		if got == hold && !in.deferred && !in.works && !in.alone {
			wrong("a record is at fault only where others are accepted")
		}
	})
}

// TestCrowdingOnlyShortens checks that a record is not kept for longer because there
// are more of them, nor lost at once.
func TestCrowdingOnlyShortens(t *testing.T) {
	order := []action{hold, renew, lose} // less and less patient
	everyTrial(func(in trial) {
		if !in.deferred || !in.single {
			return
		}
		last := -1
		for _, crowding := range []float64{0, 0.25, 0.5, 0.9, 1} {
			in.crowding = crowding
			got := next(in)
			i := slices.Index(order, got)
			if i < 0 {
				return // no matter of patience
			}
			if i < last {
				t.Fatalf("%+v: %v is more patient than with less crowding", in, got)
			}
			last = i
		}
	})
}

// TestActionsHaveNames checks that a new action gets one.
func TestActionsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for a := done; a <= lose; a++ {
		if s := a.String(); s == "" || seen[s] {
			t.Errorf("%d: %q", a, s)
		} else {
			seen[s] = true
		}
	}
}
