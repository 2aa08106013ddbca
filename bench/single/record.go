package main

import "fmt"

// record returns a record of about 200 bytes.
func record(i int) []byte {
	return fmt.Appendf(nil, `{"time":"2026-11-23T20:18:41.123456789Z","level":"info","msg":"request served","method":"GET",`+
		`"path":"/api/v1/users/12345/orders","status":200,"took":1234567,"remote":"192.0.2.1:4242","seq":%08d}`, 10_000_000+i)
}

// someRecords returns n of them.
func someRecords(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = record(i)
	}
	return list
}
