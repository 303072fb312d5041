package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // TIME_ZONE works on machines without a zone database

	"github.com/alecthomas/kong"
)

// SettingError says that a setting is not what it may be, in one sentence for the person who starts the server.
type SettingError struct {
	Name    string // the variable, or the flag where there is no variable
	Value   string // "" when it is not set
	Secret  bool   // the value is not to be shown
	Allowed string // completes "must be …"
}

// Error implements error.
func (e *SettingError) Error() string {
	switch {
	case e.Value == "":
		return fmt.Sprintf("%s is not set, but must be %s.", e.Name, e.Allowed)
	case e.Secret:
		return fmt.Sprintf("%s must be %s (its value is not shown).", e.Name, e.Allowed)
	}
	return fmt.Sprintf("%s is %s, but must be %s.", e.Name, shown(e.Value), e.Allowed)
}

// shown quotes a value, cut where it is long.
func shown(value string) string {
	const most = 60
	if runes := []rune(value); len(runes) > most {
		value = string(runes[:most]) + "…"
	}
	return strconv.Quote(value)
}

// Rate is a token bucket: Events at once at most, refilled evenly so that Events come back within Per. Written "60/1m".
type Rate struct {
	Events int
	Per    time.Duration
}

// Networks are addresses and CIDR blocks, written with commas between them.
type Networks []netip.Prefix

// Origins are web origins (scheme, host and port), or the one word "*" for all, written with commas between them.
type Origins []string

// What the forms of values that are not just a number or a word look like.
const (
	allowedRate     = "a number per duration from 1/1s to 1000000/24h, such as 60/1m"
	allowedNetworks = "a comma-separated list of addresses and CIDR blocks, such as 10.0.0.0/8,::1"
	allowedOrigins  = "* or a comma-separated list of origins, such as https://desk.example.com"
	allowedZone     = "an IANA time zone, such as Asia/Kolkata"
)

// tags is where a setting's tags are read from: kong's or reflect's.
type tags interface{ Get(key string) string }

// allowed returns what a setting of a type may be, as it completes "must be …".
func allowed(t tags, typ reflect.Type) string {
	switch {
	case t.Get("allowed") != "":
		return t.Get("allowed")
	case t.Get("oneof") != "":
		words := strings.Split(t.Get("oneof"), ",")
		last := len(words) - 1
		return strings.Join(words[:last], ", ") + " or " + words[last]
	case t.Get("range") != "":
		least, most, _ := strings.Cut(t.Get("range"), "..")
		if typ == reflect.TypeFor[time.Duration]() {
			return fmt.Sprintf("a duration from %s to %s, such as %s", least, most, t.Get("default"))
		}
		return fmt.Sprintf("a whole number from %s to %s", least, most)
	}
	switch typ {
	case reflect.TypeFor[Rate]():
		return allowedRate
	case reflect.TypeFor[Networks]():
		return allowedNetworks
	case reflect.TypeFor[Origins]():
		return allowedOrigins
	case reflect.TypeFor[*time.Location]():
		return allowedZone
	}
	switch t.Get("form") {
	case "host":
		return "a host name or an IP address without a port"
	case "hostport":
		return "a host name or an IP address with a port"
	case "address":
		return "an address and a port, such as 127.0.0.1:9100 or :9100"
	case "token":
		return fmt.Sprintf("text of %d to %d characters, without spaces and not beyond ASCII", minToken, maxToken)
	case "path":
		return "the path of a folder"
	case "mongodb":
		return "a URI that begins with mongodb:// or mongodb+srv:// and names a host"
	case "redis":
		return "a URL that begins with redis:// or rediss:// and names a host"
	}
	return "text"
}

// parse reads a setting's text into a value of its type and reports whether it is one that is allowed.
func parse(text string, t tags, typ reflect.Type) (any, bool) {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, false
	}
	least, most, ranged := strings.Cut(t.Get("range"), "..")
	switch typ {
	case reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(text)
		return d, err == nil && (!ranged || mustDuration(least) <= d && d <= mustDuration(most))
	case reflect.TypeFor[Rate]():
		return parseRate(text)
	case reflect.TypeFor[Networks]():
		return parseNetworks(text)
	case reflect.TypeFor[Origins]():
		return parseOrigins(text)
	case reflect.TypeFor[*time.Location]():
		zone, err := time.LoadLocation(text)
		return zone, err == nil && text != "Local"
	case reflect.TypeFor[int]():
		n, err := strconv.Atoi(text)
		return n, err == nil && (!ranged || mustInt(least) <= n && n <= mustInt(most))
	}
	return text, wordAllowed(text, t)
}

func wordAllowed(text string, t tags) bool {
	if words := t.Get("oneof"); words != "" {
		return slices.Contains(strings.Split(words, ","), text)
	}
	switch t.Get("form") {
	case "host":
		return validHost(text)
	case "hostport":
		host, port, err := net.SplitHostPort(text)
		number, wrong := strconv.ParseUint(port, 10, 16)
		return err == nil && wrong == nil && number > 0 && validHost(host)
	case "address":
		host, port, err := net.SplitHostPort(text)
		number, wrong := strconv.ParseUint(port, 10, 16)
		return err == nil && wrong == nil && strconv.FormatUint(number, 10) == port && (host == "" || validHost(host))
	case "token":
		return minToken <= len(text) && len(text) <= maxToken && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f })
	case "path":
		info, err := os.Stat(text)
		return err != nil || info.IsDir()
	case "mongodb":
		return checkURL(text, "mongodb", "mongodb+srv")
	case "redis":
		return checkURL(text, "redis", "rediss")
	}
	return true
}

// The lengths of a token that an operator makes up: it goes into a header as it is.
const minToken, maxToken = 16, 512

// checkURL reports whether text is a URL of one of the schemes with a host.
func checkURL(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false
	}
	return slices.Contains(schemes, u.Scheme)
}

// validHost reports whether text is an IP address or could be a host's name.
func validHost(text string) bool {
	if net.ParseIP(text) != nil {
		return true
	}
	if _, err := netip.ParseAddr(text); err == nil { // with a zone: fe80::1%eth0
		return true
	}
	if len(text) > 253 {
		return false
	}
	letters := false
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range label {
			letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_'
			letters = letters || letter
			if !letter && (r < '0' || r > '9') {
				return false
			}
		}
	}
	return letters // digits and dots alone are a mistyped address
}

func parseRate(text string) (any, bool) {
	events, per, found := strings.Cut(text, "/")
	n, err := strconv.Atoi(events)
	d, errPer := time.ParseDuration(per)
	ok := found && err == nil && errPer == nil && 1 <= n && n <= 1_000_000 && time.Second <= d && d <= 24*time.Hour
	return Rate{Events: n, Per: d}, ok
}

func parseNetworks(text string) (any, bool) {
	var networks Networks
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		network, err := netip.ParsePrefix(part)
		if err != nil {
			address, err := netip.ParseAddr(part)
			if err != nil || address.Zone() != "" {
				return nil, false
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		networks = append(networks, network.Masked())
	}
	return networks, true
}

func parseOrigins(text string) (any, bool) {
	if text == "*" {
		return Origins{"*"}, true
	}
	var origins Origins
	for part := range strings.SplitSeq(text, ",") {
		part = strings.ToLower(strings.TrimSpace(part))
		u, err := url.Parse(part)
		if err != nil || u.Scheme == "" || u.Hostname() == "" || part != u.Scheme+"://"+u.Host || strings.Contains(part, "*") {
			return nil, false
		}
		origins = append(origins, part)
	}
	return origins, true
}

// mustDuration and mustInt read the bounds of a range tag: what is wrong there is wrong in the program.
func mustDuration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	return d
}

func mustInt(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

// decodeSetting is kong's way to parse: it reads every flag and variable of the server.
func decodeSetting(c *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := c.Scan.PopValueInto("value", &text); err != nil {
		return fmt.Errorf("read value: %w", err)
	}
	tag := c.Value.Tag
	value, ok := parse(text, tag, target.Type())
	if !ok {
		return &SettingError{Name: settingName(c.Value), Value: text, Secret: tag.Has("secret"), Allowed: allowed(tag, target.Type())}
	}
	target.Set(reflect.ValueOf(value))
	return nil
}

func settingName(v *kong.Value) string {
	if variable := v.Tag.Get("variable"); variable != "" {
		return variable
	}
	return "--" + v.Name
}

// flagName returns the flag of a variable.
func flagName(variable string) string {
	return strings.ReplaceAll(strings.ToLower(variable), "_", "-")
}
