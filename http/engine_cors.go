package http

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
)

// CORS says which pages of other origins may talk to an EngineIO, and how. The zero value lets all of them, without
// credentials.
type CORS struct {
	// Origin decides. Nil means AnyOrigin.
	Origin OriginRule
	// Credentials lets browsers send cookies and the like along. They want an origin that is named then, not AnyOrigin.
	Credentials bool
	// Methods a page may use. Defaults to GET, HEAD, PUT, PATCH, POST and DELETE.
	Methods []string
	// AllowedHeaders are those a page may set. Nil: whatever it asks for.
	AllowedHeaders []string
	// ExposedHeaders are those a page may read besides the usual ones. None by default.
	ExposedHeaders []string
	// MaxAge is how long a browser may remember the answer to a preflight, in whole seconds. Zero says nothing of it.
	MaxAge time.Duration
	// SuccessStatus is that of the answer to a preflight. Defaults to 204; some old browsers want 200.
	SuccessStatus int
}

// OriginRule looks at the Origin header of a request, "" when there is none.
type OriginRule func(origin string) OriginAnswer

// OriginAnswer is what an OriginRule says. The zero value: the origin is not allowed, and asked about again next time.
type OriginAnswer struct {
	// Allow is what Access-Control-Allow-Origin becomes; "" leaves it out.
	Allow string
	// Off treats the request as if there were no CORS at all.
	Off bool
}

// AnyOrigin allows every origin, by "*".
func AnyOrigin() OriginRule {
	return func(string) OriginAnswer { return OriginAnswer{Allow: "*"} }
}

// EchoOrigin allows every origin, by its name.
func EchoOrigin() OriginRule {
	return func(origin string) OriginAnswer { return OriginAnswer{Allow: origin} }
}

// FixedOrigin names one origin, whoever asks.
func FixedOrigin(fixed string) OriginRule {
	return func(string) OriginAnswer { return OriginAnswer{Allow: fixed} }
}

// OriginList allows the origins in the list.
func OriginList(origins ...string) OriginRule {
	return func(origin string) OriginAnswer {
		if slices.Contains(origins, origin) {
			return OriginAnswer{Allow: origin}
		}
		return OriginAnswer{}
	}
}

// OriginPattern allows the origins in which a pattern is found: anchor it.
func OriginPattern(pattern *regexp.Regexp) OriginRule {
	return func(origin string) OriginAnswer {
		if pattern.MatchString(origin) {
			return OriginAnswer{Allow: origin}
		}
		return OriginAnswer{}
	}
}

// OriginFunc allows the origins for which a function says so; for others there is no CORS at all.
func OriginFunc(allow func(origin string) bool) OriginRule {
	return func(origin string) OriginAnswer {
		if allow(origin) {
			return OriginAnswer{Allow: origin}
		}
		return OriginAnswer{Off: true}
	}
}

// defaultCORSMethods are those of CORS.Methods.
const defaultCORSMethods = "GET,HEAD,PUT,PATCH,POST,DELETE"

// apply sets the headers of an answer and answers a preflight, which it reports.
func (o *CORS) apply(c *fiber.Ctx) (answered bool) {
	rule := o.Origin
	if rule == nil {
		rule = AnyOrigin()
	}
	answer := rule(utils.CopyString(c.Get(fiber.HeaderOrigin)))
	if answer.Off {
		return false
	}
	if answer.Allow != "*" {
		c.Vary(fiber.HeaderOrigin)
	}
	setUnlessEmpty(c, fiber.HeaderAccessControlAllowOrigin, answer.Allow)
	if o.Credentials {
		c.Set(fiber.HeaderAccessControlAllowCredentials, "true")
	}
	setUnlessEmpty(c, fiber.HeaderAccessControlExposeHeaders, strings.Join(o.ExposedHeaders, ","))
	if c.Method() != fiber.MethodOptions {
		return false
	}
	o.preflight(c)
	return true
}

func (o *CORS) preflight(c *fiber.Ctx) {
	methods := strings.Join(o.Methods, ",")
	if methods == "" {
		methods = defaultCORSMethods
	}
	c.Set(fiber.HeaderAccessControlAllowMethods, methods)
	if o.AllowedHeaders == nil {
		c.Vary(fiber.HeaderAccessControlRequestHeaders)
		setUnlessEmpty(c, fiber.HeaderAccessControlAllowHeaders, c.Get(fiber.HeaderAccessControlRequestHeaders))
	} else {
		setUnlessEmpty(c, fiber.HeaderAccessControlAllowHeaders, strings.Join(o.AllowedHeaders, ","))
	}
	if o.MaxAge > 0 {
		c.Set(fiber.HeaderAccessControlMaxAge, strconv.Itoa(int(o.MaxAge/time.Second)))
	}
	status := o.SuccessStatus
	setDefault(&status, fiber.StatusNoContent)
	c.Status(status)
}

func setUnlessEmpty(c *fiber.Ctx, name, value string) {
	if value != "" {
		c.Set(name, value)
	}
}
