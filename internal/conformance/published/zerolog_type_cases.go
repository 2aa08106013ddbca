package published

import (
	"fmt"
	"math"
	"net"
	"strings"

	"github.com/rs/zerolog"
)

// zerologTypes are from internal/json/types_test.go.
func zerologTypes() []zerologCase {
	z := zerologTable{file: "internal/json/types_test.go"}
	z.value("TestAppendInterface/17", `17`, func(e event) event { return e.Interface("k", 17) })
	z.value("TestAppendInterface/failure", `"marshaling error: test"`, func(e event) event { return e.Interface("k", nil) },
		to(&zerolog.InterfaceMarshalFunc, func(any) ([]byte, error) { return nil, errFailing }))
	num := func(name, want string, f func(event) event, set ...func() func()) {
		z.value("TestAppendType/"+name, want, f, set...)
	}
	num("int8", `127`, func(e event) event { return e.Int8("k", math.MaxInt8) })
	num("int16", `32767`, func(e event) event { return e.Int16("k", math.MaxInt16) })
	num("int32", `2147483647`, func(e event) event { return e.Int32("k", math.MaxInt32) })
	num("int64", `9223372036854775807`, func(e event) event { return e.Int64("k", math.MaxInt64) })
	num("uint8", `255`, func(e event) event { return e.Uint8("k", math.MaxUint8) })
	num("uint16", `65535`, func(e event) event { return e.Uint16("k", math.MaxUint16) })
	num("uint32", `4294967295`, func(e event) event { return e.Uint32("k", math.MaxUint32) })
	num("uint64", `18446744073709551615`, func(e event) event { return e.Uint64("k", math.MaxUint64) })
	for _, c := range []struct {
		want string
		f    float64
	}{{`"-Inf"`, math.Inf(-1)}, {`"+Inf"`, math.Inf(1)}, {`"NaN"`, math.NaN()}, {`0`, 0}, {`-1.1`, -1.1}, {`100000000000000000000`, 1e20}, {`1e+21`, 1e21}} {
		num("float32/"+c.want, c.want, func(e event) event { return e.Float32("k", float32(c.f)) })
		num("float64/"+c.want, c.want, func(e event) event { return e.Float64("k", c.f) })
	}
	onePlace := to(&zerolog.FloatingPointPrecision, 1)
	num("float32/small precision", `-1.1`, func(e event) event { return e.Float32("k", -1.123) }, onePlace)
	num("float64/small precision", `-1.1`, func(e event) event { return e.Float64("k", -1.123) }, onePlace)

	for _, c := range []struct {
		test, want string
		addr       net.HardwareAddr
	}{
		{"TestAppendMAC", `"01:23:45:67:89:ab"`, net.HardwareAddr{0x01, 0x23, 0x45, 0x67, 0x89, 0xab}},
		{"TestAppendMAC", `"cd:ef:11:22:33:44"`, net.HardwareAddr{0xcd, 0xef, 0x11, 0x22, 0x33, 0x44}},
		{"TestAppendMACAddr", `"12:34:56:78:90:ab"`, net.HardwareAddr{0x12, 0x34, 0x56, 0x78, 0x90, 0xab}},
		{"TestAppendMACAddr", `"12:34:00:00:90:ab"`, net.HardwareAddr{0x12, 0x34, 0x00, 0x00, 0x90, 0xab}},
	} {
		z.value(c.test+"/"+c.want, c.want, func(e event) event { return e.MACAddr("k", c.addr) })
	}
	for _, b := range []bool{true, false} {
		z.value(fmt.Sprint("TestAppendBool/", b), fmt.Sprint(b), func(e event) event { return e.Bool("k", b) })
	}
	large := make([]bool, 24)
	for i := range large {
		large[i] = i%2 == 1
	}
	for i, b := range [][]bool{{}, {false}, {true, false, true}, {true, false, false, true, false, true}, make([]bool, 0), large} {
		z.value(fmt.Sprint("TestAppendBoolArray/", i+1), strings.ReplaceAll(fmt.Sprint(b), " ", ","), func(e event) event { return e.Bools("k", b) })
	}
	for _, c := range []struct {
		want string
		ip   net.IP
	}{
		{`"0.0.0.0"`, net.IP{0, 0, 0, 0}},
		{`"192.0.2.200"`, net.IP{192, 0, 2, 200}},
		{`"::"`, net.IPv6zero},
		{`"ff02::1"`, net.IPv6linklocalallnodes},
		{`"2001:db8:85a3::8a2e:370:7334"`, ipv6},
	} {
		z.value("TestAppendIP/"+c.want, c.want, func(e event) event { return e.IPAddr("k", c.ip) })
	}
	zero, loopback := net.IP{0, 0, 0, 0}, net.IP{127, 0, 0, 0}
	for i, c := range []struct {
		want string
		ips  []net.IP
	}{{`[]`, []net.IP{}}, {`["127.0.0.0"]`, []net.IP{loopback}}, {`["0.0.0.0","192.168.0.100"]`, []net.IP{zero, ipv4}}} {
		z.value(fmt.Sprint("TestAppendIPAddrs/", i+1), c.want, func(e event) event { return e.IPAddrs("k", c.ips) })
	}
	everything, loop := net.IPNet{IP: zero, Mask: net.CIDRMask(0, 32)}, net.IPNet{IP: loopback, Mask: net.CIDRMask(24, 32)}
	for i, c := range []struct {
		want string
		nets []net.IPNet
	}{{`[]`, []net.IPNet{}}, {`["127.0.0.0/24"]`, []net.IPNet{loop}}, {`["0.0.0.0/0","192.168.0.100/24"]`, []net.IPNet{everything, prefix4}}} {
		z.value(fmt.Sprint("TestAppendIPPrefixes/", i+1), c.want, func(e event) event { return e.IPPrefixes("k", c.nets) })
	}
	for _, c := range []struct {
		want string
		net  net.IPNet
	}{
		{`"0.0.0.0/0"`, net.IPNet{IP: zero, Mask: net.IPv4Mask(0, 0, 0, 0)}},
		{`"192.0.2.200/24"`, net.IPNet{IP: net.IP{192, 0, 2, 200}, Mask: net.IPv4Mask(255, 255, 255, 0)}},
		{`"::/0"`, net.IPNet{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}},
		{`"ff02::1/128"`, net.IPNet{IP: net.IPv6linklocalallnodes, Mask: net.CIDRMask(128, 128)}},
		{`"2001:db8:85a3::8a2e:370:7334/64"`, prefix6},
	} {
		z.value("TestAppendIPPrefix/"+c.want, c.want, func(e event) event { return e.IPPrefix("k", c.net) })
	}
	for _, c := range []struct {
		want string
		v    any
	}{{`"int"`, 42}, {`"net.HardwareAddr"`, net.HardwareAddr{0x12}}, {`"float64"`, 2.50}, {`"<nil>"`, nil}, {`"bool"`, true}} {
		z.value("TestAppendType2/"+c.want, c.want, func(e event) event { return e.Type("k", c.v) })
	}
	return z.list
}
