package main

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"
)

// object is the current version of a key.
type object struct {
	key          string
	etag         string
	size         int64
	lastModified time.Time
	versionId    string
	headers      map[string]string
	tags         map[string]string
	crc          uint32
	// The bytes of an object that was put; kept for small ones under the kept prefix only.
	body []byte
	// Where the bytes of an object come from that nobody put.
	generated *generated
}

type generated struct {
	workload *workload
	index    int
}

// store is one bucket: made-up objects, and above them what was put. It keeps current versions only.
type store struct {
	mutex      sync.RWMutex
	workload   workload
	put        map[string]*object
	sortedKeys []string // of `put`; nil when it must be made again
	uploads    map[string]*upload
	versions   int
	keepPrefix string
	delay      time.Duration
	counters   counters
}

func newStore() *store {
	return &store{put: map[string]*object{}, uploads: map[string]*upload{}}
}

// load replaces the made-up objects, and drops what was put unless it lies under the kept prefix and is to stay.
func (s *store) load(next loadRequest) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.workload = next.Workload
	s.keepPrefix = next.KeepPrefix
	s.delay = time.Duration(next.DelayMilliseconds) * time.Millisecond
	s.uploads = map[string]*upload{}
	for key := range s.put {
		isKept := strings.HasPrefix(key, next.KeepPrefix)
		if (isKept && !next.KeepsState) || (!isKept && !next.KeepsObjects) {
			delete(s.put, key)
		}
	}
	s.sortedKeys = nil
	s.counters.reset()
}

func (s *store) find(key string) *object {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.current(key)
}

// current needs the lock.
func (s *store) current(key string) *object {
	if found := s.put[key]; found != nil {
		return found
	}
	if index := s.workload.indexOf(key); index >= 0 {
		return s.workload.object(index)
	}
	return nil
}

type condition struct{ ifMatch, ifNoneMatch string }

// write puts an object if the condition holds.
func (s *store) write(made *object, c condition) *refusal {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if c != (condition{}) {
		if refused := c.check(s.current(made.key)); refused != nil {
			return refused
		}
	}
	s.versions++
	made.versionId = fmt.Sprintf("put.%026d", s.versions)
	made.lastModified = time.Now().UTC()
	if s.put[made.key] == nil {
		s.sortedKeys = nil
	}
	s.put[made.key] = made
	return nil
}

func (c condition) check(current *object) *refusal {
	if c.ifNoneMatch == "*" && current != nil {
		return preconditionFailed
	}
	if c.ifMatch == "" {
		return nil
	}
	if current == nil {
		return noSuchKey
	}
	if unquoted(c.ifMatch) != current.etag {
		return preconditionFailed
	}
	return nil
}

func (s *store) remove(key string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.put, key)
	s.sortedKeys = nil
}

// each visits the objects after a key in the order of their keys' bytes, the key itself if it is included, until
// `visit` says that it is enough.
func (s *store) each(from string, included bool, visit func(*object) bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.sortedKeys == nil {
		s.sortedKeys = make([]string, 0, len(s.put))
		for key := range s.put {
			s.sortedKeys = append(s.sortedKeys, key)
		}
		sort.Strings(s.sortedKeys)
	}
	next := sort.Search(len(s.sortedKeys), func(i int) bool {
		return s.sortedKeys[i] > from || (included && s.sortedKeys[i] == from)
	})
	index := s.workload.firstFrom(from, included)
	for next < len(s.sortedKeys) || index < s.workload.Count {
		made := ""
		if index < s.workload.Count {
			made = keyOf(index)
		}
		if next < len(s.sortedKeys) && (made == "" || s.sortedKeys[next] <= made) {
			if s.sortedKeys[next] == made {
				index++
			}
			if !visit(s.put[s.sortedKeys[next]]) {
				return
			}
			next++
			continue
		}
		if !visit(s.workload.object(index)) {
			return
		}
		index++
	}
}
