package http

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/http/webapp"
)

// indexPath is the address of the app's one page.
const indexPath = "/index.html"

// How long browsers may keep the app's files: for ever where the name says what is in them, else not without asking.
const (
	cacheForEver = "public, max-age=31536000, immutable"
	cacheAsking  = "no-cache"
)

// webApp serves the app's export. It takes what no route of the API takes, so that it can never stand in the way of one.
type webApp struct {
	files  map[string]webFile // by address
	policy string             // of the page
}

// webFile is a file of the export with the headers it has.
type webFile struct {
	webapp.File
	media, etag string
}

func newWebApp() (*webApp, error) {
	files, err := webapp.Files()
	if err != nil {
		return nil, err
	}
	w := &webApp{files: map[string]webFile{}}
	for _, file := range files {
		w.files["/"+file.Path] = webFile{file, mediaType(file.Path), `"` + file.SHA256[:32] + `"`}
	}
	page, found := w.files[indexPath]
	if !found {
		return nil, errors.New("the export has no page")
	}
	content, err := page.Plain()
	if err != nil {
		return nil, err
	}
	w.policy = pagePolicy(content)
	return w, nil
}

// mediaType returns the type of a file that an export has. The machine's own table is not asked: it may say anything.
func mediaType(file string) string {
	switch path.Ext(file) {
	case ".html":
		return fiber.MIMETextHTMLCharsetUTF8
	case ".js":
		return fiber.MIMETextJavaScriptCharsetUTF8
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	return fiber.MIMEOctetStream
}

// pagePolicy makes the Content-Security-Policy of the app's page: its own scripts and connections, the styles that stand in
// the page, and one that is empty: react-native-web adds an empty style element and fills it through the DOM, which no
// policy minds.
func pagePolicy(page []byte) string {
	styles := []string{styleHash(nil)}
	for _, style := range regexp.MustCompile(`(?s)<style[^>]*>(.*?)</style>`).FindAllSubmatch(page, -1) {
		styles = append(styles, styleHash(style[1]))
	}
	return "default-src 'none'; script-src 'self'; style-src " + strings.Join(styles, " ") +
		"; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

func styleHash(style []byte) string {
	sum := sha256.Sum256(style)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// find returns the file that answers a request which failed with err, if there is one. Addresses inside the app are made
// up by its page: a browser that is sent to one, or reloads it, gets the page.
func (w *webApp) find(c *fiber.Ctx, err error) (file webFile, found bool) {
	var routing *fiber.Error
	if !errors.As(err, &routing) || routing.Code != fiber.StatusNotFound {
		return file, false
	}
	if method := c.Method(); method != fiber.MethodGet && method != fiber.MethodHead {
		return file, false
	}
	address := c.Path()
	if file, found = w.files[address]; !found && (address == "/" || inside(address) && wantsPage(c)) {
		file, found = w.files[indexPath]
	}
	return file, found
}

// inside reports whether an address may be one of the app's own: those of the API and of files are not.
func inside(address string) bool {
	return address != "/api" && !strings.HasPrefix(address, "/api/") && !strings.HasPrefix(address, "/socket.io") && path.Ext(address) == ""
}

func wantsPage(c *fiber.Ctx) bool {
	return strings.Contains(c.Get(fiber.HeaderAccept), fiber.MIMETextHTML)
}

// send answers with a file.
func (w *webApp) send(c *fiber.Ctx, file webFile) error {
	if "/"+file.Path == indexPath {
		c.Set(fiber.HeaderContentSecurityPolicy, w.policy)
	} else {
		c.Locals(localQuiet, true)
	}
	return file.send(c)
}

// send answers with the file in the best form the browser takes.
func (f webFile) send(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, f.media)
	c.Set(fiber.HeaderETag, f.etag)
	c.Set(fiber.HeaderCacheControl, cacheAsking)
	if f.Immutable() {
		c.Set(fiber.HeaderCacheControl, cacheForEver)
	}
	if f.Packed {
		c.Vary(fiber.HeaderAcceptEncoding)
	}
	if strings.Contains(c.Get(fiber.HeaderIfNoneMatch), f.etag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	content, encoding, err := f.form(c.Get(fiber.HeaderAcceptEncoding))
	if err != nil {
		return fmt.Errorf("send %s: %w", f.Path, err)
	}
	if encoding != "" {
		c.Set(fiber.HeaderContentEncoding, encoding)
	}
	return c.Send(content)
}

// form returns the file as an Accept-Encoding header allows it.
func (f webFile) form(accept string) (content []byte, encoding string, err error) {
	switch weights := encodingWeights(accept); {
	case f.Packed && weights.of("br") > 0:
		return f.Brotli, "br", nil
	case f.Packed && weights.of("gzip") > 0:
		return f.Gzip, "gzip", nil
	}
	content, err = f.Plain()
	return content, "", err
}
