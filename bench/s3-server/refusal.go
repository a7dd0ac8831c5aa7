package main

import (
	"net/http"
	"strings"
)

// refusal is an answer that is no success, as S3 words it.
type refusal struct {
	status  int
	code    string
	message string
}

var (
	noSuchKey          = &refusal{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
	noSuchVersion      = &refusal{http.StatusNotFound, "NoSuchVersion", "The specified version does not exist."}
	noSuchUpload       = &refusal{http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist."}
	preconditionFailed = &refusal{http.StatusPreconditionFailed, "PreconditionFailed", "A condition does not hold."}
	badDigest          = &refusal{http.StatusBadRequest, "BadDigest", "The Content-MD5 is not that of the body."}
	incompleteBody     = &refusal{http.StatusBadRequest, "IncompleteBody", "The body ended early."}
	invalidPart        = &refusal{http.StatusBadRequest, "InvalidPart", "A part was not uploaded with this ETag."}
	malformed          = &refusal{http.StatusBadRequest, "MalformedXML", "The document is not understood."}
)

func notOffered(what string) *refusal {
	return &refusal{http.StatusNotImplemented, "NotImplemented", "the bench's server does not offer " + what}
}

func unquoted(etag string) string { return strings.Trim(etag, `"`) }
