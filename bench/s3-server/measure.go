package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// measured is what one run of a command cost, its own children included.
type measured struct {
	UserSeconds   float64 `json:"userSeconds"`
	SystemSeconds float64 `json:"systemSeconds"`
	WallSeconds   float64 `json:"wallSeconds"`
	// Of the largest process.
	PeakBytes int64 `json:"peakBytes"`
	ExitCode  int   `json:"exitCode"`
}

func measure(args []string) {
	flags := flag.NewFlagSet("measure", flag.ExitOnError)
	report := flags.String("report", "", "file that the figures are written to")
	_ = flags.Parse(args)
	if *report == "" || flags.NArg() == 0 {
		fail(wrongUse, fmt.Errorf("measure --report FILE -- command …"))
	}
	command := exec.Command(flags.Arg(0), flags.Args()[1:]...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr

	began := time.Now()
	fail(1, command.Start())
	whenStarterEnds(func() { _ = command.Process.Kill() })
	err := command.Wait()
	wall := time.Since(began)
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		fail(1, err)
	}
	usage, known := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !known {
		fail(1, fmt.Errorf("%s tells nothing about the resources of a process", runtime.GOOS))
	}
	result, err := json.Marshal(measured{
		UserSeconds:   command.ProcessState.UserTime().Seconds(),
		SystemSeconds: command.ProcessState.SystemTime().Seconds(),
		WallSeconds:   wall.Seconds(),
		PeakBytes:     peakBytes(usage),
		ExitCode:      command.ProcessState.ExitCode(),
	})
	fail(1, err)
	fail(1, os.WriteFile(*report, result, 0o644))
}

// peakBytes knows that Linux counts in KiB and macOS in bytes.
func peakBytes(usage *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}
