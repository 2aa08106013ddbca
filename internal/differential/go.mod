module github.com/logsto/logsto-go/internal/differential

go 1.26.0

replace github.com/logsto/logsto-go => ../..

require (
	github.com/go-json-experiment/json v1.27.2
	github.com/logsto/logsto-go v0.0.0
	github.com/rs/zerolog v1.35.1
	github.com/sirupsen/logrus v1.10.2
	go.uber.org/multierr v1.11.0
	go.uber.org/zap v1.28.0
)

require (
	github.com/mattn/go-colorable v0.1.16 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
