package hammer

import (
	"fmt"
	"strings"
)

// maxPayload is small, so that what is over it is cheap.
const maxPayload = 10_000

// The vocabulary of packets. %d is a small number, %s a word.
var (
	engineWords = []string{"1", "2", "3", "3probe", "2probe", "5", "6", "0{}", "7", "", "bAQID", "b", "b!!", "b====", "\x00", "4"}
	connects    = []string{
		"40", "40{}", `40{"token":"x"}`, "40/,", "40/user,{\"user\":\"u%d\"}", "40/user,", "40/dyn-%d,", "40/dyn-%d,{\"a\":[%d]}",
		"40/dyn-x,", "40/random,", "40/refused,", "40/slow,", "40[]", `40"x"`, "40/__proto__,", "40/dyn-%d?a=b,",
	}
	namespaces = []string{
		"", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "/user,", "/user,", "/dyn-%d,", "/slow,", "/random,",
	}
	eventNames = []string{
		"echo", "echo", "join", "leave", "shout", "everybody", "ask", "ask-room", "volatile", "listen", "once", "own", "bad", "bye", "drop", "unheard",
		"connect", "disconnect", "newListener", "__proto__",
	}
	arguments = []string{
		`"room-%d"`, `"room-%d"`, `"%s"`, `%d`, `null`, `{"a":[true,1.5e3]}`, `"close"`, `{"__proto__":{"x":1}}`, `[[[[[]]]]]`, `{"toString":"foo"}`,
		`"é\u00e9\ud800"`, `"\u0000"`, `1e999`, `{"_placeholder":true,"num":%d}`, `{"_placeholder":true,"num":"splice"}`, `[`, `"`,
	}
	oddities = []string{
		"42{}", `42"x"`, "42[true]", "42[null]", "42[{}]", "42[]", "41{}", "4abc", "42abc[1]", "47", "49[]", `44["x"]`, `44{"message":"m"}`,
		`42[{"toString":"foo"}]`, `42["disconnect","123"]`, `451-["e",{"_placeholder":true,"num":"splice"}]`, `45999999-["e"]`, `45-["e"]`, `451.5-["e"]`,
		`45-1-["e"]`, `4511-["e"]`, `42218446744073709551616["echo"]`, "40", "40", "41", "41/user,", "41/dyn-%d,", "430[]", "43%d[1,2]", `430{}`, "461-0[]", "43[]",
	}
)

// fill puts numbers and words into a template.
func fill(d dice, template string) string {
	for strings.Contains(template, "%d") {
		template = strings.Replace(template, "%d", fmt.Sprint(d.below(12)), 1)
	}
	if strings.Contains(template, "%s") {
		template = strings.ReplaceAll(template, "%s", strings.Repeat("x", d.below(1000)))
	}
	return template
}

func pick(d dice, from []string) string { return fill(d, from[d.below(len(from))]) }

// event is a packet that may be right.
func event(d dice) string {
	id := ""
	if d.below(2) == 0 {
		id = fmt.Sprint(d.below(1000))
	}
	return "42" + pick(d, namespaces) + id + list(d)
}

func list(d dice) string {
	parts := []string{`"` + pick(d, eventNames[:len(eventNames)-d.below(5)]) + `"`}
	for range d.below(4) {
		// What stands at the end of the list is wrong, and so are few of a storm's events.
		parts = append(parts, pick(d, arguments[:len(arguments)-d.below(len(arguments))]))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// binaryEvent is an event with attachments, which follow it; at times too few or too many.
func binaryEvent(d dice) []packet {
	n := 1 + d.below(3)
	args := ""
	for i := range n {
		args += fmt.Sprintf(`,{"_placeholder":true,"num":%d}`, i)
	}
	packets := []packet{text(fmt.Sprintf(`45%d-["%s"%s]`, n, pick(d, eventNames[:10]), args))}
	if d.below(8) == 0 {
		n = d.below(5)
	}
	for range n {
		packets = append(packets, packet{string(d.bytes(200)), true})
	}
	return packets
}

// sayings returns a few packets to send, most of which are right.
func sayings(d dice) (packets []packet) {
	for range 1 + d.below(4) {
		switch d.below(40) {
		case 0, 1, 2, 3, 4, 5:
			packets = append(packets, text(pick(d, connects)))
		case 6, 7, 8, 9, 10:
			packets = append(packets, binaryEvent(d)...)
		case 11: // what follows mostly ends the session
			packets = append(packets, text(pick(d, oddities)))
		case 12:
			packets = append(packets, text(pick(d, engineWords)))
		case 13:
			packets = append(packets, packet{string(d.bytes(300)), d.below(2) == 0})
		case 14:
			packets = append(packets, text(mangle(d, event(d))))
		default:
			packets = append(packets, text(event(d)))
		}
	}
	return packets
}

// mangle spoils a packet a little.
func mangle(d dice, s string) string {
	if s == "" {
		return s
	}
	b := []byte(s)
	switch i := d.below(len(b)); d.below(4) {
	case 0:
		b[i] ^= 1 << d.below(8)
	case 1:
		b = b[:i]
	case 2:
		b = append(b[:i:i], append([]byte{byte(d.below(256))}, b[i:]...)...)
	case 3:
		b = append(b, b[i:]...)
	}
	return string(b)
}
