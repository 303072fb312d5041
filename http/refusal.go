package http

import (
	"errors"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/protocol/engineio"
)

// refusal is a request that is not right, and what the server's OnConnectionError hears of it.
type refusal struct {
	engineio.RequestError
	context map[string]any
}

// refuse makes a refusal. context is keys and values in turn.
func refuse(e engineio.RequestError, context ...any) *refusal {
	r := &refusal{e, map[string]any{}}
	for i := 0; i+1 < len(context); i += 2 {
		r.context[context[i].(string)] = context[i+1]
	}
	return r
}

func mismatch(transport, present string) *refusal {
	return refuse(engineio.ErrBadRequest, "name", "TRANSPORT_MISMATCH", "transport", utils.CopyString(transport), "previousTransport", present)
}

// refuse answers a request that is not right: JSON over HTTP, plain text where a WebSocket was wanted (row 17).
func (e *EngineIO) refuse(c *fiber.Ctx, upgrade bool, r *refusal) error {
	e.report(c, r.Code, r.Message, r.context)
	answer := r.RequestError
	if text, ok := r.context["message"].(string); ok {
		answer.Message = text
	}
	if upgrade {
		return refuseUpgrade(c, answer.Message)
	}
	if c.Get(fiber.HeaderUpgrade) != "" { // frames may follow: they are not to be read as requests
		c.Set(fiber.HeaderConnection, "close")
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(answer.Status()).Send(answer.JSON())
}

func refuseUpgrade(c *fiber.Ctx, message string) error {
	c.Set(fiber.HeaderConnection, "close")
	c.Set(fiber.HeaderContentType, "text/html")
	return c.Status(fiber.StatusBadRequest).SendString(message)
}

// unavailable answers a handshake for which the server has no room, or no time any more.
func (e *EngineIO) unavailable(c *fiber.Ctx, err error) error {
	e.log.Warn().Err(err).Str("address", utils.CopyString(c.IP())).Msg("Connection refused")
	label := "stopping"
	if errors.Is(err, realtime.ErrOverloaded) {
		label = "no room"
	}
	e.tell(c, label, noProtocol, err.Error(), nil)
	c.Set(fiber.HeaderRetryAfter, "1")
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlain)
	return c.Status(fiber.StatusServiceUnavailable).SendString("Service Unavailable")
}

// refusals names the codes of engineio.RequestError for figures.
var refusals = map[int]string{
	engineio.ErrTransportUnknown.Code: "unknown transport", engineio.ErrUnknownSid.Code: "unknown sid", engineio.ErrBadMethod.Code: "bad method",
	engineio.ErrBadRequest.Code: "bad request", engineio.ErrForbidden.Code: "forbidden", engineio.ErrUnsupportedVersion.Code: "unsupported version",
}

// noProtocol is the code of a refusal that the protocol has none for.
const noProtocol = -1

func (e *EngineIO) report(c *fiber.Ctx, code int, message string, context map[string]any) {
	e.tell(c, refusals[code], code, message, context)
}

// tell counts a refusal under a label, and tells whoever listens.
func (e *EngineIO) tell(c *fiber.Ctx, label string, code int, message string, context map[string]any) {
	e.server.CountRefusal(label)
	if e.server.Observed() {
		e.server.Refused(realtime.ConnectionError{Request: request(c), Code: code, Message: message, Context: context})
	}
}
