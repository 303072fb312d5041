import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.json.JSONArray;
import org.json.JSONObject;

/** The Java client, which Android apps use, against the conformance server. Run by go test; README.md says how by hand. */
public final class Scenarios {
    private static final String CONTROL = System.getenv("INTEROP_CONTROL");
    private static final int INTERVALS = System.getenv("LONG") != null ? 200 : 20;
    private static final int UPGRADES = System.getenv("LONG") != null ? 1000 : 100;
    private static final long DEADLINE = 15_000; // ms that anything may take
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static final Map<String, String[]> TRANSPORTS = new LinkedHashMap<>();

    static {
        TRANSPORTS.put("polling", new String[] {"polling"});
        TRANSPORTS.put("websocket", new String[] {"websocket"});
        TRANSPORTS.put("upgrade", new String[] {"polling", "websocket"});
    }

    private interface Case {
        void play(String transport) throws Exception;
    }

    /** Plays every case by every transport and exits with 1 when one of them failed. */
    public static void main(String[] args) throws Exception {
        Server shared = new Server("");
        Map<String, Case> cases = new LinkedHashMap<>();
        cases.put("connects", by -> connects(shared, by));
        cases.put("events and acks", by -> events(shared, by));
        cases.put("many events in a row", by -> many(shared, by));
        cases.put("is asked by the server", by -> asked(shared, by));
        cases.put("eleven attachments are too many", Scenarios::eleven);
        cases.put("namespaces and refusals", by -> namespaces(shared, by));
        cases.put("rooms", by -> rooms(shared, by));
        cases.put("ends", by -> ends(shared, by));
        cases.put("the limit of a payload", Scenarios::limit);
        cases.put("a server that is killed", Scenarios::killed);
        cases.put("a server that stops", Scenarios::stopped);
        cases.put("heartbeats", Scenarios::heartbeats);
        Map<String, Set<String>> only = Map.of(UPGRADES + " upgrades while both sides write", Set.of("upgrade"));
        cases.put(UPGRADES + " upgrades while both sides write", by -> upgrades(shared));
        int passed = 0;
        int failed = 0;
        for (Map.Entry<String, Case> c : cases.entrySet()) {
            // The transports at once, since scenarios wait most of the time.
            Map<String, CompletableFuture<Void>> running = new LinkedHashMap<>();
            for (String by : only.getOrDefault(c.getKey(), TRANSPORTS.keySet())) {
                running.put(by, CompletableFuture.runAsync(() -> {
                    try {
                        c.getValue().play(by);
                    } catch (Exception e) {
                        throw new RuntimeException(e);
                    }
                }, task -> new Thread(task).start()));
            }
            for (Map.Entry<String, CompletableFuture<Void>> r : running.entrySet()) {
                try {
                    r.getValue().get(5, TimeUnit.MINUTES);
                    passed++;
                    System.out.printf("ok      %s by %s%n", c.getKey(), r.getKey());
                } catch (Exception e) {
                    failed++;
                    System.out.printf("FAILED  %s by %s%n", c.getKey(), r.getKey());
                    e.printStackTrace(System.out);
                }
            }
        }
        System.out.printf("%d passed, %d failed%n", passed, failed);
        System.exit(failed == 0 ? 0 : 1); // the client's threads would go on
    }

    // Scenarios.

    private static void connects(Server server, String by) throws Exception {
        JSONObject auth = new JSONObject();
        try (Client c = new Client(server, by, Map.of("token", "a&b=é"))) {
            same(c.next("auth"), list(new JSONObject(Map.of("token", "a&b=é"))));
            JSONObject info = (JSONObject) c.ask("info")[0];
            same(info.get("id"), c.socket.id());
            same(info.get("transport"), by.equals("upgrade") ? "websocket" : by);
            same(info.get("eio"), 4);
            same(info.get("rooms"), new JSONArray(List.of(c.socket.id())));
        }
        try (Client c = new Client(server, by, null)) {
            same(c.next("auth"), list(auth));
        }
    }

    private static void events(Server server, String by) throws Exception {
        List<Object[]> values = new ArrayList<>();
        values.add(new Object[] {1});
        values.add(new Object[] {1, "2", new JSONObject("{\"3\":[true]}"), JSONObject.NULL, false, new JSONArray(), new JSONObject(), -0.5});
        values.add(new Object[] {"", "€ ü 漢字 🙂 \u2028", "\u001e", "\"\\"});
        values.add(new Object[] {"é".repeat(100_000)});
        values.add(new Object[] {bytes(5)});
        values.add(new Object[] {new byte[0], "after"});
        values.add(new Object[] {1, bytes(3), "x", new JSONObject().put("b", bytes(4))});
        values.add(new Object[] {new JSONObject().put("deep", new JSONArray().put(new JSONObject().put("bytes", bytes(256))).put(bytes(1)))});
        Object[] ten = new Object[10];
        for (int i = 0; i < ten.length; i++) {
            ten[i] = bytes(i + 1);
        }
        values.add(ten);
        values.add(new Object[] {bytes(300_000)});
        try (Client c = new Client(server, by, null)) {
            c.keep("message-back");
            for (Object[] args : values) {
                c.socket.emit("message", args);
                same(c.next("message-back"), args);
                same(c.ask("echo", args), args);
                same(c.ask("message-with-ack", args), args);
            }
        }
    }

    private static void many(Server server, String by) throws Exception {
        try (Client c = new Client(server, by, null)) {
            c.keep("message-back");
            for (int n = 0; n < 300; n++) {
                c.socket.emit("message", n, bytes(n % 50));
            }
            for (int n = 0; n < 300; n++) {
                same(c.next("message-back"), list(n, bytes(n % 50)));
            }
        }
    }

    private static void asked(Server server, String by) throws Exception {
        try (Client c = new Client(server, by, null)) {
            c.keep("answer");
            c.socket.on("question", args -> ((Ack) args[args.length - 1]).call(args[0]));
            for (Object value : list("a word", 17, new JSONObject("{\"deep\":[1]}"), bytes(9))) {
                c.socket.emit("ask", value);
                same(c.next("answer"), list(value));
            }
        }
    }

    /**
     * Flags of servers that close connections. This client does not hear a WebSocket's close frame (it waits for the end
     * that okhttp reports once both sides have closed, and never closes its own), so it goes by its heartbeat.
     */
    private static final String SOON = "?ping-interval=1s&ping-timeout=1s";

    private static void closed(Client c, String by) throws Exception {
        String reason = (String) c.next(Socket.EVENT_DISCONNECT)[0];
        check(reason.startsWith("transport ") || reason.equals("ping timeout") && !by.equals("polling"), reason);
    }

    private static void eleven(String by) throws Exception {
        Server server = new Server(SOON);
        try (Client c = new Client(server, by, null)) {
            c.next(Socket.EVENT_CONNECT);
            Object[] parts = new Object[11];
            Arrays.fill(parts, bytes(1));
            c.socket.emit("message", parts);
            closed(c, by);
            c.next(Socket.EVENT_CONNECT);
            same(c.ask("echo", "back"), list("back"));
        }
    }

    private static void namespaces(Server server, String by) throws Exception {
        try (Client c = new Client(server, by, null)) {
            try (Client custom = new Client(c, "/custom", Map.of("me", "1"))) {
                same(custom.next("auth"), list(new JSONObject(Map.of("me", "1"))));
                same(custom.ask("echo", bytes(3), 2), list(bytes(3), 2));
                check(!custom.socket.id().equals(c.socket.id()), "ids are the same");
            }
            try (Client bad = new Client(c, "/secure", Map.of("token", "bad"))) {
                JSONObject error = (JSONObject) bad.next(Socket.EVENT_CONNECT_ERROR)[0];
                same(error, new JSONObject("{\"message\":\"not authorized\",\"data\":{\"code\":401}}"));
            }
            try (Client unknown = new Client(c, "/random", null)) {
                same(unknown.next(Socket.EVENT_CONNECT_ERROR)[0], new JSONObject("{\"message\":\"Invalid namespace\"}"));
            }
            same(c.ask("echo", "still here"), list("still here"));
        }
        try (Client c = new Client(server, by, null); Client good = new Client(c, "/secure", Map.of("token", "good"))) {
            good.next(Socket.EVENT_CONNECT);
        }
    }

    private static void rooms(Server server, String by) throws Exception {
        String room = "room by " + by;
        try (Client a = new Client(server, by, null); Client b = new Client(server, by, null); Client c = new Client(server, by, null)) {
            for (Client each : List.of(a, b, c)) {
                each.keep(room);
            }
            a.ask("join", room);
            b.ask("join", room);
            c.socket.emit("shout-room", room, room, bytes(3), "and more");
            same(a.next(room), list(bytes(3), "and more"));
            same(b.next(room), list(bytes(3), "and more"));
            b.ask("leave", room);
            a.socket.emit("shout-room", room, room, 2);
            same(a.next(room), list(2));
            a.socket.emit("shout", room, 3);
            for (Client each : List.of(a, b, c)) {
                same(each.next(room), list(3));
            }
        }
    }

    private static void ends(Server server, String by) throws Exception {
        for (boolean close : new boolean[] {false, true}) {
            try (Client c = new Client(server, by, null)) {
                c.socket.emit("bye", close);
                same(c.next(Socket.EVENT_DISCONNECT), list("io server disconnect"));
            }
        }
        try (Client c = new Client(server, by, null)) {
            c.socket.disconnect();
            same(c.next(Socket.EVENT_DISCONNECT), list("io client disconnect"));
        }
    }

    private static void limit(String by) throws Exception {
        int limit = 200_000;
        Server server = new Server(SOON + "&max-payload=" + limit);
        try (Client c = new Client(server, by, null)) {
            c.next(Socket.EVENT_CONNECT);
            String under = "x".repeat((int) (0.9 * limit));
            same(c.ask("echo", under), list(under));
            byte[] raw = bytes((int) ((by.equals("polling") ? 0.67 : 0.9) * limit));
            same(c.ask("echo", (Object) raw), list((Object) raw));
            for (Object over : list("x".repeat((int) (1.1 * limit)), bytes((int) (1.1 * limit)))) {
                c.socket.emit("message", over);
                closed(c, by);
                c.next(Socket.EVENT_CONNECT);
                same(c.ask("echo", "back"), list("back"));
                c.awaitTransport(by);
            }
        }
    }

    private static void killed(String by) throws Exception {
        Server server = new Server("");
        try (Client c = new Client(server, by, null)) {
            c.next(Socket.EVENT_CONNECT);
            for (int round = 0; round < 2; round++) {
                String before = c.socket.id();
                server.act("kill");
                String reason = (String) c.next(Socket.EVENT_DISCONNECT)[0];
                check(reason.startsWith("transport "), reason);
                CompletableFuture<Object[]> first = c.emitting("echo", "said meanwhile");
                CompletableFuture<Object[]> second = c.emitting("echo", (Object) bytes(3));
                server.act("start");
                c.next(Socket.EVENT_CONNECT);
                check(!before.equals(c.socket.id()), "the id is the same");
                same(first.get(DEADLINE, TimeUnit.MILLISECONDS), list("said meanwhile"));
                same(second.get(DEADLINE, TimeUnit.MILLISECONDS), list((Object) bytes(3)));
                c.awaitTransport(by);
            }
        }
    }

    private static void stopped(String by) throws Exception {
        Server server = new Server(SOON);
        try (Client c = new Client(server, by, null)) {
            c.next(Socket.EVENT_CONNECT);
            server.act("stop");
            closed(c, by);
            server.act("start");
            c.next(Socket.EVENT_CONNECT);
            same(c.ask("echo", "back"), list("back"));
        }
    }

    private static void heartbeats(String by) throws Exception {
        Server server = new Server("?ping-interval=300ms&ping-timeout=200ms");
        // The client has 200 ms for its pong. Where another process has the machine for that long the fault is not the
        // server's, so there are three tries.
        for (int left = 3; left > 0; left--) {
            try (Client c = new Client(server, by, null)) {
                String id = c.socket.id();
                Object[] gone = c.poll(Socket.EVENT_DISCONNECT, 300L * INTERVALS);
                if (gone == null) {
                    same(((JSONObject) c.ask("info")[0]).get("id"), id);
                    return;
                }
                System.out.printf("heartbeats by %s: %s%n", by, gone[0]);
            }
        }
        throw new AssertionError("closed each time");
    }

    /** Four at a time. What each says comes back, and what another client says comes without being asked for. */
    private static void upgrades(Server server) throws Exception {
        try (Client talker = new Client(server, "websocket", null)) {
            List<CompletableFuture<Void>> running = new ArrayList<>();
            AtomicInteger round = new AtomicInteger();
            AtomicInteger early = new AtomicInteger();
            for (int i = 0; i < 4; i++) {
                running.add(CompletableFuture.runAsync(() -> {
                    try {
                        for (int n; (n = round.getAndIncrement()) < UPGRADES; ) {
                            early.addAndGet(upgrade(server, talker, "told " + n));
                        }
                    } catch (Exception e) {
                        throw new RuntimeException(e);
                    }
                }, task -> new Thread(task).start()));
            }
            for (CompletableFuture<Void> one : running) {
                one.get(5, TimeUnit.MINUTES);
            }
            check(early.get() >= UPGRADES, "only " + early + " events were sent by polling");
        }
    }

    /** Returns how many events each side sent before the transport was known to have changed. */
    private static int upgrade(Server server, Client talker, String name) throws Exception {
        try (Client c = new Client(server)) {
            c.keep("message-back");
            c.keep(name);
            c.next(Socket.EVENT_CONNECT);
            CompletableFuture<Object[]> info = c.emitting("info");
            int sent = 0;
            int early = 0;
            for (int after = 0; after < 20; ) {
                for (int burst = 0; burst < 3; burst++, sent++) {
                    c.socket.emit("message", counted(sent));
                    talker.socket.emit("shout", name, sent);
                }
                talker.ask("echo"); // paces
                if (info.isDone() && ((JSONObject) info.get()[0]).get("transport").equals("websocket")) {
                    after++;
                } else if (info.isDone()) {
                    info = c.emitting("info");
                }
                if (after == 0) {
                    early = sent;
                }
                check(sent < 30_000, "no upgrade");
            }
            for (int n = 0; n < sent; n++) {
                same(c.next("message-back"), counted(n));
                same(c.next(name), list(n));
            }
            c.ask("echo"); // what came twice would have come by now
            check(c.poll("message-back", 0) == null && c.poll(name, 0) == null, "something came twice");
            check(c.poll(Socket.EVENT_DISCONNECT, 0) == null, "it was disconnected");
            return early;
        }
    }

    private static Object[] counted(int n) {
        return n % 7 == 0 ? list(n, new byte[] {(byte) n, 1, 2}) : list(n);
    }

    // A client, and what it hears.

    private static final class Client implements AutoCloseable {
        final Socket socket;
        private final Map<String, BlockingQueue<Object[]>> heard = Collections.synchronizedMap(new LinkedHashMap<>());

        /** Has a connection of its own, and is connected by the transport when this returns. */
        Client(Server server, String by, Map<String, String> auth) throws Exception {
            socket = own(server, by, auth);
            begin();
            awaitTransport(by);
        }

        /** Has a connection of its own, which is about to upgrade when this returns. */
        Client(Server server) {
            socket = own(server, "upgrade", null);
            begin();
        }

        private static Socket own(Server server, String by, Map<String, String> auth) {
            IO.Options options = new IO.Options();
            options.forceNew = true;
            options.transports = TRANSPORTS.get(by);
            options.auth = auth;
            options.reconnectionDelay = 20;
            options.reconnectionDelayMax = 100;
            options.randomizationFactor = 0;
            return IO.socket(URI.create(server.url), options);
        }

        /** Shares another one's connection, and may be refused. */
        Client(Client other, String namespace, Map<String, String> auth) {
            IO.Options options = new IO.Options();
            options.auth = auth;
            socket = other.socket.io().socket(namespace, options);
            begin();
        }

        private void begin() {
            for (String event : List.of(Socket.EVENT_CONNECT, Socket.EVENT_DISCONNECT, Socket.EVENT_CONNECT_ERROR, "auth")) {
                keep(event);
            }
            socket.connect();
        }

        void keep(String event) {
            BlockingQueue<Object[]> queue = new LinkedBlockingQueue<>();
            heard.put(event, queue);
            socket.on(event, queue::add);
        }

        Object[] poll(String event, long ms) throws InterruptedException {
            return heard.get(event).poll(ms, TimeUnit.MILLISECONDS);
        }

        Object[] next(String event) throws InterruptedException {
            Object[] args = poll(event, DEADLINE);
            check(args != null, "no " + event + " within " + DEADLINE + " ms");
            return args;
        }

        CompletableFuture<Object[]> emitting(String event, Object... args) {
            CompletableFuture<Object[]> answer = new CompletableFuture<>();
            socket.emit(event, args, answer::complete);
            return answer;
        }

        Object[] ask(String event, Object... args) throws Exception {
            return emitting(event, args).get(DEADLINE, TimeUnit.MILLISECONDS);
        }

        /** Waits until the server, too, sees this client on its best transport. */
        void awaitTransport(String by) throws Exception {
            String want = by.equals("upgrade") ? "websocket" : by;
            for (long end = System.currentTimeMillis() + DEADLINE; System.currentTimeMillis() < end; ) {
                if (((JSONObject) ask("info")[0]).get("transport").equals(want)) {
                    return;
                }
            }
            throw new AssertionError("no " + want + " within " + DEADLINE + " ms");
        }

        @Override
        public void close() {
            socket.disconnect();
        }
    }

    // A conformance server.

    private static final class Server {
        final String url;
        private final String path;

        Server(String query) throws Exception {
            JSONObject answer = new JSONObject(post("/servers" + query));
            url = answer.getString("url");
            path = "/servers/" + answer.getInt("id") + "/";
        }

        void act(String what) throws Exception {
            post(path + what);
        }

        private static String post(String path) throws Exception {
            HttpRequest request = HttpRequest.newBuilder(URI.create(CONTROL + path)).timeout(Duration.ofSeconds(40))
                    .POST(HttpRequest.BodyPublishers.noBody()).build();
            HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            check(answer.statusCode() == 200, path + ": " + answer.body());
            return answer.body();
        }
    }

    // Values.

    private static Object[] list(Object... values) {
        return values;
    }

    private static byte[] bytes(int length) {
        byte[] made = new byte[length];
        for (int i = 0; i < length; i++) {
            made[i] = (byte) (i * 7);
        }
        return made;
    }

    private static void check(boolean ok, String what) {
        if (!ok) {
            throw new AssertionError(what);
        }
    }

    private static void same(Object got, Object want) throws Exception {
        Object g = plain(got);
        Object w = plain(want);
        if (!g.equals(w)) {
            String text = "got " + g + ", want " + w;
            throw new AssertionError(text.substring(0, Math.min(text.length(), 500)));
        }
    }

    /** Makes a value one that equals compares. */
    private static Object plain(Object value) throws Exception {
        if (value == null || value == JSONObject.NULL) {
            return Void.class; // the client makes either of a null
        }
        if (value instanceof byte[] b) {
            return ByteBuffer.wrap(b);
        }
        if (value instanceof Number n) {
            return n.doubleValue();
        }
        List<Object> made = new ArrayList<>();
        if (value instanceof Object[] array) {
            for (Object v : array) {
                made.add(plain(v));
            }
            return made;
        }
        if (value instanceof JSONArray array) {
            for (int i = 0; i < array.length(); i++) {
                made.add(plain(array.get(i)));
            }
            return made;
        }
        if (value instanceof JSONObject object) {
            Set<Object> members = new HashSet<>();
            for (var keys = object.keys(); keys.hasNext(); ) {
                String key = (String) keys.next();
                members.add(List.of(key, plain(object.get(key))));
            }
            return members;
        }
        return value;
    }
}
