package clustertest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// balancer runs one of those of deploy/ in front of the nodes, and returns where it is.
func (d *desk) balancer(name string) string {
	d.t.Helper()
	port := freePort(d.t)
	switch name {
	case "haproxy":
		d.haproxy(port)
	case "nginx":
		d.nginx(port)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	eventually(d.t, name+" answers", func() bool {
		conn, err := new(net.Dialer).DialContext(d.t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close() // it answers, and that is all
		}
		return err == nil
	})
	return "http://" + address
}

// adapted writes a configuration of deploy/ with our ports, and more changes, to a folder and returns its path.
func (d *desk) adapted(name string, change ...string) string {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join("../deploy", name))
	if err != nil {
		d.t.Fatal(err)
	}
	for i, n := range d.nodes {
		change = append(change, fmt.Sprintf("10.0.0.%d:4000", i+1), n.address())
	}
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(string(text), change[i]) {
			d.t.Fatalf("%s does not say %q any more", name, change[i])
		}
	}
	path := filepath.Join(d.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.NewReplacer(change...).Replace(string(text))), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

func (d *desk) haproxy(port int) {
	path := need(d.t, "haproxy", "apt-get install haproxy")
	config := d.adapted("haproxy.cfg", "bind :80", fmt.Sprintf("bind 127.0.0.1:%d", port), "maxconn 100000", "maxconn 4000")
	run(d.t, "haproxy", exec.Command(path, "-db", "-f", config))
}

func (d *desk) nginx(port int) {
	path := need(d.t, "nginx", "apt-get install nginx-light")
	folder := d.t.TempDir()
	config := d.adapted("nginx.conf",
		"listen 80", fmt.Sprintf("listen 127.0.0.1:%d", port), "worker_rlimit_nofile 200000;", fmt.Sprintf("worker_rlimit_nofile 20000; daemon off; master_process off; pid %s/pid;", folder),
		"worker_connections 50000", "worker_connections 8000",
		"http {", fmt.Sprintf("http { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;", folder))
	run(d.t, "nginx", exec.Command(path, "-e", "stderr", "-p", folder, "-c", config))
}

// TestBalancers: a client of any kind works through a balancer that sends each of its requests to another node.
func TestBalancers(t *testing.T) {
	d := startDesk(t, 3, nil)
	people, admin := d.customers(5), d.admin()
	for _, name := range []string{"haproxy", "nginx"} {
		for kind, transports := range map[string][]string{"polling": {"polling"}, "upgrade": nil} {
			if name == "nginx" && kind == "polling" && !long() {
				continue
			}
			t.Run(name+" "+kind, func(t *testing.T) {
				d := d.of(t)
				bookings := d.bookings(people)
				crowd := d.gather(d.balancer(name), amount(40, 200), transports, append(people, admin))
				stop := d.load(bookings, 30*time.Millisecond)
				crowd.told(amount(200, 1000))
				if written := stop(); written == 0 {
					t.Error("nothing was written")
				}
				for i, l := range crowd.settled(bookings, admin) {
					if l.Unknown != 0 || len(l.Disconnects) != 0 || l.Connects != 1 {
						t.Errorf("client %d: %d times unknown, %d connects, disconnected by %v: %v", i, l.Unknown, l.Connects, l.Disconnects, l.Errors)
					}
				}
			})
		}
	}
}

// of is the desk for a part of a test.
func (d *desk) of(t testing.TB) *desk {
	part := *d
	part.t = t
	return &part
}
