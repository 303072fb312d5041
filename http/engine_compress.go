package http

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"sync"

	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/actors/realtime"
)

// sendPackets answers with packets, compressed where that is wanted, worth it and understood (row 42).
func (e *EngineIO) sendPackets(c *fiber.Ctx, a realtime.PollAnswer) error {
	c.Set(fiber.HeaderContentType, textPlain)
	c.Set(fiber.HeaderCacheControl, "no-store")
	payload := a.Payload
	if from := e.options.CompressFrom; from >= 0 && a.Compress && len(payload) >= from {
		switch encoding := chooseEncoding(c.Get(fiber.HeaderAcceptEncoding)); encoding {
		case "gzip":
			c.Set(fiber.HeaderContentEncoding, encoding)
			payload = compress(&gzips, payload)
		case "deflate":
			c.Set(fiber.HeaderContentEncoding, encoding)
			payload = compress(&zlibs, payload)
		}
	}
	return c.Send(payload)
}

// The compressors are shared: one is most of a megabyte. What HTTP calls deflate is the format of zlib.
var (
	gzips = sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // fails only for a level that does not exist
		return w
	}}
	zlibs = sync.Pool{New: func() any {
		w, _ := zlib.NewWriterLevel(io.Discard, zlib.BestSpeed)
		return w
	}}
)

// compressor is what gzip and zlib have in common.
type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
}

func compress(pool *sync.Pool, payload []byte) []byte {
	w := pool.Get().(compressor)
	defer func() {
		w.Reset(io.Discard) // or the pool holds what was packed
		pool.Put(w)
	}()
	var packed bytes.Buffer
	w.Reset(&packed)
	_, _ = w.Write(payload) // a buffer takes everything
	_ = w.Close()
	return packed.Bytes()
}

// chooseEncoding returns the better of gzip and deflate that an Accept-Encoding header allows, gzip where it does not
// matter, "" for neither.
func chooseEncoding(accept string) string {
	weights := encodingWeights(accept)
	gzip, deflate := weights.of("gzip"), weights.of("deflate")
	switch {
	case gzip > 0 && gzip >= deflate:
		return "gzip"
	case deflate > 0:
		return "deflate"
	}
	return ""
}
