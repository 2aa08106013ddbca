// Package model drives the slabs of the batch buffer through random schedules
// and checks what comes out against what must. It is a module of its own, so that
// users never see what it requires.
package model
