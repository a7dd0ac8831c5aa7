package main

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math/rand"
	"sync"
)

const (
	// Every piece begins with the same bytes and ends with some of its own.
	fillerBytes = 1 << 20
	tailBytes   = 64
)

var filler = func() []byte {
	block := make([]byte, fillerBytes)
	_, _ = rand.New(rand.NewSource(1)).Read(block)
	return block
}()

// piece is the content of an object, or of one part of it: common filler, then a tail that no other piece has.
type piece struct {
	size int64
	tail []byte
}

func newPiece(size int64, identity string) piece {
	sum := sha256.Sum256([]byte(identity))
	tail := make([]byte, tailBytes)
	hex.Encode(tail, sum[:])
	return piece{size, tail[:min(size, tailBytes)]}
}

// writeRange writes the bytes from `begin` to before `end`.
func (p piece) writeRange(w io.Writer, begin, end int64) error {
	prefix := p.size - int64(len(p.tail))
	for begin < min(end, prefix) {
		from := begin % fillerBytes
		upto := min(fillerBytes, from+min(end, prefix)-begin)
		if _, err := w.Write(filler[from:upto]); err != nil {
			return err
		}
		begin += upto - from
	}
	if begin < end {
		_, err := w.Write(p.tail[begin-prefix : end-prefix])
		return err
	}
	return nil
}

func (p piece) md5() [md5.Size]byte {
	digest := prefixOf(p).md5()
	_, _ = digest.Write(p.tail)
	return [md5.Size]byte(digest.Sum(nil))
}

func (p piece) crc() uint32 {
	return crc32.Update(prefixOf(p).crc, crc32.IEEETable, p.tail)
}

// prefixDigests holds the digests of a piece's common bytes: they need to be read once for each size only.
type prefixDigests struct {
	md5State []byte
	crc      uint32
}

func (d prefixDigests) md5() hash.Hash {
	digest := md5.New()
	if err := digest.(encoding.BinaryUnmarshaler).UnmarshalBinary(d.md5State); err != nil {
		panic(err)
	}
	return digest
}

var prefixes sync.Map

func prefixOf(p piece) prefixDigests {
	length := p.size - int64(len(p.tail))
	if known, ok := prefixes.Load(length); ok {
		return known.(prefixDigests)
	}
	digest, sum := md5.New(), crc32.NewIEEE()
	_ = piece{size: length}.writeRange(io.MultiWriter(digest, sum), 0, length)
	state, err := digest.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err)
	}
	made := prefixDigests{state, sum.Sum32()}
	prefixes.Store(length, made)
	return made
}

// combinedEtag is what S3 gives an object that was put in parts.
func combinedEtag(sums [][md5.Size]byte) string {
	digest := md5.New()
	for _, sum := range sums {
		_, _ = digest.Write(sum[:])
	}
	return fmt.Sprintf("%x-%d", digest.Sum(nil), len(sums))
}
