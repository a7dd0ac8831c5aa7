package main

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// What is kept of a body under the kept prefix; state is small.
const keptBytes = 64 * 1024

type received struct {
	md5  [md5.Size]byte
	crc  uint32
	size int64
	body []byte
}

var buffers = sync.Pool{New: func() any { return make([]byte, 256*1024) }}

// receive takes a body in, and checks it as S3 does before anything is written.
func receive(r *http.Request, keep bool) (received, *refusal) {
	body := io.Reader(r.Body)
	expected := r.ContentLength
	if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		body, expected = &chunkedBody{source: newLineReader(r.Body)}, -1
	}
	digest, sum := md5.New(), crc32.NewIEEE()
	var kept bytes.Buffer
	buffer := buffers.Get().([]byte)
	defer buffers.Put(buffer)
	size := int64(0)
	for {
		length, err := body.Read(buffer)
		chunk := buffer[:length]
		size += int64(length)
		_, _ = digest.Write(chunk)
		_, _ = sum.Write(chunk)
		if keep && size <= keptBytes {
			kept.Write(chunk)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return received{}, incompleteBody
		}
	}
	if expected >= 0 && size != expected {
		return received{}, incompleteBody
	}
	got := received{[md5.Size]byte(digest.Sum(nil)), sum.Sum32(), size, kept.Bytes()}
	if stated := r.Header.Get("Content-Md5"); stated != "" && stated != base64.StdEncoding.EncodeToString(got.md5[:]) {
		return received{}, badDigest
	}
	return got, nil
}

func (s *store) putObject(w http.ResponseWriter, r *http.Request, key string) *refusal {
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		return notOffered("CopyObject")
	}
	got, refused := receive(r, strings.HasPrefix(key, s.keepPrefix))
	if refused != nil {
		return refused
	}
	made := &object{
		key:     key,
		etag:    hex.EncodeToString(got.md5[:]),
		size:    got.size,
		crc:     got.crc,
		body:    got.body,
		headers: keptHeaders(r.Header),
		tags:    tagsOf(r.Header),
	}
	if refused := s.write(made, conditionOf(r.Header)); refused != nil {
		return refused
	}
	answerWritten(w, made)
	return nil
}

func answerWritten(w http.ResponseWriter, made *object) {
	w.Header()["Etag"] = []string{`"` + made.etag + `"`}
	w.Header()["X-Amz-Version-Id"] = []string{made.versionId}
}

func conditionOf(header http.Header) condition {
	return condition{header.Get("If-Match"), header.Get("If-None-Match")}
}

var travelling = []string{
	"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires",
}

// keptHeaders are those that an object is read with again.
func keptHeaders(header http.Header) map[string]string {
	kept := map[string]string{}
	for _, name := range travelling {
		if value := header.Get(name); value != "" && value != "aws-chunked" {
			kept[name] = value
		}
	}
	for name, values := range header {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			kept[name] = strings.Join(values, ",")
		}
	}
	return kept
}

func tagsOf(header http.Header) map[string]string {
	tags := map[string]string{}
	query, err := url.ParseQuery(header.Get("X-Amz-Tagging"))
	if err != nil {
		return tags
	}
	for name := range query {
		tags[name] = query.Get(name)
	}
	return tags
}
