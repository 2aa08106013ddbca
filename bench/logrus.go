package bench

import "github.com/sirupsen/logrus"

func logrusCall(l *logrus.Logger, shape string) func() {
	switch shape {
	case Five:
		return func() {
			l.WithFields(logrus.Fields{"method": method, "path": path, "status": status, "took": took, "ratio": ratio}).Info(text)
		}
	case Ten:
		return func() { l.WithFields(logrusTen()).Info(text) }
	case Forty:
		return func() {
			fields := make(logrus.Fields, len(keys))
			for i := 0; i < len(keys); i += 10 {
				k := (*[10]string)(keys[i:])
				fields[k[0]], fields[k[1]], fields[k[2]], fields[k[3]], fields[k[4]] = method, path, status, took, ratio
				fields[k[5]], fields[k[6]], fields[k[7]], fields[k[8]], fields[k[9]] = user, remote, cached, seq, began
			}
			l.WithFields(fields).Info(text)
		}
	case With:
		e := l.WithFields(logrusTen())
		return func() { e.Info(text) }
	case Chain:
		e := logrus.NewEntry(l)
		for k, v := range logrusTen() {
			e = e.WithField(k, v)
		}
		return func() { e.Info(text) }
	default:
		return func() { l.Info(text) }
	}
}

func logrusTen() logrus.Fields {
	return logrus.Fields{
		"method": method, "path": path, "status": status, "took": took, "ratio": ratio, "user": user,
		"remote": remote, "cached": cached, "seq": seq, "began": began,
	}
}
