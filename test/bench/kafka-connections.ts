import { WireClient } from '../brokers/kafka/wire.ts';
import { embedded } from './kafka/brokers.ts';
import { cpuSeconds, residentBytes } from './process-usage.ts';

const API_VERSIONS = 18;
/** So many are being made at a time. */
const IN_FLIGHT = 200;

/** What connections that ask nothing cost a broker that is a process of its own; they have asked once. */
export async function benchKafkaConnections(connections: number) {
  const { address, pid, stop } = await embedded();
  const clients: WireClient[] = [];
  try {
    const warm = await WireClient.connect(address);
    await warm.ask(API_VERSIONS, 0);
    const before = residentBytes(pid);
    const began = performance.now();
    while (clients.length < connections) {
      const count = Math.min(IN_FLIGHT, connections - clients.length);
      const made = await Promise.all(Array.from({ length: count }, () => WireClient.connect(address)));
      await Promise.all(made.map((client) => client.ask(API_VERSIONS, 0)));
      clients.push(...made);
    }
    const seconds = (performance.now() - began) / 1_000;
    const bytesPerConnection = (residentBytes(pid) - before) / connections;
    const cpuBefore = cpuSeconds(pid);
    await new Promise((done) => setTimeout(done, 5_000));
    const cores = (cpuSeconds(pid) - cpuBefore) / 5;
    const asking = performance.now();
    for (let i = 0; i < 100; i++) await clients[i * Math.floor(connections / 100)]?.ask(API_VERSIONS, 0);
    return { bytesPerConnection, perSecond: connections / seconds, cores, askMs: (performance.now() - asking) / 100 };
  } finally {
    for (const client of clients) client.socket.destroy();
    await stop();
  }
}
