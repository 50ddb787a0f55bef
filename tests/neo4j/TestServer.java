import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/**
 * Opens the databases of a home folder and listens for Bolt on loopback: {@code TestServer.java HOME PORT}. The first
 * start sets the password of user neo4j to that in the environment; later ones find it, and the data, in the home.
 */
public class TestServer {
    private static final long PAGE_CACHE = 256L << 20;

    public static void main(String[] arguments) throws InterruptedException {
        Path home = Path.of(arguments[0]).toAbsolutePath();
        boolean first = Files.notExists(home.resolve("data/databases/system"));
        DatabaseManagementService server =
                new DatabaseManagementServiceBuilder(home)
                        .setConfig(BoltConnector.enabled, true)
                        .setConfig(
                                BoltConnector.listen_address,
                                new SocketAddress("127.0.0.1", Integer.parseInt(arguments[1])))
                        .setConfig(GraphDatabaseSettings.auth_enabled, true)
                        .setConfig(GraphDatabaseSettings.pagecache_memory, PAGE_CACHE)
                        .build();
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
        if (first) {
            server.database("system")
                    .executeTransactionally(
                            "ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED",
                            Map.of("password", System.getenv("NEO4J_PASSWORD")));
        }
        System.out.println("ready");
        Thread.currentThread().join();
    }
}
