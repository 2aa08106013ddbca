// Command single measures what it costs to send records in the one form that Logs.to
// documents, a JSON object per request: the processor time of a record through batch
// and transport (ours), next to that of a loop over net/http (bare) that is as
// concurrent and sends the same headers. The two take turns, round by round, over
// HTTP/1.1, HTTP/1.1 with TLS, and HTTP/2; the ratios are medians of those of the
// rounds.
//
// Only the client counts: the server is a process of its own, and so is each run of a
// client, so that neither pays for the garbage of another. A run sends some records
// first that do not count, for the connections to be there. Then the processor time of
// the process counts, that of the garbage collector included. It is known on Unix only.
//
// The garbage collector of a small process runs often, and the buffer of batch would make
// it rarer. So both have the same memory beside what they measure (-ballast), as a
// program that logs has.
//
//	go run ./single             a minute
//	go run ./single -quick      a few seconds; the ratios are rougher
//	go run ./single -check      fails if a ratio is above -limit
//
// -profile writes a processor profile of the last run of ours and of bare over each
// protocol into a directory.
package main
