package main

import "time"

// The values of APP_ENV and of other settings that are words.
const (
	development = "development"
	production  = "production"

	formatJSON    = "json"
	formatConsole = "console"

	authToken = "token"
	authNone  = "none"

	audienceEntitled = "entitled"
	audienceEveryone = "everyone"
)

// minSecret is how many bytes JWT_SECRET has at least in production.
const minSecret = 32

// Config is what a deployment chooses. Every field is an environment variable and the flag of the same name; an empty
// variable counts as one that is not set. The tags say what is right for a single value (see setting.go), validate says
// what the values mean for each other.
type Config struct {
	Common

	Port           int      `variable:"PORT" default:"4000" range:"0..65535" help:"TCP port to listen on; 0 takes a free one."`
	Host           string   `variable:"HOST" otherwise:"all interfaces, IPv4 and IPv6" form:"host" help:"Address to listen on, for instance localhost to be reached from this machine only."`
	TrustedProxies Networks `variable:"TRUSTED_PROXIES" otherwise:"none" help:"Proxies whose X-Forwarded-For tells a client's address."`
	CORSOrigins    Origins  `variable:"CORS_ORIGINS" otherwise:"* in development, required in production" help:"Web pages that may call the desk, by their origin."`
	RedisURL       string   `variable:"REDIS_URL" otherwise:"one node" secret:"" form:"redis" help:"Redis that joins several nodes."`
	RedisStreams   int      `variable:"REDIS_STREAMS" default:"1" range:"1..64" help:"Streams over which the namespaces are spread, as streamCount of Node's adapter; the same for all servers."`
	NodeAddress    string   `variable:"NODE_ADDRESS" otherwise:"PORT at the address by which it reaches Redis" form:"hostport" help:"Where the other nodes reach this one, for instance 10.0.0.5:4000."`
	SeedDemo       string   `variable:"SEED_DEMO" otherwise:"true in development, false in production" oneof:"true,false" help:"Whether the demo accounts and bookings are made."`

	JWTSecret            string        `variable:"JWT_SECRET" otherwise:"development: made once and kept in DATA_DIR; required in production" secret:"" allowed:"any text; in production at least 32 bytes" help:"Key that signs the tokens."`
	JWTTTL               time.Duration `variable:"JWT_TTL" default:"720h" range:"1m..8760h" help:"How long a token is good for."`
	LoginLimitAddress    Rate          `variable:"LOGIN_LIMIT_ADDRESS" default:"50/15m" help:"Failed logins of one address."`
	LoginLimitAccount    Rate          `variable:"LOGIN_LIMIT_ACCOUNT" default:"10/15m" help:"Failed logins of one account."`
	RegisterLimitAddress Rate          `variable:"REGISTER_LIMIT_ADDRESS" default:"30/1h" help:"Registrations from one address."`

	SocketAuth               string        `variable:"SOCKET_AUTH" default:"token" oneof:"token,none" help:"Whether sockets need a token; none is for old clients and refused in production."`
	EventAudience            string        `variable:"EVENT_AUDIENCE" default:"entitled" oneof:"entitled,everyone" help:"Who is told of new and changed bookings: those entitled to, or every connected socket."`
	PingInterval             time.Duration `variable:"PING_INTERVAL" default:"25s" range:"100ms..5m" help:"Time between two pings of a connection."`
	PingTimeout              time.Duration `variable:"PING_TIMEOUT" default:"20s" range:"100ms..5m" help:"How long a client may take to answer a ping."`
	MaxPayload               int           `variable:"MAX_PAYLOAD" default:"1000000" range:"1024..100000000" help:"Bytes of a socket message at most."`
	MaxQueue                 int           `variable:"MAX_QUEUE" default:"1048576" range:"65536..1073741824" help:"Bytes that may wait for a slow connection before it is closed."`
	WebSocketReaders         string        `variable:"WEBSOCKET_READERS" default:"epoll" oneof:"epoll,goroutines" help:"How WebSockets wait: in one epoll set (on Linux), or each in a goroutine of its own, as on other systems."`
	MaxConnections           int           `variable:"MAX_CONNECTIONS" default:"100000" range:"1..10000000" help:"Connections altogether."`
	MaxConnectionsPerUser    int           `variable:"MAX_CONNECTIONS_PER_USER" default:"50" range:"1..10000000" help:"Connections of one user."`
	MaxConnectionsPerAddress int           `variable:"MAX_CONNECTIONS_PER_ADDRESS" default:"10000" range:"1..10000000" help:"Connections from one address; a shop's phones share one."`
	PresenceGrace            time.Duration `variable:"PRESENCE_GRACE" default:"5s" range:"0s..5m" help:"How long a user counts as online after the last connection is gone."`
	RecoveryWindow           time.Duration `variable:"RECOVERY_WINDOW" default:"2m" range:"0s..24h" help:"How long a client may be away and still get what it missed. 0s: never."`
	LogRetention             time.Duration `variable:"LOG_RETENTION" default:"24h" range:"1s..8760h" help:"How long events are kept for clients that were away; longer than RECOVERY_WINDOW and a heartbeat."`
	JoinRate                 Rate          `variable:"JOIN_RATE" default:"120/1m" help:"join and leave events of one user."`
	TypingRate               Rate          `variable:"TYPING_RATE" default:"120/1m" help:"typing events of one user."`
	MessageReadRate          Rate          `variable:"MESSAGE_READ_RATE" default:"600/1m" help:"messageRead events of one user."`
	SendMessageRate          Rate          `variable:"SEND_MESSAGE_RATE" default:"60/1m" help:"sendMessage events of one user."`
	PresenceRate             Rate          `variable:"PRESENCE_RATE" default:"60/1m" help:"presence events of one user."`

	MetricsAddr  string `variable:"METRICS_ADDR" otherwise:"the same port as everything else" form:"address" help:"Address of its own for /metrics, for instance 127.0.0.1:9100."`
	MetricsToken string `variable:"METRICS_TOKEN" otherwise:"whoever reaches /metrics may read it" secret:"" form:"token" help:"What a reader of /metrics sends as a bearer token."`

	HTTPReadTimeout  time.Duration `variable:"HTTP_READ_TIMEOUT" default:"15s" range:"100ms..10m" help:"How long a request may take to arrive."`
	HTTPWriteTimeout time.Duration `variable:"HTTP_WRITE_TIMEOUT" default:"30s" range:"100ms..10m" help:"How long an answer may take to leave."`
	HTTPIdleTimeout  time.Duration `variable:"HTTP_IDLE_TIMEOUT" default:"75s" range:"100ms..1h" help:"How long a kept connection may wait for its next request."`
	StoreWait        time.Duration `variable:"STORE_WAIT" default:"30s" range:"0s..1h" help:"How long the start waits for another process, which is stopping, to let go of the embedded store."`
	DrainWindow      time.Duration `variable:"DRAIN_WINDOW" default:"1s" range:"0s..10m" help:"Over how long the sockets are closed when the server stops, at most a thousand of them a second."`
	StopTimeout      time.Duration `variable:"STOP_TIMEOUT" default:"10s" range:"1s..1h" help:"How long stopping may take altogether. What is not done then is cut."`
}

// Common is the part of Config that every subcommand needs that opens the store.
type Common struct {
	AppEnv     string         `variable:"APP_ENV" default:"development" oneof:"development,production" help:"What the desk runs for; production asks for more."`
	DataDir    string         `variable:"DATA_DIR" default:"./data" form:"path" help:"Folder of the embedded store and of what is made once."`
	MongodbURI string         `variable:"MONGODB_URI" otherwise:"embedded SQLite in DATA_DIR" secret:"" form:"mongodb" help:"MongoDB to use instead of the embedded store."`
	TimeZone   *time.Location `variable:"TIME_ZONE" default:"UTC" help:"Time zone of the statistics' days and months."`
	LogLevel   string         `variable:"LOG_LEVEL" default:"info" oneof:"debug,info,warn,error" help:"Least level that is logged."`
	LogFormat  string         `variable:"LOG_FORMAT" otherwise:"console on a terminal, json elsewhere" oneof:"json,console" help:"How log lines look."`
}

// Production reports whether the desk runs for real customers.
func (c Common) Production() bool { return c.AppEnv == production }

// SeedsDemo reports whether the demo accounts and bookings are made.
func (c Config) SeedsDemo() bool {
	if c.SeedDemo == "" {
		return !c.Production()
	}
	return c.SeedDemo == "true"
}

// Origins returns the web origins that may call the desk.
func (c Config) Origins() []string {
	if len(c.CORSOrigins) == 0 && !c.Production() {
		return []string{"*"}
	}
	return c.CORSOrigins
}

// validate checks what the values mean for each other. The error is a *SettingError.
func (c Config) validate() error {
	if c.DrainWindow >= c.StopTimeout {
		return &SettingError{Name: "DRAIN_WINDOW", Value: c.DrainWindow.String(), Allowed: "shorter than STOP_TIMEOUT, which is " + c.StopTimeout.String()}
	}
	if least := c.RecoveryWindow + c.PingInterval + c.PingTimeout; c.LogRetention < least {
		return &SettingError{
			Name: "LOG_RETENTION", Value: c.LogRetention.String(),
			Allowed: "at least " + least.String() + ", which is RECOVERY_WINDOW, PING_INTERVAL and PING_TIMEOUT together",
		}
	}
	if !c.Production() {
		return c.validateNodes()
	}
	const when = " when APP_ENV is production"
	switch {
	case c.JWTSecret == "":
		return &SettingError{Name: "JWT_SECRET", Allowed: "a secret of at least 32 bytes" + when}
	case len(c.JWTSecret) < minSecret:
		return &SettingError{Name: "JWT_SECRET", Value: c.JWTSecret, Secret: true, Allowed: "a secret of at least 32 bytes" + when}
	case len(c.CORSOrigins) == 0:
		return &SettingError{Name: "CORS_ORIGINS", Allowed: allowedOrigins + when}
	case c.SocketAuth == authNone:
		return &SettingError{Name: "SOCKET_AUTH", Value: c.SocketAuth, Allowed: authToken + when}
	case c.SeedsDemo():
		return &SettingError{Name: "SEED_DEMO", Value: c.SeedDemo, Allowed: "false" + when}
	}
	return c.validateNodes()
}

// validateNodes refuses what several nodes cannot work with: tokens that only one of them would take.
func (c Config) validateNodes() error {
	if c.RedisURL != "" && c.JWTSecret == "" {
		return &SettingError{Name: "JWT_SECRET", Allowed: "the secret that all nodes share when REDIS_URL is set"}
	}
	return nil
}
