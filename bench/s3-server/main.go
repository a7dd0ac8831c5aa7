// Command s3-server is the bench's own S3 stand-in: objects whose content follows from their key, so that a
// million of them take no memory, and a server that costs far less processor time than the programs measured.
//
//	s3-server serve --certificate FILE    two S3 listeners (plain, TLS) and one for the bench's own questions
//	s3-server measure --report FILE -- …  runs a command and reports its processor time and peak memory
//
// Both end when standard input does: nothing is left running when the bench is killed.
package main

import (
	"fmt"
	"io"
	"os"
)

const wrongUse = 2

func main() {
	if len(os.Args) < 2 {
		fail(wrongUse, fmt.Errorf("say serve or measure"))
	}
	switch os.Args[1] {
	case "serve":
		fail(1, serve(os.Args[2:]))
	case "measure":
		measure(os.Args[2:])
	default:
		fail(wrongUse, fmt.Errorf("%q is neither serve nor measure", os.Args[1]))
	}
}

// whenStarterEnds calls back once standard input is closed, which happens however the starter ends.
func whenStarterEnds(then func()) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		then()
	}()
}

func fail(code int, err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "s3-server:", err)
	os.Exit(code)
}
