package realtime

// waiting returns how many bytes wait to be written to the connection.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state == outboxClosed {
		return 0
	}
	return o.bytes
}
