package main

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestTokens(t *testing.T) {
	const secret = "a key for this test and no other"
	s := setup(t, secret)
	sign := func(method jwt.SigningMethod, key any, expires time.Duration) string {
		claims := jwt.RegisteredClaims{Subject: "u1"}
		if expires != 0 {
			claims.ExpiresAt = jwt.NewNumericDate(time.Now().Add(expires))
		}
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	hour := time.Hour
	tests := []struct{ name, payload, begins string }{
		{"good", `{"token":"` + sign(jwt.SigningMethodHS256, []byte(secret), hour) + `"}`, `40{"sid":"`},
		{"none", ``, missingToken},
		{"empty", `{"token":""}`, missingToken},
		{"no JSON", `{"token":`, missingToken},
		{"not a string", `{"token":7}`, missingToken},
		{"not a token", `{"token":"abc"}`, invalidToken},
		{"another key", `{"token":"` + sign(jwt.SigningMethodHS256, []byte("another"), hour) + `"}`, invalidToken},
		{"another method", `{"token":"` + sign(jwt.SigningMethodHS512, []byte(secret), hour) + `"}`, invalidToken},
		{"unsigned", `{"token":"` + sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, hour) + `"}`, invalidToken},
		{"expired", `{"token":"` + sign(jwt.SigningMethodHS256, []byte(secret), -hour) + `"}`, invalidToken},
		{"for ever", `{"token":"` + sign(jwt.SigningMethodHS256, []byte(secret), 0) + `"}`, invalidToken},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, _ := s.open()
			p.say("40" + test.payload)
			if got := p.next(); !strings.HasPrefix(got, test.begins) {
				t.Errorf("got %q", got)
			}
		})
	}
}
