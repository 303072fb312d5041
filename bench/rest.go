package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// rest is the desk's REST API on connections that are kept. Its methods may be called from any goroutine.
type rest struct {
	client  *fasthttp.HostClient
	base    string
	timeout time.Duration
}

func newREST(address string, connections int, timeout time.Duration) *rest {
	return &rest{
		client: &fasthttp.HostClient{
			Addr: address, MaxConns: connections, MaxConnWaitTimeout: timeout, MaxIdemponentCallAttempts: 1,
			NoDefaultUserAgentHeader: true, RetryIfErr: neverAgain,
			Dial: func(address string) (net.Conn, error) { return net.DialTimeout("tcp", address, timeout) }, //nolint:noctx // the request's own timeout ends it
		},
		base: "http://" + address + "/api/v1", timeout: timeout,
	}
}

// neverAgain is what the client asks after a request that failed: a command may have been carried out all the same.
func neverAgain(*fasthttp.Request, int, error) (resetTimeout, again bool) { return false, false }

// close lets go of the connections.
func (r *rest) close() { r.client.CloseIdleConnections() }

// answer is as much of the desk's answers as anybody here reads.
type answer struct {
	Message json.RawMessage `json:"message"` // a sentence, or a timeline entry
	Code    string          `json:"code"`
	Token   string          `json:"token"`
	User    struct {
		ID   string `json:"id"`
		Role string `json:"role"`
	} `json:"user"`
	Booking bookingState `json:"booking"`
	Data    []struct {
		ID string `json:"_id"`
	} `json:"data"`
}

// bookingState is as much of a booking.
type bookingState struct {
	ID      string `json:"_id"`
	Version uint32 `json:"version"`
	Status  string `json:"status"`
	Updates []struct {
		ID   string `json:"_id"`
		Kind string `json:"kind"`
	} `json:"updates"`
}

// refusedError is an answer that is no success.
type refusedError struct {
	call   string
	status int
	code   string
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("%s: answered %d %s", e.call, e.status, e.code)
}

// call makes a request. body and into may be nil. The error is a *refusedError where the answer is no success.
func (r *rest) call(method, path, token string, body, into any) error {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	request.SetRequestURI(r.base + path)
	request.Header.SetMethod(method)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, generic(path), err)
		}
		request.Header.SetContentType("application/json")
		request.SetBodyRaw(text)
	}
	if err := r.client.DoTimeout(request, response, r.timeout); err != nil {
		return fmt.Errorf("%s %s: %w", method, generic(path), err)
	}
	if status := response.StatusCode(); status >= fasthttp.StatusMultipleChoices {
		var failed answer
		_ = json.Unmarshal(response.Body(), &failed) // whatever it is, the status says enough
		return &refusedError{call: method + " " + generic(path), status: status, code: failed.Code}
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(response.Body(), into); err != nil {
		return fmt.Errorf("%s %s: %w", method, generic(path), err)
	}
	return nil
}

// generic returns a path without ids and queries, so that failures of one kind read the same.
func generic(path string) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	const idLength = 20
	for i, part := range parts {
		if len(part) > idLength {
			parts[i] = ":id"
		}
	}
	return strings.Join(parts, "/")
}

// login signs in with "email:password".
func (r *rest) login(account string) (person, error) {
	email, password, _ := strings.Cut(account, ":")
	var a answer
	err := r.call("POST", "/auth/login", "", map[string]string{"email": email, "password": password}, &a)
	if err != nil {
		return person{}, fmt.Errorf("sign in %s: %w", email, err)
	}
	return newPerson(a.Token, a.User.Role, a.User.ID)
}

// create makes a booking.
func (r *rest) create(token string) (bookingState, error) {
	var a answer
	err := r.call("POST", "/bookings", token, map[string]string{
		"name": "Load Generator", "phone": "+91 50000 00000", "address": "1 Bench Road, Pune", "brand": "Samsung", "model": "EcoBubble 8 kg",
	}, &a)
	return a.Booking, err
}

// change is the body of a PATCH of the status.
type change struct {
	Status     string  `json:"status,omitempty"`
	Message    string  `json:"message,omitempty"`
	AssignedTo *string `json:"assignedTo,omitempty"`
}

// status changes a booking.
func (r *rest) status(token, id string, c change) error {
	return r.call("PATCH", "/bookings/"+url.PathEscape(id)+"/status", token, c, nil)
}

// booking reads one.
func (r *rest) booking(token, id string) (bookingState, error) {
	var a answer
	err := r.call("GET", "/bookings/"+url.PathEscape(id), token, nil, &a)
	return a.Booking, err
}

// person is somebody with a token.
type person struct {
	token, role, id string
	auth            string // of the CONNECT
}

func newPerson(token, role, id string) (person, error) {
	auth, err := authOf(token)
	return person{token: token, role: role, id: id, auth: auth}, err
}

// readPeople reads a file of tokens as server seed writes it: token, role and user id on each line.
func readPeople(file string) ([]person, error) {
	lines, err := readTokenLines(file)
	if err != nil {
		return nil, err
	}
	people := make([]person, len(lines))
	for i, fields := range lines {
		const token, role, id = 0, 1, 2
		if len(fields) <= id {
			return nil, fmt.Errorf("tokens: line %d of %s has no role and user id: server seed --tokens writes such files", i+1, file)
		}
		if people[i], err = newPerson(fields[token], fields[role], fields[id]); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// byRole sorts people out.
func byRole(people []person) (staff, customers []person) {
	for _, p := range people {
		if p.role == roleCustomer {
			customers = append(customers, p)
		} else {
			staff = append(staff, p)
		}
	}
	return staff, customers
}

const roleCustomer = "customer"

// checkAccount says what is wrong with a flag that names an account.
func checkAccount(flag, account string) error {
	if email, password, found := strings.Cut(account, ":"); !found || email == "" || password == "" {
		return fmt.Errorf("%s must be like admin@example.com:admin123", flag)
	}
	return nil
}
