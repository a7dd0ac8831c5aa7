package main

import "sync"

// counters say how many requests of each kind were made since the last workload was loaded.
type counters struct {
	mutex       sync.Mutex
	byOperation map[string]int
	bodyBytes   int64
}

func (c *counters) count(operation string, bodyBytes int64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.byOperation[operation]++
	c.bodyBytes += max(0, bodyBytes)
}

func (c *counters) reset() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.byOperation = map[string]int{}
	c.bodyBytes = 0
}

type counted struct {
	Requests map[string]int `json:"requests"`
	// Bytes of the bodies that came in.
	BodyBytes int64 `json:"bodyBytes"`
}

func (c *counters) sofar() counted {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	copied := make(map[string]int, len(c.byOperation))
	for name, times := range c.byOperation {
		copied[name] = times
	}
	return counted{copied, c.bodyBytes}
}
