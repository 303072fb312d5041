package http

import (
	"net"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// resolveAddress makes c.IP() the client's address for the rest of the request, also behind trusted proxies. It is set
// anew for every request: fasthttp keeps what was set on a connection for the requests that follow.
func (s *Server) resolveAddress(c *fiber.Ctx) {
	conn := c.Context().Conn()
	if conn == nil {
		return
	}
	peer, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return
	}
	client := peer.AddrPort().Addr().Unmap().WithZone("")
	if s.trusted(client) {
		client = s.clientAddress(client, headerValues(c, fiber.HeaderXForwardedFor))
	}
	c.Context().SetRemoteAddr(net.TCPAddrFromAddrPort(netip.AddrPortFrom(client, uint16(peer.Port))))
}

// clientAddress walks X-Forwarded-For from its end, where the nearest proxy wrote, and stops at the first address that no
// trusted proxy vouches for: what stands before it anybody can have written.
func (s *Server) clientAddress(peer netip.Addr, forwarded []string) netip.Addr {
	client := peer
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(client); i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		client = hop
	}
	return client
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, proxy := range s.opts.TrustedProxies {
		if proxy.Contains(a) {
			return true
		}
	}
	return false
}

// parseHop reads an address, with or without a port.
func parseHop(s string) (netip.Addr, bool) {
	if port, err := netip.ParseAddrPort(s); err == nil {
		return port.Addr().Unmap().WithZone(""), true
	}
	address, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return address.Unmap().WithZone(""), err == nil
}

// headerValues returns every value of a header.
func headerValues(c *fiber.Ctx, name string) []string {
	var values []string
	for _, value := range c.Request().Header.PeekAll(name) {
		values = append(values, string(value))
	}
	return values
}
