import static java.util.Map.entry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Apache Kafka's own client. Usage: Client BOOTSTRAP CAPABILITY=TOPIC...; see ../capabilities.ts. */
public class Client {
    interface Capability {
        Map<String, Object> goThrough(String topic) throws Exception;
    }

    private static String bootstrap;

    private static final Map<String, Capability> CAPABILITIES = Map.ofEntries(
        entry("topics", Client::topics),
        entry("none", compression("none")),
        entry("gzip", compression("gzip")),
        entry("snappy", compression("snappy")),
        entry("lz4", compression("lz4")),
        entry("zstd", compression("zstd")),
        entry("headers", Client::headers),
        entry("rebalance", Client::rebalance),
        entry("commits", Client::commits),
        entry("transactions", Client::transactions),
        entry("transactional-offsets", Client::transactionalOffsets));

    public static void main(String[] args) throws Exception {
        bootstrap = args[0];
        for (var argument : List.of(args).subList(1, args.length)) {
            var wanted = argument.split("=");
            var line = new LinkedHashMap<String, Object>(Map.of("capability", wanted[0]));
            try {
                line.putAll(CAPABILITIES.get(wanted[0]).goThrough(wanted[1]));
            } catch (Exception error) {
                line.put("error", error.toString());
            }
            System.out.println(new ObjectMapper().writeValueAsString(line));
        }
        System.exit(0);
    }

    private static Map<String, Object> topics(String topic) throws Exception {
        try (var admin = Admin.create(settings())) {
            var gone = topic + ".gone";
            admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1), new NewTopic(gone, 1, (short) 1))).all().get();
            admin.deleteTopics(List.of(gone)).all().get();
            var described = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
            return Map.of("partitions", described.partitions().size());
        }
    }

    private static Capability compression(String codec) {
        return topic -> {
            try (var producer = producer("compression.type", codec, "linger.ms", "50")) {
                for (int i = 0; i < 20; i++) producer.send(new ProducerRecord<>(topic, i + " smoke".repeat(20)));
            }
            return Map.of("values", values(readFromStart(topic, 20)));
        };
    }

    private static Map<String, Object> headers(String topic) throws Exception {
        var sent = new ProducerRecord<>(topic, "key", "value");
        sent.headers().add("floor", "3".getBytes("UTF-8")).add("unit", "°C".getBytes("UTF-8"));
        try (var producer = producer()) {
            producer.send(sent);
        }
        var record = readFromStart(topic, 1).get(0);
        var headers = new LinkedHashMap<String, String>();
        for (var header : record.headers()) headers.put(header.key(), new String(header.value(), "UTF-8"));
        return Map.of("key", record.key(), "value", record.value(), "headers", headers);
    }

    private static Map<String, Object> rebalance(String topic) throws Exception {
        try (var first = member(topic)) {
            var alone = share(List.of(2), List.of(first)).get(0);
            List<List<Integer>> together;
            try (var second = member(topic)) {
                together = share(List.of(1, 1), List.of(first, second));
            }
            var after = share(List.of(2), List.of(first)).get(0);
            return Map.of("alone", alone, "together", together, "after", after);
        }
    }

    /** Once the members, in the order of what they have, have so many partitions each. */
    private static List<List<Integer>> share(List<Integer> counts, List<KafkaConsumer<String, String>> members)
            throws Exception {
        return until(() -> {
            // They take part in rebalances while they poll.
            members.forEach(member -> member.poll(Duration.ofMillis(100)));
            var shares = members.stream().map(KafkaConsumer::assignment).map(Client::sorted)
                .sorted((a, b) -> a.toString().compareTo(b.toString())).toList();
            return shares.stream().map(List::size).toList().equals(counts) ? shares : null;
        });
    }

    private static List<Integer> sorted(Collection<TopicPartition> partitions) {
        return partitions.stream().map(TopicPartition::partition).sorted().toList();
    }

    private static Map<String, Object> commits(String topic) throws Exception {
        try (var first = member(topic, "max.poll.records", "4")) {
            read(first, 4);
            first.commitSync();
        }
        try (var second = member(topic)) {
            return Map.of("next", read(second, 1).get(0).value());
        }
    }

    private static Map<String, Object> transactions(String topic) throws Exception {
        try (var producer = producer("transactional.id", topic)) {
            producer.initTransactions();
            for (var value : List.of("a", "b", "c")) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, value)).get();
                if (value.equals("b")) producer.abortTransaction();
                else producer.commitTransaction();
            }
        }
        return Map.of(
            "committed", values(readFromStart(topic, 2, "isolation.level", "read_committed")),
            "uncommitted", values(readFromStart(topic, 3)));
    }

    private static Map<String, Object> transactionalOffsets(String topic) throws Exception {
        try (var consumer = member(topic); var producer = producer("transactional.id", topic)) {
            var records = read(consumer, 10);
            producer.initTransactions();
            producer.beginTransaction();
            var offsets = Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(records.size()));
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            producer.commitTransaction();
            return Map.of("read", records.size());
        }
    }

    private static Properties settings(String... more) {
        var settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < more.length; i += 2) settings.put(more[i], more[i + 1]);
        return settings;
    }

    private static KafkaProducer<String, String> producer(String... more) {
        return new KafkaProducer<>(settings(more), new StringSerializer(), new StringSerializer());
    }

    private static KafkaConsumer<String, String> consumer(String group, String... more) {
        var settings = settings(more);
        settings.putAll(Map.of("group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", "false",
            "heartbeat.interval.ms", "200", "session.timeout.ms", "6000"));
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    /** A member of the group of the topic's name. */
    private static KafkaConsumer<String, String> member(String topic, String... more) {
        var member = consumer(topic, more);
        member.subscribe(List.of(topic));
        return member;
    }

    private static List<ConsumerRecord<String, String>> readFromStart(String topic, int count, String... more)
            throws Exception {
        try (var consumer = consumer(topic, more)) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            return read(consumer, count);
        }
    }

    private static List<ConsumerRecord<String, String>> read(KafkaConsumer<String, String> consumer, int count)
            throws Exception {
        var records = new ArrayList<ConsumerRecord<String, String>>();
        return until(() -> {
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            return records.size() >= count ? records : null;
        });
    }

    private static List<String> values(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    /** What `look` answers, once it does. */
    private static <T> T until(Supplier<T> look) throws Exception {
        var deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (System.nanoTime() < deadline) {
            var seen = look.get();
            if (seen != null) return seen;
        }
        throw new TimeoutException();
    }
}
