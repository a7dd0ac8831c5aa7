package main

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const greatestPage = 1000

// listObjects answers ListObjectsV2. The document is put together by hand: it is most of the work with a
// million keys, and the server must not become the limit.
func (s *store) listObjects(w http.ResponseWriter, bucket string, query url.Values) *refusal {
	prefix, delimiter, after := query.Get("prefix"), query.Get("delimiter"), query.Get("start-after")
	if token := query.Get("continuation-token"); token != "" {
		decoded, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return malformed
		}
		after = string(decoded)
	}
	encode := escapedForXml
	if query.Get("encoding-type") == "url" {
		encode = func(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
	}
	limit := greatestPage
	if asked, err := strconv.Atoi(query.Get("max-keys")); err == nil && asked >= 0 && asked < limit {
		limit = asked
	}

	entries := make([]byte, 0, 300*1024)
	count, last, isTruncated := 0, "", false
	// The prefix itself may be a key; what was listed last is not listed again.
	from, included := after, false
	if prefix > from {
		from, included = prefix, true
	}
	s.each(from, included, func(found *object) bool {
		if !strings.HasPrefix(found.key, prefix) {
			return false
		}
		folder := ""
		if delimiter != "" {
			if at := strings.Index(found.key[len(prefix):], delimiter); at >= 0 {
				folder = found.key[:len(prefix)+at+len(delimiter)]
			}
		}
		if folder != "" && (folder == last || strings.HasPrefix(after, folder)) {
			return true
		}
		if count == limit {
			isTruncated = true
			return false
		}
		count++
		if folder != "" {
			last = folder
			entries = append(entries, "<CommonPrefixes><Prefix>"...)
			entries = append(entries, encode(folder)...)
			entries = append(entries, "</Prefix></CommonPrefixes>"...)
			return true
		}
		last = found.key
		entries = appendEntry(entries, encode(found.key), found)
		return true
	})

	document := make([]byte, 0, len(entries)+512)
	document = append(document, xmlStart...)
	document = append(document, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`...)
	document = appendElement(document, "Name", bucket)
	document = appendElement(document, "Prefix", encode(prefix))
	document = appendElement(document, "KeyCount", strconv.Itoa(count))
	document = appendElement(document, "MaxKeys", strconv.Itoa(limit))
	if query.Get("encoding-type") == "url" {
		document = appendElement(document, "EncodingType", "url")
	}
	document = appendElement(document, "IsTruncated", strconv.FormatBool(isTruncated))
	if isTruncated {
		document = appendElement(document, "NextContinuationToken", base64.RawURLEncoding.EncodeToString([]byte(last)))
	}
	document = append(document, entries...)
	document = append(document, "</ListBucketResult>"...)
	answerXml(w, document)
	return nil
}

func appendEntry(to []byte, key string, found *object) []byte {
	to = append(to, "<Contents><Key>"...)
	to = append(to, key...)
	to = append(to, "</Key><LastModified>"...)
	to = appendTime(to, found.lastModified)
	to = append(to, "</LastModified><ETag>&quot;"...)
	to = append(to, found.etag...)
	to = append(to, "&quot;</ETag><Size>"...)
	to = strconv.AppendInt(to, found.size, 10)
	return append(to, "</Size><StorageClass>STANDARD</StorageClass></Contents>"...)
}

// listVersions answers ListObjectVersions for the keys that begin so: their current versions, since no others are kept.
func (s *store) listVersions(w http.ResponseWriter, bucket string, query url.Values) *refusal {
	prefix := query.Get("prefix")
	encode := escapedForXml
	document := append([]byte(xmlStart), `<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`...)
	document = appendElement(document, "Name", bucket)
	document = appendElement(document, "Prefix", encode(prefix))
	document = appendElement(document, "IsTruncated", "false")
	if found := s.find(prefix); found != nil {
		document = append(document, "<Version>"...)
		document = appendElement(document, "Key", encode(found.key))
		document = appendElement(document, "VersionId", found.versionId)
		document = appendElement(document, "IsLatest", "true")
		document = appendElement(document, "LastModified", found.lastModified.Format(isoTime))
		document = appendElement(document, "ETag", "&quot;"+found.etag+"&quot;")
		document = appendElement(document, "Size", strconv.FormatInt(found.size, 10))
		document = append(document, "</Version>"...)
	}
	answerXml(w, append(document, "</ListVersionsResult>"...))
	return nil
}

const (
	xmlStart = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	isoTime  = "2006-01-02T15:04:05.000Z"
)

// appendTime shows whole seconds, as S3 does.
func appendTime(to []byte, at time.Time) []byte {
	return at.Truncate(time.Second).AppendFormat(to, isoTime)
}

func appendElement(to []byte, name, content string) []byte {
	to = append(to, '<')
	to = append(to, name...)
	to = append(to, '>')
	to = append(to, content...)
	to = append(to, "</"...)
	to = append(to, name...)
	return append(to, '>')
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escapedForXml(text string) string { return xmlEscapes.Replace(text) }

func answerXml(w http.ResponseWriter, document []byte) {
	w.Header()["Content-Type"] = []string{"application/xml"}
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(document))}
	_, _ = w.Write(document)
}
