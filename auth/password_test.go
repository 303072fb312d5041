package auth_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

func TestPasswords(t *testing.T) {
	p := auth.NewPasswords(quick, 2, 0)
	one, err := p.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if one == two {
		t.Error("two hashes of a password are the same")
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("hash %s", one)
	}
	other := auth.NewPasswords(auth.Cost{MemoryKiB: 16, Passes: 2, Lanes: 2}, 1, 0) // hashes outlive the cost they had
	for _, tt := range []struct {
		password string
		want     bool
	}{{"correct horse", true}, {"Correct horse", false}, {"", false}, {"correct horse\x00", false}} {
		if got, err := other.Verify(t.Context(), one, tt.password); err != nil || got != tt.want {
			t.Errorf("%q: %v, %v", tt.password, got, err)
		}
	}
}

func TestDamagedHash(t *testing.T) {
	p := auth.NewPasswords(quick, 2, 0)
	good, err := p.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{
		"", "x", "$", "$$$$$", "$2a$10$abcdefghijklmnopqrstuv", good + "$", good + "=", good[:len(good)-30],
		strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=8", "m=4294967295", 1), strings.Replace(good, "m=8", "m=0", 1),
		strings.Replace(good, "t=1", "t=4000000000", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "p=1", "p=1,x=1", 1), strings.Replace(good, "m=8", "m=08", 1),
	} {
		if ok, err := p.Verify(t.Context(), hash, "correct horse"); ok || err == nil {
			t.Errorf("%q: %v, %v", hash, ok, err)
		}
	}
}

func TestPasswordsAreBounded(t *testing.T) {
	p := auth.NewPasswords(auth.Cost{MemoryKiB: 1024, Passes: 4}, 1, 4)
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := map[booking.Code]int{}
	for range 50 {
		wg.Go(func() {
			_, err := p.Hash(context.Background(), "correct horse")
			mu.Lock()
			count[booking.CodeOf(err)]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if count[""] < 5 || count[""]+count[booking.CodeUnavailable] != 50 {
		t.Errorf("%v", count)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Hash(ended, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := p.Hash(t.Context(), "correct horse"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func BenchmarkVerify(b *testing.B) {
	p := auth.NewPasswords(auth.Cost{}, 0, 0)
	hash, err := p.Hash(b.Context(), "correct horse")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Verify(b.Context(), hash, "correct horse"); err != nil {
			b.Fatal(err)
		}
	}
}
