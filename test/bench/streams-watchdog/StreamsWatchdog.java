import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

import com.sun.management.OperatingSystemMXBean;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KafkaStreams.State;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * A watchdog the textbook way: when each key was last seen is in a persistent store (RocksDB), which a punctuator scans every second
 * for those that were not seen for longer than WINDOW_MS. Prints a line of JSON when it runs, one when it has seen each of the TARGETS
 * of signals, and one after HOLD_MS more, in which it only scans: the longest scan of a partition, and how many it took for silent.
 * Usage: StreamsWatchdog BOOTSTRAP FOLDER WINDOW_MS HOLD_MS TARGETS…
 */
public class StreamsWatchdog {
    private static final AtomicLong seen = new AtomicLong();
    private static final AtomicLong longestScanNanos = new AtomicLong();
    private static final Set<String> silent = new HashSet<>();
    private static final long started = ManagementFactory.getRuntimeMXBean().getStartTime();
    private static final PrintStream out = System.out;

    public static void main(String[] args) throws Exception {
        var windowMs = Long.parseLong(args[2]);
        var settings = new Properties();
        settings.putAll(Map.of(
            "bootstrap.servers", args[0],
            "application.id", "streams-watchdog",
            "state.dir", args[1],
            "auto.offset.reset", "earliest",
            "default.key.serde", Serdes.StringSerde.class,
            "default.value.serde", Serdes.ByteArraySerde.class,
            "num.stream.threads", "1"));

        var builder = new StreamsBuilder();
        builder.addStateStore(Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore("last-seen"), Serdes.String(), Serdes.Long()));
        builder.<String, byte[]>stream("signals").process(() -> new Watchdog(windowMs), "last-seen");

        var streams = new KafkaStreams(builder.build(), settings);
        streams.start();
        while (streams.state() != State.RUNNING) Thread.sleep(5);
        print("running");
        for (var i = 4; i < args.length; i++) {
            while (seen.get() < Long.parseLong(args[i])) Thread.sleep(1);
            print("seen");
        }
        Thread.sleep(Long.parseLong(args[3]));
        print("scanned");
        // Or the next one waits until its session is over.
        streams.close(CloseOptions.groupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
        System.exit(0);
    }

    private static void print(String what) {
        var cpuNanos = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
        out.printf("{\"what\":\"%s\",\"ms\":%d,\"seen\":%d,\"cpuMs\":%d,\"scanMs\":%.1f,\"silent\":%d}%n",
            what, System.currentTimeMillis() - started, seen.get(), cpuNanos / 1_000_000,
            longestScanNanos.get() / 1e6, silent());
        out.flush();
    }

    private static int silent() {
        synchronized (silent) {
            return silent.size();
        }
    }

    private static final class Watchdog extends ContextualProcessor<String, byte[], Void, Void> {
        private final long windowMs;
        private KeyValueStore<String, Long> lastSeen;

        Watchdog(long windowMs) {
            this.windowMs = windowMs;
        }

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            super.init(context);
            lastSeen = context.getStateStore("last-seen");
            context.schedule(Duration.ofSeconds(1), PunctuationType.WALL_CLOCK_TIME, this::scan);
        }

        @Override
        public void process(Record<String, byte[]> signal) {
            lastSeen.put(signal.key(), signal.timestamp());
            seen.incrementAndGet();
        }

        private void scan(long now) {
            var began = System.nanoTime();
            try (var all = lastSeen.all()) {
                while (all.hasNext()) {
                    var entry = all.next();
                    if (now - entry.value <= windowMs) continue;
                    synchronized (silent) {
                        silent.add(entry.key);
                    }
                }
            }
            longestScanNanos.accumulateAndGet(System.nanoTime() - began, Math::max);
        }
    }
}
