package main

import "hash/crc32"

// combineCrc gives the CRC-32 of two byte strings in a row from that of each: parts of one object arrive side by
// side and in any order. Appending n zero bytes to a string is a linear map over GF(2), applied here by squaring.
func combineCrc(first, second uint32, secondLength int64) uint32 {
	var operator [32]uint32 // one zero bit
	operator[0] = crc32.IEEE
	for bit := 1; bit < 32; bit++ {
		operator[bit] = 1 << (bit - 1)
	}
	operator = square(square(square(operator))) // one zero byte
	for length := secondLength; length > 0; length >>= 1 {
		if length&1 == 1 {
			first = apply(operator, first)
		}
		operator = square(operator)
	}
	return first ^ second
}

func apply(operator [32]uint32, vector uint32) uint32 {
	var sum uint32
	for bit := 0; vector != 0; bit, vector = bit+1, vector>>1 {
		if vector&1 == 1 {
			sum ^= operator[bit]
		}
	}
	return sum
}

func square(operator [32]uint32) (squared [32]uint32) {
	for bit := range operator {
		squared[bit] = apply(operator, operator[bit])
	}
	return squared
}
