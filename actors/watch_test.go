package actors

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

type hanging struct{ until chan struct{} }

func (h hanging) Receive(c *Context) {
	if c.Message() == "hang" {
		<-h.until
	}
}

func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s, err := New(zerolog.New(&log), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		until := make(chan struct{})
		kind := Kind{Name: "test"}
		slow, quick := s.Spawn(kind, "slow", hanging{until}), s.Spawn(kind, "quick", hanging{until})
		s.Send(slow, "hang")
		s.Send(quick, "anything")
		<-time.After(stuckAfter - time.Second)
		if n := s.Stuck(); n != 0 {
			t.Errorf("%d are stuck too early", n)
		}
		<-time.After(3 * lookEvery)
		if n := s.Stuck(); n != 1 || strings.Count(log.String(), "Actor is stuck") != 1 || !strings.Contains(log.String(), "test/slow") {
			t.Errorf("%d are stuck, %s", n, log.String())
		}
		close(until)
		<-time.After(2 * lookEvery)
		if n := s.Stuck(); n != 0 {
			t.Errorf("%d are stuck still", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, pid := range []*PID{slow, quick} {
			if err := s.EndAndWait(ctx, pid); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
}
