package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// secretFile is where development keeps the key of its tokens, in DATA_DIR.
const secretFile = "jwt.secret"

// secretBytes is how many random bytes a made secret has.
const secretBytes = 32

// keptSecret returns the secret that is kept in a folder and makes it when there is none. It appears there in one
// piece and only once: of several processes that start together, one makes it and all use it.
func keptSecret(dir string) (string, error) {
	path := filepath.Join(dir, secretFile)
	secret, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := writeSecret(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("write secret: %w", err)
	}
	return readSecret(path)
}

func readSecret(path string) (string, error) {
	secret, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	if len(secret) < minSecret {
		return "", fmt.Errorf("the secret in %s is too short: delete the file and start again", path)
	}
	// A copied or restored file may have become readable for others.
	if err := os.Chmod(path, 0o600); err != nil {
		return "", fmt.Errorf("protect secret: %w", err)
	}
	return string(secret), nil
}

// writeSecret writes a new secret beside path and links it there: a link is made whole or not at all, and fails with
// fs.ErrExist where another process was faster.
func writeSecret(path string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), secretFile+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if removeErr := os.Remove(file.Name()); err == nil {
			err = removeErr
		}
	}()
	random := make([]byte, secretBytes)
	_, _ = rand.Read(random) // crypto/rand.Read never fails
	_, err = file.WriteString(base64.RawURLEncoding.EncodeToString(random))
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Link(file.Name(), path)
}
