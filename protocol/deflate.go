package protocol

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"
)

// rsv1 marks a compressed message in the first byte of its frame (RFC 7692, 6).
const rsv1 = 0x40

// flushed is what a flush leaves at the end of a compressed message, and what is left out of the frame (RFC 7692, 7.2.1).
const flushed = "\x00\x00\xff\xff"

// deflaters are shared: one is half a megabyte.
var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(io.Discard, flate.BestSpeed) // fails only for a level that does not exist
	return w
}}

// Deflated returns the bytes to write to a WebSocket that agreed on permessage-deflate without context takeover: every
// message of from bytes or more is compressed, unless that would make it longer. Because no context is kept, the bytes are
// the same for every connection. They are made at the first call; from must be the same in all calls.
func (f *Frame) Deflated(from int) []byte {
	if f.plain || len(f.webSocket) < from {
		return f.WebSocket()
	}
	f.deflating.Do(func() { f.deflated = deflate(f.webSocket, from) })
	return f.deflated[:len(f.deflated):len(f.deflated)]
}

func deflate(ws []byte, from int) []byte {
	var all []byte
	for rest := ws; len(rest) > 0; {
		var first byte
		var data []byte
		first, data, rest = cutFrame(rest)
		if len(data) >= from {
			if packed := pack(data); len(packed) < len(data) {
				first, data = first|rsv1, packed
			}
		}
		all = append(appendHeader(all, first, len(data)), data...)
	}
	return all
}

func pack(data []byte) []byte {
	w := deflaters.Get().(*flate.Writer)
	defer func() {
		w.Reset(io.Discard) // or the pool holds what was packed
		deflaters.Put(w)
	}()
	var packed bytes.Buffer
	w.Reset(&packed)
	_, _ = w.Write(data) // a buffer takes everything
	_ = w.Flush()
	return bytes.TrimSuffix(packed.Bytes(), []byte(flushed))
}
