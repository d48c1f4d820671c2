import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Java's own HttpClient as it comes: it offers HTTP/2 on every request in clear. */
public class Client {
    static final HttpClient http = HttpClient.newHttpClient();
    static String base;
    static String token;

    static HttpResponse<String> post(String path, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path)).POST(BodyPublishers.ofString(body));
        if (token != null) request.header("Authorization", "Bearer " + token);
        return http.send(request.build(), BodyHandlers.ofString());
    }

    static void expect(boolean isSo, String what) {
        if (!isSo) throw new AssertionError(what);
        System.out.println(what);
    }

    public static void main(String[] arguments) throws Exception {
        base = arguments[0];
        var session = post("/auth", "{\"username\":\"alice\",\"password\":\"secret\"}");
        var found = Pattern.compile("\"token\":\"([^\"]+)\"").matcher(session.body());
        expect(session.statusCode() == 200 && found.find(), "signed in");
        token = found.group(1);

        var heard = new CompletableFuture<String>();
        WebSocket socket = http.newWebSocketBuilder()
            .header("Authorization", "Bearer " + token)
            .buildAsync(URI.create(base.replaceFirst("^http", "ws") + "/ws?chat_id=1"), new WebSocket.Listener() {
                final StringBuilder text = new StringBuilder();

                @Override
                public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean isLast) {
                    text.append(part);
                    if (isLast) {
                        if (text.indexOf("said by REST") >= 0) heard.complete(text.toString());
                        text.setLength(0);
                    }
                    socket.request(1);
                    return null;
                }
            }).get(20, TimeUnit.SECONDS);

        var listening = HttpRequest.newBuilder(URI.create(base + "/api/events?chat_id=1")).header("Authorization", "Bearer " + token).build();
        var events = http.send(listening, BodyHandlers.ofInputStream());
        expect(events.statusCode() == 200, "listens");

        expect(post("/api/chats/1/messages", "{\"content\":\"said by REST\"}").statusCode() == 201, "sent");
        expect(heard.get(20, TimeUnit.SECONDS).contains("\"alice\""), "heard on the socket");
        var lines = new BufferedReader(new InputStreamReader(events.body(), "UTF-8"));
        String line;
        do line = lines.readLine(); while (line != null && !line.contains("said by REST"));
        expect(line != null, "heard as an event");

        int failed = 0;
        for (int i = 0; i < 400; i += 1) {
            try {
                if (post("/api/chats/1/messages", "{\"content\":\"" + i + "\"}").statusCode() != 201) failed += 1;
            } catch (java.io.IOException error) {
                System.err.println(error);
                failed += 1;
            }
        }
        expect(failed == 0, "400 of 400");
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(20, TimeUnit.SECONDS);
        System.exit(0);
    }
}
