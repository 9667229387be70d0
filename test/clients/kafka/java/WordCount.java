import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * Kafka Streams with a state store (RocksDB), exactly once: counts the words of the topic INPUT, by a topic that is
 * partitioned again, into OUTPUT. Prints the counts as JSON once they make up TOTAL words, and ends.
 * Usage: WordCount BOOTSTRAP INPUT OUTPUT FOLDER TOTAL
 */
public class WordCount {
    public static void main(String[] args) throws Exception {
        var settings = new Properties();
        settings.putAll(Map.of(
            "bootstrap.servers", args[0],
            "application.id", args[1],
            "state.dir", args[3],
            "processing.guarantee", "exactly_once_v2",
            "default.key.serde", Serdes.StringSerde.class,
            "default.value.serde", Serdes.StringSerde.class,
            "commit.interval.ms", "100",
            "num.stream.threads", "2"));

        var builder = new StreamsBuilder();
        builder.<String, String>stream(args[1])
            .flatMapValues(line -> List.of(line.split(" ")))
            .groupBy((key, word) -> word)
            .count(Materialized.as("counts"))
            .toStream()
            .map((word, count) -> KeyValue.pair(word, word + "=" + count))
            .to(args[2]);

        var streams = new KafkaStreams(builder.build(), settings);
        streams.start();
        System.out.println(new ObjectMapper().writeValueAsString(counts(streams, Long.parseLong(args[4]))));
        // Left to itself it stays a member until its session is over, in case it comes back.
        streams.close(CloseOptions.groupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
        System.exit(0);
    }

    private static Map<String, Long> counts(KafkaStreams streams, long total) throws Exception {
        var deadline = System.nanoTime() + Duration.ofSeconds(40).toNanos();
        for (; System.nanoTime() < deadline; Thread.sleep(50)) {
            var counts = new TreeMap<String, Long>();
            try {
                ReadOnlyKeyValueStore<String, Long> store =
                    streams.store(StoreQueryParameters.fromNameAndType("counts", QueryableStoreTypes.keyValueStore()));
                try (var all = store.all()) {
                    all.forEachRemaining(entry -> counts.put(entry.key, entry.value));
                }
            } catch (InvalidStateStoreException notYet) {
                continue;
            }
            if (counts.values().stream().mapToLong(Long::longValue).sum() >= total) return counts;
        }
        throw new TimeoutException("state " + streams.state());
    }
}
