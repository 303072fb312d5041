package realtime

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// A pid lets its socket be resumed by whoever is its user still. It is the base64url form of
//
//	version 1 | id 15 | epoch 8 | connected 16 | stale 8 | heard 16 | HMAC-SHA256 32
//
// where connected is the log's position when the socket connected, heard that of the bus between servers, and stale a hash of
// the offset that the client named then, to no avail: stock clients keep naming it until they get a new one. Whose the socket is, and under which rights, is
// not in the pid, but signed with it.
const (
	pidVersion = 2
	pidBody    = 1 + 15 + 8 + 16 + 8 + 16 // bytes before the signature
)

// pid is what a pid says.
type pid struct {
	id        string // of the socket: base64url of 15 bytes
	epoch     uint64 // of the log
	connected Position
	stale     uint64
	heard     Position // of the bus; zero without one
}

// signer makes and reads pids.
type signer struct{ key []byte }

// newSigner derives a key of its own from one that may sign other things, too.
func newSigner(key []byte) signer {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("kapoor.example/desk connection state recovery, version 1"))
	return signer{mac.Sum(nil)}
}

// write returns the pid of a user's socket, "" for an id that newSid has not made.
func (s signer) write(p pid, user string, rights uint64) string {
	id, err := base64.RawURLEncoding.DecodeString(p.id)
	if err != nil || len(id) != 15 {
		return ""
	}
	body := append(make([]byte, 0, pidBody+sha256.Size), pidVersion)
	body = append(body, id...)
	for _, n := range []uint64{p.epoch, p.connected.Ms, p.connected.Seq, p.stale, p.heard.Ms, p.heard.Seq} {
		body = binary.BigEndian.AppendUint64(body, n)
	}
	return base64.RawURLEncoding.EncodeToString(append(body, s.sum(body, user, rights)...))
}

// read returns what a pid says. It reports false for one that was not made by write for this user with these rights.
func (s signer) read(text, user string, rights uint64) (p pid, ok bool) {
	if len(text) != base64.RawURLEncoding.EncodedLen(pidBody+sha256.Size) {
		return pid{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != pidBody+sha256.Size || raw[0] != pidVersion {
		return pid{}, false
	}
	body, sum := raw[:pidBody], raw[pidBody:]
	if !hmac.Equal(sum, s.sum(body, user, rights)) {
		return pid{}, false
	}
	numbers := body[16:]
	next := func() (n uint64) {
		n, numbers = binary.BigEndian.Uint64(numbers), numbers[8:]
		return n
	}
	p.id = base64.RawURLEncoding.EncodeToString(body[1:16])
	p.epoch = next()
	p.connected.Ms = next()
	p.connected.Seq = next()
	p.stale = next()
	p.heard.Ms = next()
	p.heard.Seq = next()
	return p, true
}

func (s signer) sum(body []byte, user string, rights uint64) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(body)
	mac.Write(binary.BigEndian.AppendUint64(nil, rights))
	mac.Write([]byte(user))
	return mac.Sum(nil)
}

// hashOf returns what a pid keeps of an offset, 0 for none.
func hashOf(offset string) uint64 {
	if offset == "" {
		return 0
	}
	sum := sha256.Sum256([]byte(offset))
	return max(1, binary.BigEndian.Uint64(sum[:8]))
}
