package main

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

type upload struct {
	key       string
	headers   map[string]string
	tags      map[string]string
	parts     map[int]received
	initiated time.Time
}

func (s *store) createUpload(w http.ResponseWriter, r *http.Request, bucket, key string) *refusal {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.versions++
	id := "upload." + strconv.Itoa(s.versions)
	s.uploads[id] = &upload{key, keptHeaders(r.Header), tagsOf(r.Header), map[int]received{}, time.Now().UTC()}
	document := append([]byte(xmlStart), "<InitiateMultipartUploadResult>"...)
	document = appendElement(document, "Bucket", bucket)
	document = appendElement(document, "Key", escapedForXml(key))
	document = appendElement(document, "UploadId", id)
	answerXml(w, append(document, "</InitiateMultipartUploadResult>"...))
	return nil
}

func (s *store) findUpload(key, id string) *upload {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if found := s.uploads[id]; found != nil && found.key == key {
		return found
	}
	return nil
}

func (s *store) uploadPart(w http.ResponseWriter, r *http.Request, key string, query url.Values) *refusal {
	found := s.findUpload(key, query.Get("uploadId"))
	number, err := strconv.Atoi(query.Get("partNumber"))
	if found == nil {
		return noSuchUpload
	}
	if err != nil || number < 1 {
		return invalidPart
	}
	got, refused := receive(r, false)
	if refused != nil {
		return refused
	}
	s.mutex.Lock()
	found.parts[number] = got
	s.mutex.Unlock()
	w.Header()["Etag"] = []string{`"` + hex.EncodeToString(got.md5[:]) + `"`}
	return nil
}

func (s *store) listParts(w http.ResponseWriter, bucket, key string, query url.Values) *refusal {
	found := s.findUpload(key, query.Get("uploadId"))
	if found == nil {
		return noSuchUpload
	}
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	numbers := make([]int, 0, len(found.parts))
	for number := range found.parts {
		numbers = append(numbers, number)
	}
	sort.Ints(numbers)
	document := append([]byte(xmlStart), "<ListPartsResult>"...)
	document = appendElement(document, "Bucket", bucket)
	document = appendElement(document, "Key", escapedForXml(key))
	document = appendElement(document, "UploadId", query.Get("uploadId"))
	document = appendElement(document, "IsTruncated", "false")
	for _, number := range numbers {
		part := found.parts[number]
		document = append(document, "<Part>"...)
		document = appendElement(document, "PartNumber", strconv.Itoa(number))
		document = appendElement(document, "ETag", "&quot;"+hex.EncodeToString(part.md5[:])+"&quot;")
		document = appendElement(document, "Size", strconv.FormatInt(part.size, 10))
		document = append(document, "</Part>"...)
	}
	answerXml(w, append(document, "</ListPartsResult>"...))
	return nil
}

// listUploads answers ListMultipartUploads with the open uploads of keys that begin so.
func (s *store) listUploads(w http.ResponseWriter, bucket string, query url.Values) *refusal {
	document := append([]byte(xmlStart), "<ListMultipartUploadsResult>"...)
	document = appendElement(document, "Bucket", bucket)
	document = appendElement(document, "Prefix", escapedForXml(query.Get("prefix")))
	document = appendElement(document, "IsTruncated", "false")
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	ids := make([]string, 0, len(s.uploads))
	for id, open := range s.uploads {
		if strings.HasPrefix(open.key, query.Get("prefix")) {
			ids = append(ids, id)
		}
	}
	if len(ids) > greatestPage {
		return notOffered("a listing of so many open uploads")
	}
	sort.Slice(ids, func(i, j int) bool {
		left, right := s.uploads[ids[i]], s.uploads[ids[j]]
		return left.key < right.key || (left.key == right.key && left.initiated.Before(right.initiated))
	})
	for _, id := range ids {
		open := s.uploads[id]
		document = append(document, "<Upload>"...)
		document = appendElement(document, "Key", escapedForXml(open.key))
		document = appendElement(document, "UploadId", id)
		document = appendElement(document, "Initiated", open.initiated.Format(isoTime))
		document = append(document, "</Upload>"...)
	}
	answerXml(w, append(document, "</ListMultipartUploadsResult>"...))
	return nil
}

type completion struct {
	Parts []struct {
		PartNumber int
		ETag       string
	} `xml:"Part"`
}

func (s *store) completeUpload(w http.ResponseWriter, r *http.Request, bucket, key string, query url.Values) *refusal {
	id := query.Get("uploadId")
	found := s.findUpload(key, id)
	if found == nil {
		return noSuchUpload
	}
	var named completion
	if xml.NewDecoder(r.Body).Decode(&named) != nil || len(named.Parts) == 0 {
		return malformed
	}
	made := &object{key: key, headers: found.headers, tags: found.tags}
	sums := make([][md5.Size]byte, 0, len(named.Parts))
	s.mutex.RLock()
	for _, name := range named.Parts {
		part, known := found.parts[name.PartNumber]
		if !known || hex.EncodeToString(part.md5[:]) != unquoted(name.ETag) {
			s.mutex.RUnlock()
			return invalidPart
		}
		sums = append(sums, part.md5)
		made.size += part.size
		made.crc = combineCrc(made.crc, part.crc, part.size)
	}
	s.mutex.RUnlock()
	made.etag = combinedEtag(sums)
	if refused := s.write(made, conditionOf(r.Header)); refused != nil {
		return refused
	}
	s.endUpload(id)
	answerWritten(w, made)
	document := append([]byte(xmlStart), "<CompleteMultipartUploadResult>"...)
	document = appendElement(document, "Bucket", bucket)
	document = appendElement(document, "Key", escapedForXml(key))
	document = appendElement(document, "ETag", "&quot;"+made.etag+"&quot;")
	answerXml(w, append(document, "</CompleteMultipartUploadResult>"...))
	return nil
}

func (s *store) endUpload(id string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.uploads, id)
}
