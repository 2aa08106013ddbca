package logstotest

import "net/http"

// serve goes by the next step of a script of the faults with a request that is
// not for /v1/log. What handle returns is the usual answer; noted is told the
// status before the answer is sent, so that who has the answer finds it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, script *[]Step, handle func() (any, error), noted func(status int)) {
	s.mu.Lock()
	step, _ := next(script)
	s.mu.Unlock()
	step = s.wait(r.Context(), step)
	var body any = errorBody{Error: http.StatusText(step.status)}
	if !step.ends() {
		usually, err := handle()
		if err != nil {
			step, body = step.refused(err)
		} else {
			step, body = step.taken(), usually
		}
	}
	noted(step.status)
	s.finish(w, r, step, body)
}

// finish does what is left of a step: it answers, or does not.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, step Step, body any) {
	switch step.kind {
	case cutBefore, cutAfter, hang:
		panic(http.ErrAbortHandler) // cuts the connection
	case raw:
		s.sendRaw(w, step.raw)
	case usual, refusal, partial:
		s.answer(w, r, step, body)
	}
}
