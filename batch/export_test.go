package batch

// WithMutex makes the Buffer append under a mutex; see slab.Config.Mutex.
func WithMutex() Option { return optionFunc(func(c *config) { c.mutex = true }) }

// Printed is what the default error handler prints.
var Printed = printed
