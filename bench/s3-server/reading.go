package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// read answers GetObject and HeadObject, of a version, a part or a range.
func (s *store) read(w http.ResponseWriter, r *http.Request, key string, query url.Values) *refusal {
	found := s.find(key)
	if found == nil {
		return noSuchKey
	}
	if version := query.Get("versionId"); version != "" && version != found.versionId {
		return noSuchVersion
	}
	if wanted := r.Header.Get("If-Match"); wanted != "" && unquoted(wanted) != found.etag {
		return preconditionFailed
	}
	begin, end, refused := found.span(r.Header.Get("Range"), query.Get("partNumber"))
	if refused != nil {
		return refused
	}
	header := w.Header()
	for name, value := range found.headers {
		header[http.CanonicalHeaderKey(name)] = []string{value}
	}
	header["Etag"] = []string{`"` + found.etag + `"`}
	header["Last-Modified"] = []string{found.lastModified.Format(http.TimeFormat)}
	header["X-Amz-Version-Id"] = []string{found.versionId}
	header["Accept-Ranges"] = []string{"bytes"}
	header["Content-Length"] = []string{strconv.FormatInt(end-begin, 10)}
	if len(found.tags) > 0 && r.Method == http.MethodGet {
		header["X-Amz-Tagging-Count"] = []string{strconv.Itoa(len(found.tags))}
	}
	if query.Has("partNumber") && len(found.parts()) > 1 {
		header["X-Amz-Mp-Parts-Count"] = []string{strconv.Itoa(len(found.parts()))}
	}
	status := http.StatusOK
	if end-begin < found.size || query.Has("partNumber") {
		status = http.StatusPartialContent
		header["Content-Range"] = []string{
			"bytes " + strconv.FormatInt(begin, 10) + "-" + strconv.FormatInt(end-1, 10) + "/" + strconv.FormatInt(found.size, 10),
		}
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(status)
		return nil
	}
	if found.generated == nil && int64(len(found.body)) != found.size {
		header.Del("Content-Length")
		return notOffered("the content of what was put")
	}
	w.WriteHeader(status)
	found.writeRange(w, begin, end)
	return nil
}

// parts are the sizes of a made-up object's parts; what was put is one part.
func (o *object) parts() []int64 {
	if o.generated != nil {
		return o.generated.workload.Parts
	}
	return []int64{o.size}
}

// span is what a request wants of an object, from `begin` to before `end`.
func (o *object) span(asked, part string) (begin, end int64, refused *refusal) {
	outside := &refusal{http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "there are no such bytes"}
	if part != "" {
		number, _ := strconv.Atoi(part)
		if number < 1 || number > len(o.parts()) {
			return 0, 0, outside
		}
		for _, size := range o.parts()[:number-1] {
			begin += size
		}
		return begin, begin + o.parts()[number-1], nil
	}
	first, last, isRange := strings.Cut(strings.TrimPrefix(asked, "bytes="), "-")
	if !isRange {
		return 0, o.size, nil
	}
	if first == "" {
		length, _ := strconv.ParseInt(last, 10, 64)
		return max(0, o.size-length), o.size, nil
	}
	begin, _ = strconv.ParseInt(first, 10, 64)
	end = o.size
	if last != "" {
		inclusive, _ := strconv.ParseInt(last, 10, 64)
		end = min(end, inclusive+1)
	}
	if begin >= end {
		return 0, 0, outside
	}
	return begin, end, nil
}

// writeRange sends bytes of an object; a client that has gone away is no concern of the server's.
func (o *object) writeRange(w http.ResponseWriter, begin, end int64) {
	if o.generated == nil {
		_, _ = w.Write(o.body[begin:end])
		return
	}
	var offset int64
	for part, size := range o.parts() {
		from, upto := max(begin-offset, 0), min(end-offset, size)
		if from < upto && o.generated.workload.piece(o.generated.index, part).writeRange(w, from, upto) != nil {
			return
		}
		offset += size
	}
}
