package differential

import (
	"fmt"
	"strconv"
	"strings"
)

// comparison compares a record of ours with the text of the logger's own
// encoder. What may differ is permitted here, and listed in the package comment.
type comparison struct {
	*source
	zap bool // a field that fails is named by another one that follows
}

// diff returns where ours and theirs differ other than by design.
func (c *comparison) diff(path string, ours, theirs *node) error {
	switch {
	case ours.kind == object && theirs.kind == object:
		return c.members(path, ours, theirs)
	case ours.kind == array && theirs.kind == array:
		if len(ours.list) != len(theirs.list) {
			return fmt.Errorf("%s: ours has %d elements, theirs %d", path, len(ours.list), len(theirs.list))
		}
		for i := range ours.list {
			if err := c.diff(fmt.Sprintf("%s[%d]", path, i), ours.list[i], theirs.list[i]); err != nil {
				return err
			}
		}
		return nil
	case ours.kind == number && theirs.kind == number && sameNumber(ours.text, theirs.text):
		return nil
	case ours.kind == theirs.kind && len(ours.list)+len(theirs.list) == 0 && ours.kind != number && ours.text == theirs.text:
		return nil
	case c.permits(ours, theirs):
		return nil
	}
	return fmt.Errorf("%s:\n  ours   %v\n  theirs %v", path, ours, theirs)
}

func (c *comparison) members(path string, ours, theirs *node) error {
	i, j := 0, 0
	for ; i < len(ours.list) && j < len(theirs.list); i, j = i+1, j+1 {
		key := ours.keys[i]
		if key != theirs.keys[j] {
			// Instead of a field that fails, zap has one with the reason.
			if c.zap && isErrorOf(theirs.keys[j], key) && theirs.list[j].kind == text && c.failure(ours.list[i], theirs.list[j].text) {
				continue
			}
			return fmt.Errorf("%s: ours has %q, theirs %q", path, key, theirs.keys[j])
		}
		if err := c.diff(path+"."+strconv.Quote(key), ours.list[i], theirs.list[j]); err != nil {
			// Or one with the reason behind it, after what it had written until then.
			if k := j + 1; c.zap && k < len(theirs.list) && isErrorOf(theirs.keys[k], key) && theirs.list[k].isText("PANIC=") && c.failure(ours.list[i], theirs.list[k].text) {
				j = k
				continue
			}
			return err
		}
	}
	if i < len(ours.list) || j < len(theirs.list) {
		return fmt.Errorf("%s: ours has %q besides, theirs %q", path, ours.keys[i:], theirs.keys[j:])
	}
	return nil
}

// isErrorOf reports whether zap gives the key to the reason why the field with a
// key of ours has failed.
func isErrorOf(theirs, ours string) bool {
	key, ok := strings.CutSuffix(theirs, "Error")
	return ok && (key == ours || reserved(key) == ours)
}

// sameNumber reports whether two numbers say the same: integers exactly, others
// as the float64 that they are read as.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	if !strings.ContainsAny(a+b, ".eE") {
		return false
	}
	x, err := strconv.ParseFloat(a, 64)
	if err != nil {
		return false
	}
	y, err := strconv.ParseFloat(b, 64)
	return err == nil && x == y && strings.HasPrefix(a, "-") == strings.HasPrefix(b, "-")
}

// permits reports whether two values that differ are meant to.
func (c *comparison) permits(ours, theirs *node) bool {
	if theirs.kind != text {
		return false
	}
	reason, failed := strings.CutPrefix(theirs.text, "!ERROR:")
	switch {
	case failed:
		return c.failure(ours, reason)
	case theirs.isText("!PANIC: ") && ours.kind != text: // of which a part has panicked
		return ours.has(c.isFailure)
	case theirs.isText("!PANIC: ") && c.cyclic:
		return ours.isText("!ERROR: ") && strings.Contains(ours.text, "cyclic")
	case c.zap && theirs.isText("PANIC="): // beside the message of an error
		return c.failure(ours, theirs.text)
	case theirs.text == "<nil>": // a nil pointer that Error or String cannot bear
		return ours.isNull()
	case strings.HasPrefix(theirs.text, "LogValue panicked\n"): // and a stack
		return ours.isText("LogValue panicked\n")
	case ours.kind == text && c.oddTimes[ours.text]: // theirs is not RFC 3339
		return true
	}
	// Zap has complex numbers in other forms, some of which cannot be read.
	return c.zap && strings.HasSuffix(theirs.text, "i") && isComplex(ours) && sameComplex(ours.text, theirs.text)
}

// failure reports whether ours is what stands for a value that the logger gave up
// for the reason.
func (c *comparison) failure(ours *node, reason string) bool {
	if p, ok := strings.CutPrefix(reason, "PANIC="); ok {
		return ours.kind == text && ours.text == "!PANIC: "+p || ours.isNull() && strings.Contains(p, "interface conversion: interface is nil")
	}
	switch value, unsupported := strings.CutPrefix(reason, "json: unsupported value: "); {
	case ours.kind == object || ours.kind == array: // of which a part has failed
		return ours.has(c.isFailure)
	case ours.kind != text:
		return false
	case unsupported && ours.text == value: // NaN
		return true
	case isComplex(ours):
		return strings.HasPrefix(reason, "json: unsupported type: complex")
	case c.oddTimes[ours.text]:
		return strings.Contains(reason, "outside of range")
	}
	said, ok := strings.CutPrefix(ours.text, "!ERROR: ")
	return ok && (strings.HasPrefix(said, reason) || strings.Contains(reason, "json.RawMessage") || c.cyclic && strings.Contains(said, "cyclic"))
}

// isFailure reports whether the value stands for one that encoding/json refuses.
func (c *comparison) isFailure(n *node) bool {
	return n.isText("!ERROR: ") || n.isText("!PANIC: ") || c.oddTimes[n.text] || n.kind == text && (n.text == "NaN" || n.text == "+Inf" || n.text == "-Inf") || isComplex(n)
}

func isComplex(n *node) bool {
	if n.kind != text || !strings.HasSuffix(n.text, "i") {
		return false
	}
	_, err := strconv.ParseComplex(n.text, 128)
	return err == nil
}

// sameComplex reports whether two complex numbers are the same, of which theirs
// may have two signs, or none, between its parts.
func sameComplex(ours, theirs string) bool {
	theirs = strings.NewReplacer("+-", "-", "++", "+", "NaNNaN", "NaN+NaN").Replace(theirs)
	if strings.HasSuffix(theirs, "NaNi") && !strings.HasSuffix(theirs, "+NaNi") {
		theirs = strings.TrimSuffix(theirs, "NaNi") + "+NaNi"
	}
	x, err := strconv.ParseComplex(ours, 128)
	if err != nil {
		return false
	}
	y, err := strconv.ParseComplex(theirs, 128)
	return err == nil && fmt.Sprint(x) == fmt.Sprint(y)
}

// reserved returns the key that a field has at the top of a record of ours.
func reserved(key string) string {
	for _, ours := range []string{"timestamp", "level", "message"} {
		if strings.EqualFold(key, ours) {
			return "fields." + key
		}
	}
	return key
}

// fields gives all members from the n-th on the keys that they have as fields at
// the top of a record of ours.
func (n *node) fields(from int) *node {
	for i := from; i < len(n.keys); i++ {
		n.keys[i] = reserved(n.keys[i])
	}
	return n
}
