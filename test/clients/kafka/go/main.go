// franz-go. Usage: client BOOTSTRAP CAPABILITY=TOPIC...; see ../capabilities.ts.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

type fact = map[string]any

var bootstrap = os.Args[1]

var capabilities = map[string]func(context.Context, string) fact{
	"topics":                topics,
	"none":                  compression(kgo.NoCompression()),
	"gzip":                  compression(kgo.GzipCompression()),
	"snappy":                compression(kgo.SnappyCompression()),
	"lz4":                   compression(kgo.Lz4Compression()),
	"zstd":                  compression(kgo.ZstdCompression()),
	"headers":               headers,
	"rebalance":             rebalance,
	"commits":               commits,
	"transactions":          transactions,
	"transactional-offsets": transactionalOffsets,
}

func main() {
	for _, argument := range os.Args[2:] {
		name, topic, _ := strings.Cut(argument, "=")
		line := gone(capabilities[name], topic)
		line["capability"] = name
		text, _ := json.Marshal(line)
		fmt.Println(string(text))
	}
}

// gone through with a deadline, an error being a fact as well.
func gone(through func(context.Context, string) fact, topic string) (told fact) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	defer func() {
		if failure := recover(); failure != nil {
			told = fact{"error": fmt.Sprint(failure)}
		}
	}()
	return through(ctx, topic)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func client(options ...kgo.Opt) *kgo.Client {
	made, err := kgo.NewClient(append(options, kgo.SeedBrokers(bootstrap))...)
	must(err)
	return made
}

// memberOf a group, which balances in the cooperative way, the client's default.
func memberOf(topic string, options ...kgo.Opt) []kgo.Opt {
	return append(options,
		kgo.ConsumerGroup(topic), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(200*time.Millisecond))
}

func read(ctx context.Context, poll func(context.Context, int) kgo.Fetches, count int) (records []*kgo.Record) {
	for len(records) < count {
		fetches := poll(ctx, count-len(records))
		must(fetches.Err())
		records = append(records, fetches.Records()...)
	}
	return records
}

func readFromStart(ctx context.Context, topic string, count int, options ...kgo.Opt) []*kgo.Record {
	start := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}
	reader := client(append(options, kgo.ConsumePartitions(start))...)
	defer reader.Close()
	return read(ctx, reader.PollRecords, count)
}

func texts(records []*kgo.Record) (values []string) {
	for _, record := range records {
		values = append(values, string(record.Value))
	}
	return values
}

func topics(ctx context.Context, topic string) fact {
	admin := kadm.NewClient(client())
	defer admin.Close()
	_, err := admin.CreateTopic(ctx, 3, -1, nil, topic)
	must(err)
	_, err = admin.CreateTopic(ctx, 1, -1, nil, topic+".gone")
	must(err)
	_, err = admin.DeleteTopic(ctx, topic+".gone")
	must(err)
	details, err := admin.ListTopics(ctx, topic)
	must(err)
	return fact{"partitions": len(details[topic].Partitions)}
}

func compression(codec kgo.CompressionCodec) func(context.Context, string) fact {
	return func(ctx context.Context, topic string) fact {
		producer := client(kgo.ProducerBatchCompression(codec), kgo.DefaultProduceTopic(topic))
		defer producer.Close()
		var records []*kgo.Record
		for i := range 20 {
			records = append(records, kgo.StringRecord(fmt.Sprint(i, strings.Repeat(" smoke", 20))))
		}
		must(producer.ProduceSync(ctx, records...).FirstErr())
		return fact{"values": texts(readFromStart(ctx, topic, 20))}
	}
}

func headers(ctx context.Context, topic string) fact {
	producer := client(kgo.DefaultProduceTopic(topic))
	defer producer.Close()
	record := kgo.KeyStringRecord("key", "value")
	record.Headers = []kgo.RecordHeader{{Key: "floor", Value: []byte("3")}, {Key: "unit", Value: []byte("°C")}}
	must(producer.ProduceSync(ctx, record).FirstErr())
	seen := readFromStart(ctx, topic, 1)[0]
	found := map[string]string{}
	for _, header := range seen.Headers {
		found[header.Key] = string(header.Value)
	}
	return fact{"key": string(seen.Key), "value": string(seen.Value), "headers": found}
}

// watched knows which partitions a member has.
type watched struct {
	sync.Mutex
	client *kgo.Client
	owned  []int32
}

func join(topic string) *watched {
	member := &watched{}
	lose := func(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
		member.Lock()
		defer member.Unlock()
		member.owned = slices.DeleteFunc(member.owned, func(one int32) bool { return slices.Contains(lost[topic], one) })
	}
	member.client = client(memberOf(topic, kgo.OnPartitionsRevoked(lose), kgo.OnPartitionsLost(lose),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, gained map[string][]int32) {
			member.Lock()
			defer member.Unlock()
			member.owned = append(member.owned, gained[topic]...)
			slices.Sort(member.owned)
		}))...)
	return member
}

// until the members, in the order of what they have, have so many partitions each.
func until(ctx context.Context, counts []int, members ...*watched) [][]int32 {
	for {
		var owned [][]int32
		for _, member := range members {
			member.Lock()
			owned = append(owned, slices.Clone(member.owned))
			member.Unlock()
		}
		slices.SortFunc(owned, slices.Compare)
		if slices.EqualFunc(owned, counts, func(one []int32, count int) bool { return len(one) == count }) {
			return owned
		}
		must(ctx.Err())
		time.Sleep(20 * time.Millisecond)
	}
}

func rebalance(ctx context.Context, topic string) fact {
	first := join(topic)
	defer first.client.Close()
	alone := until(ctx, []int{2}, first)
	second := join(topic)
	together := until(ctx, []int{1, 1}, first, second)
	second.client.Close()
	after := until(ctx, []int{2}, first)
	return fact{"alone": alone[0], "together": together, "after": after[0]}
}

func commits(ctx context.Context, topic string) fact {
	first := client(memberOf(topic)...)
	must(first.CommitRecords(ctx, read(ctx, first.PollRecords, 4)...))
	first.Close()
	second := client(memberOf(topic)...)
	defer second.Close()
	return fact{"next": string(read(ctx, second.PollRecords, 1)[0].Value)}
}

func transactions(ctx context.Context, topic string) fact {
	producer := client(kgo.TransactionalID(topic), kgo.DefaultProduceTopic(topic))
	defer producer.Close()
	for _, value := range []string{"a", "b", "c"} {
		must(producer.BeginTransaction())
		must(producer.ProduceSync(ctx, kgo.StringRecord(value)).FirstErr())
		must(producer.EndTransaction(ctx, kgo.TransactionEndTry(value != "b")))
	}
	return fact{
		"committed":   texts(readFromStart(ctx, topic, 2, kgo.FetchIsolationLevel(kgo.ReadCommitted()))),
		"uncommitted": texts(readFromStart(ctx, topic, 3)),
	}
}

func transactionalOffsets(ctx context.Context, topic string) fact {
	session, err := kgo.NewGroupTransactSession(append(memberOf(topic), kgo.SeedBrokers(bootstrap),
		kgo.TransactionalID(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets())...)
	must(err)
	defer session.Close()
	records := read(ctx, session.PollRecords, 10)
	must(session.Begin())
	committed, err := session.End(ctx, kgo.TryCommit)
	must(err)
	if !committed {
		panic("not committed")
	}
	return fact{"read": len(records)}
}
