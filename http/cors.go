package http

import (
	"slices"

	"github.com/gofiber/fiber/v2"
)

// What pages of other origins may send and read.
const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH"
	corsExposed = "X-Request-Id, Retry-After, Content-Disposition"
	corsMaxAge  = "600" // seconds
)

// secure sets the headers that keep browsers from guessing, framing and telling. The API sends nothing to be rendered;
// the documentation page sets a policy of its own.
func secure(c *fiber.Ctx) {
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
}

// allowOrigin lets pages of the configured origins read the answer. Tokens travel in a header that a page sets itself, so
// no credentials of the browser are ever allowed along.
func (s *Server) allowOrigin(c *fiber.Ctx) {
	if slices.Contains(s.opts.Origins, "*") {
		c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	} else {
		c.Vary(fiber.HeaderOrigin)
		origin := c.Get(fiber.HeaderOrigin)
		if origin == "" || !slices.Contains(s.opts.Origins, origin) {
			return
		}
		c.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	}
	c.Set(fiber.HeaderAccessControlExposeHeaders, corsExposed)
}

// answerPreflight answers the question that browsers ask before a call, and reports whether this was one.
func (s *Server) answerPreflight(c *fiber.Ctx) bool {
	if c.Method() != fiber.MethodOptions || c.Get(fiber.HeaderOrigin) == "" || c.Get(fiber.HeaderAccessControlRequestMethod) == "" {
		return false
	}
	if len(c.Response().Header.Peek(fiber.HeaderAccessControlAllowOrigin)) > 0 {
		c.Set(fiber.HeaderAccessControlAllowMethods, corsMethods)
		if headers := c.Get(fiber.HeaderAccessControlRequestHeaders); headers != "" {
			c.Set(fiber.HeaderAccessControlAllowHeaders, headers)
			c.Vary(fiber.HeaderAccessControlRequestHeaders)
		}
		c.Set(fiber.HeaderAccessControlMaxAge, corsMaxAge)
	}
	c.Status(fiber.StatusNoContent)
	return true
}
