package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
)

// newLogger returns the server's logger. format is json, console, or "" for console on a terminal and json elsewhere.
// Lines carry the time as RFC 3339 in UTC with milliseconds.
func newLogger(w io.Writer, format, level string, now func() time.Time) (zerolog.Logger, error) {
	least, err := zerolog.ParseLevel(level)
	if err != nil {
		return zerolog.Logger{}, fmt.Errorf("parse log level: %w", err)
	}
	if format == "" && isTerminal(w) {
		format = formatConsole
	}
	if format == formatConsole {
		w = console(w, isTerminal(w))
	}
	return zerolog.New(w).Level(least).Hook(stamp{now}), nil
}

// stamp puts the time on every line. It is a hook, and not zerolog's own time stamp, because that one takes its layout
// from a variable of the whole process.
type stamp struct{ now func() time.Time }

// Run implements zerolog.Hook.
func (s stamp) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	e.Str(zerolog.TimestampFieldName, s.now().UTC().Format(booking.Layout))
}

// console returns a writer that turns JSON lines into lines for people. Whatever holds more than plain characters is
// quoted, so what came from outside can neither end a line nor steer the terminal.
func console(w io.Writer, colours bool) zerolog.ConsoleWriter {
	return zerolog.ConsoleWriter{
		Out: w, NoColor: !colours, TimeFormat: "15:04:05.000", TimeLocation: time.Local,
		FormatPrepare: func(line map[string]any) error { disarm(line); return nil },
	}
}

// disarm quotes what zerolog's console prints as it is: the names of fields, and the values of its own ones.
func disarm(line map[string]any) {
	for name, value := range line {
		if text, ok := value.(string); ok && own(name) {
			line[name] = plain(text)
		}
		if safe := plain(name); safe != name {
			delete(line, name)
			line[safe] = value
		}
	}
}

func own(field string) bool {
	return field == zerolog.LevelFieldName || field == zerolog.TimestampFieldName || field == zerolog.MessageFieldName || field == zerolog.CallerFieldName
}

// routeSlog sends what is logged through slog to log: Hollywood writes there.
func routeSlog(log zerolog.Logger) {
	slog.SetDefault(slog.New(untimed{zerolog.NewSlogHandler(log.With().Str("from", "slog").Logger())}))
}

// untimed drops the time of slog's records: the logger puts its own on every line.
type untimed struct{ slog.Handler }

// Handle implements slog.Handler.
func (u untimed) Handle(ctx context.Context, r slog.Record) error {
	r.Time = time.Time{}
	return u.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (u untimed) WithAttrs(attrs []slog.Attr) slog.Handler {
	return untimed{u.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (u untimed) WithGroup(name string) slog.Handler { return untimed{u.Handler.WithGroup(name)} }
