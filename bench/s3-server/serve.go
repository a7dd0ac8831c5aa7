package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

// loadRequest comes from the bench before each run.
type loadRequest struct {
	Workload workload `json:"workload"`
	// Answers wait so long.
	DelayMilliseconds int `json:"delayMilliseconds"`
	// Bodies under this prefix are kept, and can be read again.
	KeepPrefix   string `json:"keepPrefix"`
	KeepsState   bool   `json:"keepsState"`
	KeepsObjects bool   `json:"keepsObjects"`
}

type ports struct {
	Plain int `json:"plain"`
	Tls   int `json:"tls"`
	Admin int `json:"admin"`
}

func serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	certificateFile := flags.String("certificate", "", "file that the certificate is written to, in PEM")
	_ = flags.Parse(args)
	if *certificateFile == "" {
		return errors.New("serve --certificate FILE")
	}
	pair, pem, err := selfMadeCertificate()
	if err != nil {
		return err
	}
	if err := os.WriteFile(*certificateFile, pem, 0o644); err != nil {
		return err
	}
	bucket := newStore()
	bucket.load(loadRequest{})

	plain, err := listen()
	if err != nil {
		return err
	}
	secure, err := listen()
	if err != nil {
		return err
	}
	admin, err := listen()
	if err != nil {
		return err
	}
	quiet := log.New(io.Discard, "", 0)
	failed := make(chan error)
	run := func(handler http.Handler, on net.Listener) {
		go func() { failed <- (&http.Server{Handler: handler, ErrorLog: quiet}).Serve(on) }()
	}
	run(bucket, plain)
	// HTTP/1.1 only, as S3 speaks.
	run(bucket, tls.NewListener(secure, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}))
	run(adminHandler(bucket), admin)

	ready, err := json.Marshal(ports{portOf(plain), portOf(secure), portOf(admin)})
	if err != nil {
		return err
	}
	fmt.Println(string(ready))
	whenStarterEnds(func() { os.Exit(0) })
	return <-failed
}

func listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

func portOf(listener net.Listener) int { return listener.Addr().(*net.TCPAddr).Port }

func adminHandler(bucket *store) http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("POST /load", func(w http.ResponseWriter, r *http.Request) {
		var wanted loadRequest
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		bucket.load(wanted)
		answerJson(w, struct{}{})
	})
	routes.HandleFunc("GET /counters", func(w http.ResponseWriter, _ *http.Request) {
		answerJson(w, bucket.counters.sofar())
	})
	routes.HandleFunc("POST /check", func(w http.ResponseWriter, r *http.Request) {
		var wanted workload
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answerJson(w, bucket.check(wanted))
	})
	return routes
}

func answerJson(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
