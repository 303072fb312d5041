// Command limit is the least that a Socket.IO server can do on this machine: one thread, epoll, raw descriptors, and for
// every broadcast one frame and one write(2) per connection. What others cost is told as a ratio to it.
//
// It speaks as much of Engine.IO 4 and Socket.IO 5 over WebSocket as stock clients need that are told to use nothing else
// (transports: ["websocket"]): the open packet, CONNECT, pings, and the event fan, which it answers with bookingUpdated to
// everybody. There are no rooms, acks, attachments or polling, and nothing is replayed.
//
// It is built with Go so that what separates it from the desk is the desk's work and not a language. Linux only.
package main
