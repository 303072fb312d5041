package http

import (
	"context"
	"errors"
	"net"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

// The failures that only HTTP has.
const (
	codeBadRequest       booking.Code = "bad_request"
	codeInvalidJSON      booking.Code = "invalid_json"
	codeMethodNotAllowed booking.Code = "method_not_allowed"
	codeNotImplemented   booking.Code = "not_implemented"
	codeTooLarge         booking.Code = "payload_too_large"
	codeHeadersTooLarge  booking.Code = "headers_too_large"
	codeMediaType        booking.Code = "unsupported_media_type"
	codeSlow             booking.Code = "request_timeout" // the request did not arrive in time
)

// statuses is the one map from codes to HTTP statuses. A code that is not in it is internal.
var statuses = map[booking.Code]int{
	booking.CodeInternal:          fiber.StatusInternalServerError,
	booking.CodeInvalid:           fiber.StatusBadRequest,
	booking.CodeNotFound:          fiber.StatusNotFound,
	booking.CodeForbidden:         fiber.StatusForbidden,
	booking.CodeInvalidTransition: fiber.StatusConflict,
	booking.CodeConflict:          fiber.StatusConflict,
	booking.CodeTimelineFull:      fiber.StatusConflict,
	booking.CodeEmailTaken:        fiber.StatusConflict,
	booking.CodeLastAdmin:         fiber.StatusConflict,
	booking.CodeStale:             fiber.StatusConflict,
	booking.CodeKeyReused:         fiber.StatusUnprocessableEntity,
	booking.CodeUnavailable:       fiber.StatusServiceUnavailable,
	booking.CodeTimeout:           fiber.StatusGatewayTimeout,
	booking.CodeRateLimited:       fiber.StatusTooManyRequests,
	booking.CodeUnauthorized:      fiber.StatusUnauthorized,

	booking.Code(auth.MissingToken): fiber.StatusUnauthorized,
	booking.Code(auth.InvalidToken): fiber.StatusUnauthorized,
	booking.Code(auth.ExpiredToken): fiber.StatusUnauthorized,
	booking.Code(auth.RevokedToken): fiber.StatusUnauthorized,

	codeBadRequest:       fiber.StatusBadRequest,
	codeInvalidJSON:      fiber.StatusBadRequest,
	codeMethodNotAllowed: fiber.StatusMethodNotAllowed,
	codeNotImplemented:   fiber.StatusNotImplemented,
	codeTooLarge:         fiber.StatusRequestEntityTooLarge,
	codeHeadersTooLarge:  fiber.StatusRequestHeaderFieldsTooLarge,
	codeMediaType:        fiber.StatusUnsupportedMediaType,
	codeSlow:             fiber.StatusRequestTimeout,
}

// failure is the body of every answer that is not a success.
type failure struct {
	Success   bool              `json:"success" example:"false"`
	Message   string            `json:"message" description:"A sentence for a person."`
	Code      booking.Code      `json:"code" description:"What went wrong, for programs."`
	RequestID string            `json:"requestId" description:"Name it when you ask about this failure."`
	Fields    map[string]string `json:"fields,omitempty" description:"With validation_failed: what is wrong with each field."`
	Booking   *booking.Booking  `json:"booking,omitempty" description:"With conflict: the booking as it is now."`

	retryAfter int // seconds; 0 for none
}

// status returns the HTTP status of a failure.
func (f failure) status() int {
	if status, ok := statuses[f.Code]; ok {
		return status
	}
	return fiber.StatusInternalServerError
}

// explain turns any error into what may be told of it. known is false for errors that are for the log only.
func explain(err error) (f failure, known bool) {
	var (
		token   *auth.Error
		limited *auth.Limited
		domain  *booking.Error
		routing *fiber.Error
	)
	switch {
	case errors.As(err, &token):
		return failure{Code: booking.Code(token.Code), Message: token.Error()}, true
	case errors.As(err, &domain):
		f = failure{Code: domain.Code, Message: domain.Message, Fields: domain.Fields, Booking: domain.Booking}
		switch {
		case errors.As(err, &limited):
			f.retryAfter = limited.Seconds()
		case domain.Code == booking.CodeUnavailable:
			f.retryAfter = 1
		case f.status() == fiber.StatusInternalServerError:
			return internalFailure(), false
		}
		return f, true
	case errors.As(err, &routing):
		return explainRouting(routing), true
	case errors.Is(err, context.DeadlineExceeded):
		return failure{Code: booking.CodeTimeout, Message: "This took too long. What you asked for may or may not have been done."}, true
	case errors.Is(err, context.Canceled): // only Shutdown cancels
		return failure{Code: booking.CodeUnavailable, Message: "The server is stopping. Try again in a moment.", retryAfter: 1}, true
	}
	return internalFailure(), false
}

func internalFailure() failure {
	return failure{Code: booking.CodeInternal, Message: "Something went wrong on our side. Try again later."}
}

// explainRouting names the router's and the server's own refusals.
func explainRouting(err *fiber.Error) failure {
	switch err.Code {
	case fiber.StatusNotFound:
		return failure{Code: booking.CodeNotFound, Message: "There is nothing at this address."}
	case fiber.StatusMethodNotAllowed:
		return failure{Code: codeMethodNotAllowed, Message: "This address does not know that method."}
	case fiber.StatusNotImplemented:
		return failure{Code: codeNotImplemented, Message: "This server does not know that method."}
	case fiber.StatusRequestEntityTooLarge:
		return failure{Code: codeTooLarge, Message: "The body is too large."}
	case fiber.StatusRequestHeaderFieldsTooLarge:
		return failure{Code: codeHeadersTooLarge, Message: "The headers are too large."}
	case fiber.StatusRequestTimeout:
		return failure{Code: codeSlow, Message: "The request did not arrive in time."}
	}
	return failure{Code: codeBadRequest, Message: "The request cannot be understood."}
}

// fail answers with what may be told of an error and logs what may not.
func (s *Server) fail(c *fiber.Ctx, err error) {
	f, known := explain(err)
	if !known {
		s.opts.Log.Error().Err(err).Str("request_id", requestID(c)).Str("route", pattern(c)).Msg("Request failed")
	}
	f.RequestID = requestID(c)
	if f.retryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(f.retryAfter))
	}
	status := f.status()
	if status == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	c.Context().ResetBody()
	c.Set(fiber.HeaderCacheControl, "no-store")
	if err := c.Status(status).JSON(f); err != nil {
		s.opts.Log.Error().Err(err).Str("request_id", f.RequestID).Msg("Failure not encoded")
	}
}

// bodyFailure says why a body could not be read.
func bodyFailure(err error) error {
	var network net.Error
	switch {
	case errors.Is(err, fiber.ErrRequestEntityTooLarge):
		return fiber.ErrRequestEntityTooLarge
	case errors.As(err, &network) && network.Timeout():
		return fiber.ErrRequestTimeout
	}
	return booking.Errorf(codeBadRequest, "The body ended before it was complete.")
}
