package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestKeptSecretIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	const starts = 32
	secrets := make([]string, starts)
	var together sync.WaitGroup
	begin := make(chan struct{})
	for i := range starts {
		together.Go(func() {
			<-begin
			var err error
			if secrets[i], err = keptSecret(dir); err != nil {
				t.Error(err)
			}
		})
	}
	close(begin)
	together.Wait()
	for _, secret := range secrets {
		if secret != secrets[0] || len(secret) < minSecret {
			t.Fatalf("starts do not agree: %d and %d bytes", len(secret), len(secrets[0]))
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	info, err := os.Stat(filepath.Join(dir, secretFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if other, err := keptSecret(t.TempDir()); err != nil || other == secrets[0] {
		t.Errorf("another folder has the same secret: %v", err)
	}
}

func TestKeptSecretThatIsThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, secretFile)
	kept := strings.Repeat("k", minSecret)
	if err := os.WriteFile(path, []byte(kept), 0o644); err != nil {
		t.Fatal(err)
	}
	secret, err := keptSecret(dir)
	if err != nil || secret != kept {
		t.Errorf("got %q, %v", secret, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("stays readable for others: %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keptSecret(dir); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a cut secret: %v", err)
	}
	if _, err := keptSecret(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a folder that is not there")
	}
}
