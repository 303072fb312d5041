package wire

import (
	"fmt"
	"strconv"

	"kapoor.example/desk/protocol/cluster"
)

// kind is the number of a message's type.
type kind int

const (
	initialHeartbeat kind = iota + 1
	heartbeat
	broadcast
	socketsJoin
	socketsLeave
	disconnectSockets
	fetchSockets
	fetchSocketsResponse
	serverSideEmit
	serverSideEmitResponse
	broadcastClientCount
	broadcastAck
	adapterClose
)

func kindOf(b cluster.Body) (kind, error) {
	switch b.(type) {
	case cluster.Broadcast:
		return broadcast, nil
	case cluster.Join:
		return socketsJoin, nil
	case cluster.Leave:
		return socketsLeave, nil
	case cluster.Disconnect:
		return disconnectSockets, nil
	case cluster.FetchSockets:
		return fetchSockets, nil
	case cluster.Sockets:
		return fetchSocketsResponse, nil
	case cluster.ServerEvent:
		return serverSideEmit, nil
	case cluster.Answer:
		return serverSideEmitResponse, nil
	case cluster.ClientCount:
		return broadcastClientCount, nil
	case cluster.ClientAck:
		return broadcastAck, nil
	}
	return 0, fmt.Errorf("%w: %T", cluster.ErrKind, b)
}

func (k kind) String() string { return strconv.Itoa(int(k)) }
