package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"kapoor.example/desk/booking"
)

// describe wraps err with what was being done. A time-out of the driver is a context.DeadlineExceeded for everybody, also
// where the driver gave up a moment before the deadline because the answer could not have come in time.
func describe(operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case mongo.IsTimeout(err) && !errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("mongo: %s: %w: %w", operation, err, context.DeadlineExceeded)
	}
	return fmt.Errorf("mongo: %s: %w", operation, err)
}

// found turns the driver's "no documents" into CodeNotFound.
func found(operation, what string, err error) error {
	if errors.Is(err, mongo.ErrNoDocuments) {
		return unknown(what)
	}
	return describe(operation, err)
}

func unknown(what string) error {
	return booking.Errorf(booking.CodeNotFound, "There is no such %s.", what)
}

func stale() error {
	return booking.Errorf(booking.CodeStale, "The booking has changed meanwhile.")
}
