package main

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ServeHTTP answers one S3 request, in path style. Signatures are not verified.
func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	query := r.URL.Query()
	operation := operationOf(r.Method, key, query)
	if s.keepPrefix != "" && strings.HasPrefix(key, s.keepPrefix) {
		s.counters.count("state", r.ContentLength)
	} else {
		s.counters.count(operation, r.ContentLength)
	}
	if s.delay > 0 {
		time.Sleep(s.delay)
	}
	w.Header()["X-Amz-Request-Id"] = []string{"bench"}
	if refused := s.perform(w, r, operation, bucket, key, query); refused != nil {
		document := append([]byte(xmlStart), "<Error>"...)
		document = appendElement(document, "Code", refused.code)
		document = appendElement(document, "Message", refused.message)
		w.Header()["Content-Type"] = []string{"application/xml"}
		w.WriteHeader(refused.status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(append(document, "</Error>"...))
		}
	}
}

// operationOf names what is asked for in S3's words.
func operationOf(method, key string, query url.Values) string {
	kind := method + " object"
	if key == "" {
		kind = method + " bucket"
	}
	for _, name := range []string{"versioning", "versions", "list-type", "tagging", "uploads", "uploadId", "delete", "location"} {
		if query.Has(name) {
			kind += " " + name
			break
		}
	}
	if name, known := operations[kind]; known {
		return name
	}
	return kind
}

var operations = map[string]string{
	"PUT bucket":             "CreateBucket",
	"HEAD bucket":            "HeadBucket",
	"GET bucket versioning":  "GetBucketVersioning",
	"GET bucket location":    "GetBucketLocation",
	"GET bucket list-type":   "ListObjectsV2",
	"GET bucket versions":    "ListObjectVersions",
	"GET bucket uploads":     "ListMultipartUploads",
	"POST bucket delete":     "DeleteObjects",
	"GET object":             "GetObject",
	"HEAD object":            "HeadObject",
	"PUT object":             "PutObject",
	"DELETE object":          "DeleteObject",
	"GET object tagging":     "GetObjectTagging",
	"PUT object tagging":     "PutObjectTagging",
	"POST object uploads":    "CreateMultipartUpload",
	"PUT object uploadId":    "UploadPart",
	"GET object uploadId":    "ListParts",
	"POST object uploadId":   "CompleteMultipartUpload",
	"DELETE object uploadId": "AbortMultipartUpload",
}

func (s *store) perform(w http.ResponseWriter, r *http.Request, operation, bucket, key string, query url.Values) *refusal {
	switch operation {
	case "CreateBucket", "HeadBucket":
		return nil
	case "GetBucketVersioning":
		answerXml(w, []byte(xmlStart+"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"))
		return nil
	case "GetBucketLocation":
		answerXml(w, []byte(xmlStart+"<LocationConstraint></LocationConstraint>"))
		return nil
	case "ListObjectsV2":
		return s.listObjects(w, bucket, query)
	case "ListObjectVersions":
		return s.listVersions(w, bucket, query)
	case "ListMultipartUploads":
		return s.listUploads(w, bucket, query)
	case "DeleteObjects":
		return s.deleteObjects(w, r)
	case "GetObject", "HeadObject":
		return s.read(w, r, key, query)
	case "PutObject":
		return s.putObject(w, r, key)
	case "DeleteObject":
		s.remove(key)
		w.WriteHeader(http.StatusNoContent)
		return nil
	case "GetObjectTagging":
		return s.readTags(w, key)
	case "PutObjectTagging":
		return s.writeTags(r, key)
	case "CreateMultipartUpload":
		return s.createUpload(w, r, bucket, key)
	case "UploadPart":
		return s.uploadPart(w, r, key, query)
	case "ListParts":
		return s.listParts(w, bucket, key, query)
	case "CompleteMultipartUpload":
		return s.completeUpload(w, r, bucket, key, query)
	case "AbortMultipartUpload":
		s.endUpload(query.Get("uploadId"))
		w.WriteHeader(http.StatusNoContent)
		return nil
	default:
		return notOffered(operation)
	}
}

func (s *store) deleteObjects(w http.ResponseWriter, r *http.Request) *refusal {
	var named struct {
		Objects []struct{ Key string } `xml:"Object"`
	}
	if xml.NewDecoder(r.Body).Decode(&named) != nil {
		return malformed
	}
	document := append([]byte(xmlStart), "<DeleteResult>"...)
	for _, target := range named.Objects {
		s.remove(target.Key)
		document = append(document, "<Deleted>"...)
		document = appendElement(document, "Key", escapedForXml(target.Key))
		document = append(document, "</Deleted>"...)
	}
	answerXml(w, append(document, "</DeleteResult>"...))
	return nil
}

type tagging struct {
	Tags []struct{ Key, Value string } `xml:"TagSet>Tag"`
}

func (s *store) readTags(w http.ResponseWriter, key string) *refusal {
	found := s.find(key)
	if found == nil {
		return noSuchKey
	}
	document := append([]byte(xmlStart), "<Tagging><TagSet>"...)
	for name, value := range found.tags {
		document = append(document, "<Tag>"...)
		document = appendElement(document, "Key", escapedForXml(name))
		document = appendElement(document, "Value", escapedForXml(value))
		document = append(document, "</Tag>"...)
	}
	answerXml(w, append(document, "</TagSet></Tagging>"...))
	return nil
}

func (s *store) writeTags(r *http.Request, key string) *refusal {
	var sent tagging
	if xml.NewDecoder(r.Body).Decode(&sent) != nil {
		return malformed
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := s.put[key]
	if found == nil {
		return noSuchKey
	}
	changed := *found
	changed.tags = map[string]string{}
	for _, tag := range sent.Tags {
		changed.tags[tag.Key] = tag.Value
	}
	s.put[key] = &changed
	return nil
}
