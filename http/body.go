package http

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
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
	if len(body) < length { // fasthttp takes the end of a cut connection for the end of the body
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

// checkMediaType lets only JSON in: a form of another site cannot send that without being asked first.
func checkMediaType(c *fiber.Ctx) error {
	media, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if media != fiber.MIMEApplicationJSON && !(strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")) {
		return booking.Errorf(codeMediaType, "The body must be JSON, and Content-Type must say application/json.")
	}
	if encoding := c.Get(fiber.HeaderContentEncoding); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return booking.Errorf(codeMediaType, "The body must not be compressed.")
	}
	return nil
}
