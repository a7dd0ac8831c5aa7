package main

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// checked says how far what is here equals the objects of a workload.
type checked struct {
	Expected int `json:"expected"`
	// Same key, size and bytes (by CRC-32).
	Equal int `json:"equal"`
	// Of the equal ones.
	SameEtag int `json:"sameEtag"`
	// What is missing or different on some of the equal ones: names of headers, and "tags".
	Lost []string `json:"lost"`
	// Objects that the workload does not have, state aside.
	Extra int `json:"extra"`
}

func (s *store) check(wanted workload) checked {
	result := checked{Expected: wanted.Count}
	lost := map[string]bool{}
	s.each("", true, func(found *object) bool {
		if s.keepPrefix != "" && strings.HasPrefix(found.key, s.keepPrefix) {
			return true
		}
		index := wanted.indexOf(found.key)
		switch {
		case index < 0:
			result.Extra++
		case found.generated != nil:
			// Nobody put it; it is as it was made up.
			if found.generated.workload.Generation == wanted.Generation {
				result.Equal++
				result.SameEtag++
			}
		case found.size == wanted.size() && found.crc == wanted.crc(index):
			result.Equal++
			if found.etag == wanted.etag(index) {
				result.SameEtag++
			}
			addLost(lost, found, wanted)
		}
		return true
	})
	result.Lost = slices.AppendSeq([]string{}, maps.Keys(lost))
	slices.Sort(result.Lost)
	return result
}

// addLost allows for more than is wanted: copies carry stamps and times of their own.
func addLost(lost map[string]bool, found *object, wanted workload) {
	for name, value := range wanted.Headers {
		if canonical := http.CanonicalHeaderKey(name); found.headers[canonical] != value {
			lost[strings.ToLower(name)] = true
		}
	}
	for name, value := range wanted.Tags {
		if found.tags[name] != value {
			lost["tags"] = true
		}
	}
}
