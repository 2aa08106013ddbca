module github.com/logsto/logsto-go/internal/model

go 1.26.0

require (
	github.com/logsto/logsto-go v0.0.0
	pgregory.net/rapid v1.3.0
)

replace github.com/logsto/logsto-go => ../..
