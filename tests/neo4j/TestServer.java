import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.BoltConnectorInternalSettings;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.configuration.ssl.SslPolicyConfig;
import org.neo4j.configuration.ssl.SslPolicyScope;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/**
 * Opens the databases of a home folder and listens for Bolt on loopback: {@code TestServer.java HOME PORT}. The first
 * start sets the password of user neo4j to that in the environment; later ones find it, and the data, in the home.
 *
 * <p>It answers "started" once it can be used. The line "stop" closes the databases and Bolt and is answered "stopped",
 * the line "start" opens them again, in a process that has its classes loaded. It ends with its input.
 */
public class TestServer {
    /** {@code -Dclew.large=true} is for graphs of millions, which are filled once. */
    private static final boolean LARGE = Boolean.getBoolean("clew.large");

    /** {@code -Dclew.encrypted=true} takes encrypted connections alone, with the home's certificates/bolt. */
    private static final boolean ENCRYPTED = Boolean.getBoolean("clew.encrypted");

    public static void main(String[] arguments) throws IOException {
        PrintStream answers = System.out;
        System.setOut(System.err);
        Path home = Path.of(arguments[0]).toAbsolutePath();
        int port = Integer.parseInt(arguments[1]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        DatabaseManagementService server = null;
        for (String line = "start"; line != null; line = lines.readLine()) {
            if (line.equals("start")) {
                server = open(home, port);
                answers.println("started");
            } else {
                server.shutdown();
                answers.println("stopped");
            }
        }
        // Nobody needs what is in it any more.
        Runtime.getRuntime().halt(0);
    }

    private static DatabaseManagementService open(Path home, int port) {
        boolean first = Files.notExists(home.resolve("data/databases/system"));
        DatabaseManagementService server =
                new DatabaseManagementServiceBuilder(home)
                        .setConfig(BoltConnector.enabled, true)
                        .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", port))
                        .setConfig(
                                BoltConnector.encryption_level,
                                ENCRYPTED
                                        ? BoltConnector.EncryptionLevel.REQUIRED
                                        : BoltConnector.EncryptionLevel.DISABLED)
                        .setConfig(SslPolicyConfig.forScope(SslPolicyScope.BOLT).enabled, ENCRYPTED)
                        .setConfig(BoltConnectorInternalSettings.thread_pool_shutdown_wait_time, Duration.ZERO)
                        .setConfig(GraphDatabaseSettings.auth_enabled, true)
                        .setConfig(GraphDatabaseSettings.pagecache_memory, LARGE ? 2L << 30 : 256L << 20)
                        // Two logs of 256 MB are more than a test's graph.
                        .setConfig(GraphDatabaseSettings.preallocate_logical_logs, LARGE)
                        // The tests fill and empty the database all the time; plans need not follow its size.
                        .setConfig(
                                GraphDatabaseSettings.cypher_min_replan_interval,
                                LARGE ? Duration.ofSeconds(10) : Duration.ofHours(1))
                        .setConfig(GraphDatabaseSettings.udc_enabled, false)
                        .build();
        if (first) {
            server.database("system")
                    .executeTransactionally(
                            "ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED",
                            Map.of("password", System.getenv("NEO4J_PASSWORD")));
        }
        return server;
    }
}
