package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// chunkedBody reads `aws-chunked`: length in hexadecimal, perhaps a signature, bytes, and in the end trailers.
// Neither signatures nor trailers are looked at.
type chunkedBody struct {
	source *bufio.Reader
	left   int64
	ended  bool
}

func newLineReader(source io.Reader) *bufio.Reader { return bufio.NewReaderSize(source, 64*1024) }

func (c *chunkedBody) Read(to []byte) (int, error) {
	if c.left == 0 && !c.ended {
		if err := c.nextChunk(); err != nil {
			return 0, err
		}
	}
	if c.ended {
		return 0, io.EOF
	}
	length, err := c.source.Read(to[:min(int64(len(to)), c.left)])
	c.left -= int64(length)
	if err == nil && c.left == 0 {
		_, err = c.source.Discard(2)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return length, err
}

func (c *chunkedBody) nextChunk() error {
	line, err := c.source.ReadString('\n')
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	length, _, _ := strings.Cut(strings.TrimSpace(line), ";")
	c.left, err = strconv.ParseInt(length, 16, 64)
	if err != nil {
		return fmt.Errorf("no chunk begins with %q", line)
	}
	if c.left == 0 {
		c.ended = true
		_, _ = io.Copy(io.Discard, c.source)
	}
	return nil
}
