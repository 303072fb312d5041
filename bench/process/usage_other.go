//go:build !linux

package process

import "time"

func cpu(int) (time.Duration, error) { return 0, ErrUnsupported }

func usage(int) (Usage, error) { return Usage{}, ErrUnsupported }

func resetPeak(int) error { return ErrUnsupported }

func listening(string) (int, error) { return 0, ErrUnsupported }
