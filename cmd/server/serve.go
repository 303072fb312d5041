package main

import (
	"context"
	"errors"
	"fmt"
)

// serveCommand runs the desk until it is told to stop.
type serveCommand struct {
	Config
}

// Run implements the command.
func (c *serveCommand) Run(ctx context.Context, around surroundings) error {
	if err := c.validate(); err != nil {
		return err
	}
	log, err := newLogger(around.stderr, c.LogFormat, c.LogLevel, around.now)
	if err != nil {
		return err
	}
	routeSlog(log)
	p := newProgram(c.Config, log, around.now, around.parts)
	err = p.Run(ctx)
	if err == nil {
		select {
		case <-ctx.Done():
			log.Info().Msg("Server stopping")
		case err = <-p.Failed():
		}
	} else if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		log.Info().Msg("Server stopping before it has begun to serve")
		err = nil
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.StopTimeout)
	defer cancel()
	if closeErr := p.Close(drain); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("stop server: %w", closeErr))
	}
	if err == nil {
		log.Info().Msg("Server stopped")
	}
	return err
}
