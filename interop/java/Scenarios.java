import io.socket.client.Ack;
import io.socket.client.AckWithTimeout;
import io.socket.client.IO;
import io.socket.client.Manager;
import io.socket.client.Socket;
import io.socket.engineio.client.transports.Polling;
import io.socket.engineio.client.transports.WebSocket;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.json.JSONArray;
import org.json.JSONObject;

/**
 * What the Java client, which Android apps use, does with the conformance server. Each scenario has clients of its own;
 * servers come from the control that INTEROP_CONTROL names. The exit status is 1 when a scenario failed.
 */
public final class Scenarios {
  private static final String CONTROL = System.getenv("INTEROP_CONTROL");
  private static final boolean LONG = System.getenv("LONG") != null;
  private static final long PATIENCE = 15_000; // milliseconds

  interface Scenario {
    void play(String[] transports) throws Exception;
  }

  /** The ways in which a client can be set up, by name. */
  private static final Map<String, String[]> WAYS = new LinkedHashMap<>();

  private static Server shared;

  public static void main(String[] args) throws Exception {
    WAYS.put("polling", new String[] {Polling.NAME});
    WAYS.put("websocket", new String[] {WebSocket.NAME});
    WAYS.put("upgrade", new String[] {Polling.NAME, WebSocket.NAME});

    Map<String, Scenario> scenarios = new LinkedHashMap<>();
    scenarios.put("connects, and is told what it said", Scenarios::connects);
    scenarios.put("events keep their arguments and their order", Scenarios::events);
    scenarios.put("binary both ways, nested", Scenarios::binary);
    scenarios.put("acks both ways", Scenarios::acks);
    scenarios.put("namespaces, and a refusal with its data", Scenarios::namespaces);
    scenarios.put("rooms and broadcasts", Scenarios::rooms);
    scenarios.put("payloads below and above the limit", Scenarios::limit);
    scenarios.put("heartbeats over many intervals", Scenarios::heartbeats);
    scenarios.put("a server that is killed and restarted", Scenarios::restart);
    scenarios.put("leaves and is sent away", Scenarios::leaves);

    shared = new Server(Collections.emptyMap());
    int failed = 0;
    for (Map.Entry<String, Scenario> scenario : scenarios.entrySet()) {
      for (Map.Entry<String, String[]> way : WAYS.entrySet()) {
        String name = scenario.getKey() + ", " + way.getKey();
        try {
          scenario.getValue().play(way.getValue());
          System.out.println("ok: " + name);
        } catch (Throwable wrong) {
          failed++;
          System.out.println("FAILED: " + name);
          wrong.printStackTrace(System.out);
        } finally {
          Client.endAll();
        }
      }
    }
    System.out.println(failed == 0 ? "all well" : failed + " failed");
    System.exit(failed == 0 ? 0 : 1); // the client's threads would go on
  }

  private static void connects(String[] transports) throws Exception {
    Client c = new Client(shared.url, "/", transports, Collections.singletonMap("token", "a&b=c"));
    c.connected();
    same(new JSONObject().put("token", "a&b=c").toString(), c.next("auth")[0].toString(), "auth");
    same(c.socket.id(), ((JSONObject) c.ask("info")[0]).getString("id"), "own id");
    c.onBest(transports);
    same(transports[transports.length - 1], ((JSONObject) c.ask("info")[0]).getString("transport"), "transport");
    Client silent = new Client(shared.url, "/", transports, null);
    silent.connected();
    same("{}", silent.next("auth")[0].toString(), "auth of nobody");
  }

  private static void events(String[] transports) throws Exception {
    Client c = new Client(shared.url, "/", transports, null);
    c.connected();
    JSONObject nested = new JSONObject("{\"a\":[1,{\"b\":null}],\"é\":\"漢字😀\"}");
    c.socket.emit("message", 1, "2", true, JSONObject.NULL, nested, new JSONArray("[1,[2,[]]]"), "");
    Object[] back = c.next("message-back");
    same(7, back.length, "arguments");
    same("1 2 true", back[0] + " " + back[1] + " " + back[2], "plain ones");
    same(nested.toString(), back[4].toString(), "nested");
    same("[1,[2,[]]]", back[5].toString(), "array");
    int many = LONG ? 5000 : 500;
    for (int i = 0; i < many; i++) {
      c.socket.emit("message", i);
    }
    for (int i = 0; i < many; i++) {
      same(i, c.next("message-back")[0], "in order");
    }
  }

  private static void binary(String[] transports) throws Exception {
    Client c = new Client(shared.url, "/", transports, null);
    c.connected();
    byte[] large = new byte[300_000];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i * 7);
    }
    JSONObject nested = new JSONObject().put("list", new JSONArray().put(new byte[] {1, 2}).put("text")).put("empty", new byte[0]);
    c.socket.emit("message", large, nested, "last");
    Object[] back = c.next("message-back");
    same(true, Arrays.equals(large, (byte[]) back[0]), "300,000 bytes");
    JSONObject got = (JSONObject) back[1];
    same("[1, 2]", Arrays.toString((byte[]) got.getJSONArray("list").get(0)), "in an array");
    same(0, ((byte[]) got.get("empty")).length, "no bytes");
    same("last", back[2], "after them");
    same("[-1, 0]", Arrays.toString((byte[]) c.ask("echo", new byte[] {-1, 0})[0]), "in an ack");
  }

  private static void acks(String[] transports) throws Exception {
    Client c = new Client(shared.url, "/", transports, null);
    c.connected();
    same("[1, x]", Arrays.toString(c.ask("message-with-ack", 1, "x")), "ack");
    same(0, c.ask("echo").length, "ack of nothing");
    c.socket.on("question", args -> ((Ack) args[1]).call("answer to " + args[0]));
    c.socket.emit("ask", "a question");
    same("answer to a question", c.next("answer")[0], "what the server was answered");
    BlockingQueue<String> late = new LinkedBlockingQueue<>();
    c.socket.emit("nobody acks this", new Object[0], new AckWithTimeout(50) {
      @Override public void onTimeout() { late.add("timeout"); }

      @Override public void onSuccess(Object... args) { late.add("success"); }
    });
    same("timeout", late.poll(PATIENCE, TimeUnit.MILLISECONDS), "an ack that does not come");
  }

  private static void namespaces(String[] transports) throws Exception {
    Client main = new Client(shared.url, "/", transports, null);
    main.connected();
    Client custom = main.of("/custom", Collections.singletonMap("own", "payload"));
    custom.connected();
    same("{\"own\":\"payload\"}", custom.next("auth")[0].toString(), "payload of its own");
    same("[7]", Arrays.toString(custom.ask("echo", 7)), "event in the namespace");
    Client good = main.of("/secure", Collections.singletonMap("token", "good"));
    good.connected();
    Client bad = new Client(shared.url, "/secure", transports, Collections.singletonMap("token", "bad"));
    bad.socket.connect();
    JSONObject refusal = (JSONObject) bad.next(Socket.EVENT_CONNECT_ERROR)[0];
    same("not authorized", refusal.getString("message"), "refusal");
    same(401, refusal.getJSONObject("data").getInt("code"), "data of the refusal");
    Client unknown = new Client(shared.url, "/random", transports, null);
    unknown.socket.connect();
    same("Invalid namespace", ((JSONObject) unknown.next(Socket.EVENT_CONNECT_ERROR)[0]).getString("message"), "unknown namespace");
  }

  private static void rooms(String[] transports) throws Exception {
    Client a = new Client(shared.url, "/", transports, null);
    Client b = new Client(shared.url, "/", transports, null);
    a.connected();
    b.connected();
    String room = "java-" + a.socket.id();
    a.ask("join", room);
    b.socket.emit("shout-room", room, "in the room", 1);
    same(1, a.next("in the room")[0], "room");
    b.ask("join", room);
    a.ask("leave", room);
    b.socket.emit("shout-room", room, "in the room", 2);
    same(2, b.next("in the room")[0], "room after leaving");
    String all = "all-" + a.socket.id();
    a.listen(all);
    b.listen(all);
    a.socket.emit("shout", all, "x");
    same("x", a.next(all)[0], "everybody, the sender included");
    same("x", b.next(all)[0], "everybody");
    same(0, a.waiting("in the room"), "events after leaving");
  }

  private static void limit(String[] transports) throws Exception {
    Map<String, String> flags = new LinkedHashMap<>();
    flags.put("max-payload", "100000");
    // Its WebSocket does not tell it of a close frame (1009): it learns of the end by the heartbeat that stays away.
    flags.put("ping-interval", "500ms");
    flags.put("ping-timeout", "500ms");
    Server server = new Server(flags);
    Client c = new Client(server.url, "/", transports, null);
    c.connected();
    c.onBest(transports);
    same(90_000, ((String) c.ask("echo", text(90_000))[0]).length(), "0.9 of the limit");
    c.socket.emit("echo", text(110_000));
    String reason = (String) c.next(Socket.EVENT_DISCONNECT)[0];
    if (!Arrays.asList("transport error", "transport close", "ping timeout").contains(reason)) {
      throw new AssertionError("disconnected for " + reason);
    }
    c.next(Socket.EVENT_CONNECT);
    same("[1]", Arrays.toString(c.ask("echo", 1)), "after it came back");
    Client.endAll();
    server.act("stop");
  }

  private static void heartbeats(String[] transports) throws Exception {
    Map<String, String> flags = new LinkedHashMap<>();
    flags.put("ping-interval", "300ms");
    flags.put("ping-timeout", "800ms");
    Server server = new Server(flags);
    Client c = new Client(server.url, "/", transports, null);
    c.connected();
    c.onBest(transports);
    // A client that does not answer the first ping is gone after 300 + 800 ms.
    Object[] gone = c.heard.get(Socket.EVENT_DISCONNECT).poll(LONG ? 30_000 : 3_000, TimeUnit.MILLISECONDS);
    same("null", Arrays.toString(gone), "disconnected while idle");
    same("[1]", Arrays.toString(c.ask("echo", 1)), "after ten intervals");
    Client.endAll();
    server.act("stop");
  }

  private static void restart(String[] transports) throws Exception {
    Server server = new Server(Collections.emptyMap());
    Client c = new Client(server.url, "/", transports, null);
    c.connected();
    String first = c.socket.id();
    c.next("auth");
    server.act("kill");
    c.next(Socket.EVENT_DISCONNECT);
    for (int i = 0; i < 5; i++) {
      c.socket.emit("message", "buffered", i);
    }
    server.act("start");
    c.next(Socket.EVENT_CONNECT);
    for (int i = 0; i < 5; i++) {
      same(i, c.next("message-back")[1], "buffered event");
    }
    if (c.socket.id().equals(first)) {
      throw new AssertionError("the same id after a restart");
    }
    Client.endAll();
    server.act("stop");
  }

  private static void leaves(String[] transports) throws Exception {
    Client c = new Client(shared.url, "/", transports, null);
    c.connected();
    c.socket.disconnect();
    same("io client disconnect", c.next(Socket.EVENT_DISCONNECT)[0], "own disconnect");
    c.connected();
    same("[1]", Arrays.toString(c.ask("echo", 1)), "after it came back");
    for (boolean everything : new boolean[] {false, true}) {
      Client sent = new Client(shared.url, "/", transports, null);
      sent.connected();
      sent.socket.emit("bye", everything);
      same("io server disconnect", sent.next(Socket.EVENT_DISCONNECT)[0], "sent away, close=" + everything);
    }
  }

  private static String text(int length) {
    char[] chars = new char[length];
    Arrays.fill(chars, 'x');
    return new String(chars);
  }

  private static void same(Object want, Object got, String what) {
    if (!want.equals(got)) {
      throw new AssertionError(what + ": got " + got + ", want " + want);
    }
  }

  /** A server of the control. */
  private static final class Server {
    final String url;
    private final int id;

    Server(Map<String, String> flags) throws Exception {
      List<String> query = new ArrayList<>();
      for (Map.Entry<String, String> flag : flags.entrySet()) {
        query.add(flag.getKey() + "=" + URLEncoder.encode(flag.getValue(), "UTF-8"));
      }
      JSONObject made = new JSONObject(post("/servers?" + String.join("&", query)));
      id = made.getInt("id");
      url = made.getString("url");
    }

    void act(String what) throws Exception {
      post("/servers/" + id + "/" + what);
    }

    private static String post(String path) throws Exception {
      HttpURLConnection request = (HttpURLConnection) URI.create(CONTROL + path).toURL().openConnection();
      request.setRequestMethod("POST");
      request.setConnectTimeout((int) PATIENCE);
      request.setReadTimeout(40_000);
      boolean good = request.getResponseCode() < 300;
      try (InputStream body = good ? request.getInputStream() : request.getErrorStream()) {
        String text = body == null ? "" : new String(body.readAllBytes(), "UTF-8");
        if (!good) {
          throw new IllegalStateException(path + ": " + text);
        }
        return text;
      }
    }
  }

  /** A client that keeps what it hears until a scenario asks for it. */
  private static final class Client {
    private static final List<Client> OPEN = Collections.synchronizedList(new ArrayList<>());

    final Socket socket;
    private final Manager manager;
    private final Map<String, BlockingQueue<Object[]>> heard = Collections.synchronizedMap(new LinkedHashMap<>());

    Client(String url, String namespace, String[] transports, Map<String, String> auth) {
      this(new Manager(URI.create(url), options(transports, auth)), namespace, auth);
    }

    private Client(Manager manager, String namespace, Map<String, String> auth) {
      this.manager = manager;
      socket = manager.socket(namespace, options(null, auth));
      for (String name : new String[] {
        Socket.EVENT_CONNECT, Socket.EVENT_CONNECT_ERROR, Socket.EVENT_DISCONNECT, "auth", "message-back", "answer", "in the room"
      }) {
        listen(name);
      }
      OPEN.add(this);
    }

    private static IO.Options options(String[] transports, Map<String, String> auth) {
      IO.Options options = new IO.Options();
      options.forceNew = true;
      options.reconnectionDelay = 20;
      options.reconnectionDelayMax = 100;
      if (transports != null) {
        options.transports = transports;
      }
      options.auth = auth;
      return options;
    }

    /** Another namespace over the same connection. */
    Client of(String namespace, Map<String, String> auth) {
      return new Client(manager, namespace, auth);
    }

    void listen(String event) {
      BlockingQueue<Object[]> queue = new LinkedBlockingQueue<>();
      heard.put(event, queue);
      socket.on(event, queue::add);
    }

    int waiting(String event) {
      return heard.get(event).size();
    }

    void connected() throws Exception {
      socket.connect();
      next(Socket.EVENT_CONNECT);
    }

    /** Waits until the transport is the last of those that may be used. */
    void onBest(String[] transports) throws Exception {
      String best = transports[transports.length - 1];
      long end = System.currentTimeMillis() + PATIENCE;
      while (!((JSONObject) ask("info")[0]).getString("transport").equals(best)) {
        if (System.currentTimeMillis() > end) {
          throw new AssertionError("not on " + best + " in time");
        }
      }
    }

    Object[] next(String event) throws InterruptedException {
      Object[] args = heard.get(event).poll(PATIENCE, TimeUnit.MILLISECONDS);
      if (args == null) {
        throw new AssertionError(event + " did not come");
      }
      return args;
    }

    /** Emits an event and waits for its ack. */
    Object[] ask(String event, Object... args) throws InterruptedException {
      BlockingQueue<Object[]> answer = new LinkedBlockingQueue<>();
      socket.emit(event, args, (Ack) answer::add);
      Object[] got = answer.poll(PATIENCE, TimeUnit.MILLISECONDS);
      if (got == null) {
        throw new AssertionError(event + " was not acknowledged");
      }
      return got;
    }

    static void endAll() {
      synchronized (OPEN) {
        for (Client c : OPEN) {
          c.socket.disconnect();
        }
        OPEN.clear();
      }
    }
  }
}
