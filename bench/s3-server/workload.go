package main

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

// workload describes objects that are made up when they are asked for.
type workload struct {
	Count int `json:"count"`
	// Bytes of each part; one part means an object that was put at once.
	Parts []int64 `json:"parts"`
	// Another generation of the same keys has other content, as after an overwrite.
	Generation int `json:"generation"`
	// ISO 8601.
	LastModified time.Time `json:"lastModified"`
	// Headers, `x-amz-meta-…` among them.
	Headers map[string]string `json:"headers"`
	Tags    map[string]string `json:"tags"`
}

const (
	keyStart      = "assets/"
	keyEnd        = ".bin"
	keyDigits     = 8
	keysPerFolder = 1000
)

// keyOf ascends with the index, by its bytes.
func keyOf(index int) string {
	key := make([]byte, 0, 32)
	key = append(key, keyStart...)
	key = appendPadded(key, index/keysPerFolder, keyDigits-3)
	key = append(key, '/')
	key = appendPadded(key, index, keyDigits)
	return string(append(key, keyEnd...))
}

func appendPadded(to []byte, number, digits int) []byte {
	text := strconv.Itoa(number)
	for missing := digits - len(text); missing > 0; missing-- {
		to = append(to, '0')
	}
	return append(to, text...)
}

// indexOf is the index of a key of this workload, or -1.
func (w *workload) indexOf(key string) int {
	_, name, _ := strings.Cut(strings.TrimPrefix(key, keyStart), "/")
	index, err := strconv.Atoi(strings.TrimSuffix(name, keyEnd))
	if err != nil || index < 0 || index >= w.Count || keyOf(index) != key {
		return -1
	}
	return index
}

// firstFrom is the index of the first key that is greater, or equal if that is included.
func (w *workload) firstFrom(key string, included bool) int {
	return sort.Search(w.Count, func(index int) bool {
		made := keyOf(index)
		return made > key || (included && made == key)
	})
}

func (w *workload) piece(index, part int) piece {
	identity := strconv.Itoa(w.Generation) + "/" + strconv.Itoa(index) + "/" + strconv.Itoa(part)
	return newPiece(w.Parts[part], identity)
}

func (w *workload) size() (sum int64) {
	for _, size := range w.Parts {
		sum += size
	}
	return sum
}

func (w *workload) etag(index int) string {
	sums := make([][md5.Size]byte, 0, 1)
	for part := range w.Parts {
		sums = append(sums, w.piece(index, part).md5())
	}
	if len(sums) == 1 {
		return hex.EncodeToString(sums[0][:])
	}
	return combinedEtag(sums)
}

func (w *workload) crc(index int) (sum uint32) {
	for part, size := range w.Parts {
		sum = combineCrc(sum, w.piece(index, part).crc(), size)
	}
	return sum
}

func (w *workload) object(index int) *object {
	return &object{
		key:          keyOf(index),
		etag:         w.etag(index),
		size:         w.size(),
		lastModified: w.LastModified,
		versionId:    fmt.Sprintf("generated.%08d.%08d", w.Generation, index),
		headers:      w.Headers,
		tags:         w.Tags,
		generated:    &generated{w, index},
	}
}
