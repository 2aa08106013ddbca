package jsonenc

// AppendSource appends the place of a log call as an object with the members
// function, file and line, without those that are not known.
func AppendSource(dst []byte, function, file string, line int) []byte {
	dst = append(dst, '{')
	if function != "" {
		dst = append(dst, `"function":`...)
		dst = AppendString(dst, function)
	}
	if file != "" {
		dst = append(AppendComma(dst), `"file":`...)
		dst = AppendString(dst, file)
	}
	if line != 0 {
		dst = append(AppendComma(dst), `"line":`...)
		dst = AppendInt(dst, int64(line))
	}
	return append(dst, '}')
}
