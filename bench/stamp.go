package main

import "bytes"

// What a broadcast carries: a number that rises by one, and when it was sent by the generator's clock. Both stand at a
// fixed place with a fixed width, so that a receiver reads them without parsing JSON. Servers that parse and write the JSON
// anew keep the order of the members.
const (
	stampBegin = `{"seq":"`
	stampSent  = `","sent":"`
	stampPad   = `","pad":"`
	stampEnd   = `"}`

	seqDigits, sentDigits = 10, 19
	stampLength           = len(stampBegin) + seqDigits + len(stampSent) + sentDigits + len(stampPad) + len(stampEnd)
)

// stamp is the mark of one broadcast.
type stamp struct {
	seq  uint32
	sent int64
}

// appendTo appends the payload, padded to size bytes; it is longer where that is too short.
func (s stamp) appendTo(dst []byte, size int) []byte {
	dst = appendDigits(append(dst, stampBegin...), uint64(s.seq), seqDigits)
	dst = appendDigits(append(dst, stampSent...), uint64(s.sent), sentDigits)
	dst = append(dst, stampPad...)
	for range size - stampLength {
		dst = append(dst, 'x')
	}
	return append(dst, stampEnd...)
}

func appendDigits(dst []byte, n uint64, width int) []byte {
	start := len(dst)
	for range width {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; i >= start && n > 0; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}

// readStamp reads the mark of a payload that follows prefix, at the beginning of a Socket.IO packet.
func readStamp(packet, prefix []byte) (stamp, bool) {
	if !bytes.HasPrefix(packet, prefix) {
		return stamp{}, false
	}
	p := packet[len(prefix):]
	const seqAt = len(stampBegin)
	const sentAt = seqAt + seqDigits + len(stampSent)
	if len(p) < sentAt+sentDigits || string(p[:seqAt]) != stampBegin || string(p[seqAt+seqDigits:sentAt]) != stampSent {
		return stamp{}, false
	}
	seq, ok := readDigits(p[seqAt : seqAt+seqDigits])
	sent, also := readDigits(p[sentAt : sentAt+sentDigits])
	return stamp{seq: uint32(seq), sent: int64(sent)}, ok && also
}

func readDigits(p []byte) (n uint64, ok bool) {
	for _, b := range p {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + uint64(b-'0')
	}
	return n, true
}
