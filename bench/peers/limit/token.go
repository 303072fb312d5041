package main

import (
	"encoding/json"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Answers to a CONNECT that is refused. The codes are those of the desk.
const (
	missingToken = `44{"message":"Authentication error","data":{"code":"missing_token"}}`
	invalidToken = `44{"message":"Authentication error","data":{"code":"invalid_token"}}`
)

// gate checks the tokens of clients: signature, method and expiry.
type gate struct {
	parser *jwt.Parser
	secret []byte
}

// newGate returns nil, which lets everybody in, where there is no secret.
func newGate(secret string, now func() time.Time) *gate {
	if secret == "" {
		return nil
	}
	return &gate{
		parser: jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(now)),
		secret: []byte(secret),
	}
}

// refuse returns the packet that refuses a CONNECT with this payload, or "" where it may enter.
func (g *gate) refuse(auth []byte) string {
	if g == nil {
		return ""
	}
	var carried struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(auth, &carried); err != nil || carried.Token == "" {
		return missingToken
	}
	var claims jwt.RegisteredClaims
	if _, err := g.parser.ParseWithClaims(carried.Token, &claims, func(*jwt.Token) (any, error) { return g.secret, nil }); err != nil {
		return invalidToken
	}
	return ""
}
