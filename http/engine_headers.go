package http

import (
	"maps"
	nethttp "net/http"
	"slices"

	"github.com/gofiber/fiber/v2"
)

// addHeaders adds what the options' functions want in an answer. sid is that of the session which the answer begins, ""
// in later answers.
func (e *EngineIO) addHeaders(c *fiber.Ctx, sid string) {
	initial, every := e.options.InitialHeaders, e.options.Headers
	if initial == nil && every == nil {
		return
	}
	r, h := request(c), nethttp.Header{}
	if initial != nil && sid != "" {
		initial(h, r, sid)
	}
	if every != nil {
		every(h, r)
	}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if name != fiber.HeaderSetCookie { // cookies are one more each, everything else is replaced
			c.Response().Header.Del(name)
		}
		for _, value := range h[name] {
			c.Response().Header.Add(name, value)
		}
	}
}
