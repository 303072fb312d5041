// Package swarm is thousands of Socket.IO clients on one or two epoll loops. They speak WebSocket to any Socket.IO server
// (protocol 5 over Engine.IO protocol 4): TCP connect, HTTP upgrade, open packet, CONNECT, and pongs are done here; what
// the events mean is the Observer's business. Some may go by long-polling instead.
//
// A client has no goroutine and no buffer of its own while no frame is torn in two, and a frame that is received
// allocates nothing: on a small machine the server is to be what limits a run. Everything that happens to a client
// happens on its loop: the Observer is called there, and the methods of a Client may be called nowhere else; Post runs a
// function there.
//
// Linux only; elsewhere New returns ErrUnsupported.
package swarm
