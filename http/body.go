package http

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/booking"
)

// maxDrain is how much of a body that is too large is read and dropped, so that its sender gets to read why: whoever is
// still sending when the connection closes often sees nothing but the closing.
const maxDrain = 16 << 20

// readMembers reads a body that is a JSON object, without looking into its members. No body at all is an empty object.
func readMembers(c *fiber.Ctx, limit int) (map[string]json.RawMessage, error) {
	length := c.Request().Header.ContentLength()
	if length != 0 {
		if err := checkMediaType(c); err != nil {
			c.Context().SetConnectionClose()
			return nil, err
		}
	}
	body, err := readBody(c, limit)
	if err != nil {
		c.Context().SetConnectionClose()
		if errors.Is(err, fiber.ErrRequestEntityTooLarge) && c.Context().RequestBodyStream() != nil {
			_, _ = io.CopyN(io.Discard, c.Context().RequestBodyStream(), maxDrain) // the answer is the same, however it ends
		}
		return nil, bodyFailure(err)
	}
	if len(body) < length || length < 0 && cutOff(c) {
		c.Context().SetConnectionClose()
		return nil, bodyFailure(io.ErrUnexpectedEOF)
	}
	if len(body) == 0 {
		return nil, nil
	}
	var members map[string]json.RawMessage
	switch err := json.Unmarshal(body, &members); {
	case !utf8.Valid(body):
		return nil, booking.Errorf(codeInvalidJSON, "The body must be UTF-8.")
	case err != nil || members == nil:
		return nil, booking.Errorf(codeInvalidJSON, "The body must be a JSON object.")
	}
	return members, nil
}

// cutOff reports whether a chunked body that was read to its end has lost its last chunk: fasthttp takes the end of a
// connection for the end of the body. Its stream remembers a proper end and reads no further; behind a cut it turns to the
// connection again, whose time is over then.
func cutOff(c *fiber.Ctx) bool {
	stream, conn := c.Context().RequestBodyStream(), c.Context().Conn()
	if stream == nil || conn.SetReadDeadline(time.Unix(1, 0)) != nil {
		return false
	}
	_, err := stream.Read(make([]byte, 1))
	return !errors.Is(err, io.EOF) || conn.SetReadDeadline(time.Time{}) != nil
}

// checkMediaType lets only JSON in: a form of another site cannot send that without being asked first.
func checkMediaType(c *fiber.Ctx) error {
	media, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	isJSON := media == fiber.MIMEApplicationJSON || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
	if !isJSON {
		return booking.Errorf(codeMediaType, "The body must be JSON, and Content-Type must say application/json.")
	}
	if encoding := c.Get(fiber.HeaderContentEncoding); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return booking.Errorf(codeMediaType, "The body must not be compressed.")
	}
	return nil
}
