package wiretest

import (
	"testing"

	"kapoor.example/desk/actors/realtime"
)

// TestRow143NoEngineIO3: the older protocol is off, for both transports: rows 143 to 147 have nothing to say then.
func TestRow143NoEngineIO3(t *testing.T) {
	r := simple(t, nil)
	for _, query := range []string{"EIO=3&transport=polling", "EIO=3&transport=polling&b64=1", "transport=polling"} {
		r.get("/socket.io/?"+query).is(t, 400, `{"code":5,"message":"Unsupported protocol version"}`)
	}
	r.do("GET", "/socket.io/?EIO=3&transport=websocket", map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	}, nil).is(t, 400, "Unsupported protocol version")
}

// TestRow148NoClientFiles: the client's bundle is not served; its paths are the engine's like any other.
func TestRow148NoClientFiles(t *testing.T) {
	r := simple(t, nil)
	for _, file := range []string{"socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js.map", "nothing.js"} {
		r.get("/socket.io/"+file).is(t, 400, `{"code":0,"message":"Transport unknown"}`)
	}
}

// TestRow149NoMsgpack: a packet of the other parser is binary without a header.
func TestRow149NoMsgpack(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, nil)
		p := join(r)
		connected(t, p, "")
		p.say("bg6R0eXBlAqNuc3ChL6RkYXRhkaFl") // {type: 2, nsp: "/", data: ["e"]}
		ended(t, p)
		r.serves()
	})
}

// TestRow150TwoServers: two servers under two paths of one HTTP server know nothing of each other's sessions.
func TestRow150TwoServers(t *testing.T) {
	r := simple(t, func(s *realtime.Server) { s.Of("/") })
	socket, engine := r.poll(socketPolling), r.poll(enginePolling)
	r.get("/engine.io/?EIO=4&transport=polling&sid="+socket.sid).is(t, 400, gone)
	r.get("/socket.io/?EIO=4&transport=polling&sid="+engine.sid).is(t, 400, gone)
	connected(t, socket, "")
	engine.say("4not Socket.IO")
	engine.receives("4not Socket.IO")
	_ = r.server.Of("/").Emit("e")
	socket.receives(`42["e"]`)
}
